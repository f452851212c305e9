"""The history of the simulated cluster: properties of its CIB, the worker's historian in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from typing import TypeVar

from vmha_ocf.errors import FlagsUnavailable
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.chronicle import Chronicle, Flagged, Told
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.incidents.store import HistoryStore
from vmha_ocf.model import Ailing, Event, Step
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.base.journal import LeftAlone
from vmha_ocf.sim.cluster.cib import SimCib
from vmha_ocf.worker.pauses import Round

T = TypeVar("T")
DELAY = 0.02
"""Seconds until the historian's thread has its turn."""


class SimProperties:
    """Its faults are its own: nobody's recovery asks here."""

    def __init__(self, core: Core, cib: SimCib) -> None:
        self._cib = cib
        self._wire = Wire(core, "history", {"down": _silent}, {"lost-answer": _silent})

    def properties(self, name: str) -> Mapping[str, str]:
        return self._call("query", lambda: self._cib.properties(name))

    def set_property(self, name: str, key: str, value: str) -> None:
        self._call("update", lambda: self._cib.put_property(name, key, value))

    def quorate(self) -> bool:
        return self._cib.has_quorum

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        if not self._cib.running:
            raise _silent(method)
        return self._wire.call(method, effect)


def sim_history(core: Core, cib: SimCib) -> HistoryStore:
    return HistoryStore(SimProperties(core, cib))


class SimHistorian:
    """That of one worker. ``notified`` and ``notified_ailing`` are what hooks would have got."""

    def __init__(self, core: Core, store: HistoryStore, who: str) -> None:
        self.notified: list[tuple[Event, Incident]] = []
        self.notified_ailing: list[tuple[Ailing, Ailment]] = []
        self._core = core
        self._told: list[Told] = []
        self._alive = True
        self._working = False
        self.chronicle = Chronicle(
            store,
            core.clock(),
            self._notify,
            self._notify_ailing,
            partial(core.journal.say, who),
        )

    def tell(self, event: Event | Ailing) -> None:
        if isinstance(event, Event) and event.step is Step.LEFT_ALONE:
            for one in event.instances:
                self._core.journal.note(LeftAlone(self._core.now, event.host, one))
        self._told.append(event)
        self._core.timeline.after(DELAY, self._work)

    def looked(self, outcome: Round) -> None:
        if outcome.flags is not None:
            self._told.append(Flagged(outcome.flags.keys()))
        self._core.timeline.after(DELAY, self._work)

    def kill(self) -> None:
        """With the worker: what it was told and had no time for is lost."""
        self._alive = False

    def _notify(self, event: Event, incident: Incident) -> None:
        self.notified.append((event, incident))

    def _notify_ailing(self, turn: Ailing, ailment: Ailment) -> None:
        self.notified_ailing.append((turn, ailment))

    def _work(self) -> None:
        """One thing after the other, as on its thread: what is told while it asks the CIB waits."""
        if not self._alive or self._working:
            return
        told, self._told = self._told, []
        self._working = True
        try:
            again = self.chronicle.work(told)
        finally:
            self._working = False
        if self._told:
            again = 0.0
        if isfinite(again):
            self._core.timeline.after(max(again, DELAY), self._work)


def _silent(_: str) -> FlagsUnavailable:
    return FlagsUnavailable("the CIB does not answer", hint="is the cluster running here?")
