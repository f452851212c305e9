"""The Flags port: the real store on simulated attrd and CIB, and a note of what it promised."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.model import Evidence, Flag, FlagState, InstanceId, NodeName, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import (
    FlagCleared,
    FlagEnding,
    FlagKept,
    FlagWritten,
    StormRelease,
)
from vmha_ocf.sim.cluster.attrd import SimAttrd
from vmha_ocf.sim.cluster.cib import SimCib
from vmha_ocf.sim.cluster.hosts import Host

Truth = Callable[[NovaHost], Flag | None]
Left = Callable[[NovaHost], tuple[InstanceId, ...]]


class SimFlags:
    """``truth``: the flag as attrd and the CIB have it; ``left``: the instances on a host."""

    def __init__(self, core: Core, store: FlagStore, truth: Truth, left: Left) -> None:
        self._core = core
        self._store = store
        self._truth = truth
        self._left = left

    def read(self) -> Mapping[NovaHost, Flag]:
        return self._store.read()

    def read_for(self, host: NovaHost, node: NodeName) -> Flag | None:
        return self._store.read_for(host, node)

    def poll(self) -> Hashable:
        return self._store.poll()

    def write(self, flag: Flag) -> None:
        if flag.state is FlagState.DONE:
            self._core.journal.note(FlagEnding(self._core.now, flag.host))
        try:
            self._store.write(flag)
        except BaseException:
            # Whoever dies, or hears no answer, may have ended it all the same.
            if flag.state is FlagState.DONE:
                self._note(flag)
            raise
        self._note(flag)

    def _note(self, flag: Flag) -> None:
        if flag.state is FlagState.DONE and self._is_pending(flag.host):
            self._core.journal.note(FlagKept(self._core.now, flag.host))
            return
        left = self._left(flag.host)
        self._core.journal.note(FlagWritten(self._core.now, flag.host, flag.state, left))
        self._core.journal.say("flags", f"{flag.host} is flagged {flag.state.value}")

    def clear(self, host: NovaHost) -> None:
        was_flagged = self._truth(host) is not None
        self._store.clear(host)
        if was_flagged and self._truth(host) is None:
            self._core.journal.note(FlagCleared(self._core.now, host))
            self._core.journal.say("flags", f"{host} has no flag any more")

    def storm_release(self) -> float | None:
        return self._store.storm_release()

    def date_storm_release(self, at: float) -> None:
        self._store.date_storm_release(at)

    def end_storm_release(self) -> None:
        self._store.end_storm_release()
        self._core.journal.note(StormRelease(self._core.now, released=False))

    def _is_pending(self, host: NovaHost) -> bool:
        flag = self._truth(host)
        return flag is not None and flag.pending


def flag_at_once(
    attrd: SimAttrd, cib: SimCib, host: Host, by: str, left: tuple[InstanceId, ...]
) -> None:
    """As fence_compute does once it has read OFF, in no time."""
    core = host.core
    evidence = Evidence(by, core.clock().now(), f"BMC of {host.node} answered off")
    flag = Flag(host.name, FlagState.NEEDED, node=host.node, evidence=evidence)
    cib.put(host.node, flag_texts.RECORD, flag_texts.format_record(flag))
    attrd.put(
        flag_texts.ATTRIBUTE, flag_texts.format_key(host.name), flag_texts.format_value(flag)
    )
    core.journal.note(FlagWritten(core.now, host.name, flag.state, left))
    core.journal.say("fence_compute", f"{host.node} is off and flagged")
