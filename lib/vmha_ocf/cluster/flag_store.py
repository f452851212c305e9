"""Flags over attrd and the CIB: which record is written when, and what counts as written.

A flag is lost only if both its records are. So the CIB record comes first and goes last, and goes
only by its exact value: a host that is fenced anew while we say that its evacuation is over stays
flagged, whichever of the two comes last in attrd, which has no compare-and-set.

The CIB is changed only with quorum. Pacemaker accepts a change without it too, but when partitions
meet, the CIB with more changes wins, and ours could undo what the majority had recorded.

Keys that upstream's agents wrote for the same host are kept equal to ours: no reader may see a
gate open that another one sees shut.

It reaches the two through Protocols, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.read_back import told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes, Records, Store
from vmha_ocf.errors import FlagNotWritten, ParameterError
from vmha_ocf.model import Flag, FlagState, NodeName, NovaHost
from vmha_ocf.ports import Clock


class FlagStore(Store):
    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        super().__init__(cib, clock, deadline=deadline)
        self._attrd = attrd

    def read(self) -> Mapping[NovaHost, Flag]:
        with told_as_flags_unavailable():
            return flag_texts.merge(self._values(), self._pairs())

    def read_for(self, host: NovaHost, node: NodeName) -> Flag | None:
        """The flag that concerns one compute host, for its gate: two calls.

        By node too, and in any case: a record that names the host wrongly must not open it.
        Raises FlagsUnavailable."""
        flags = self.read().values()
        concerned = [
            flag for flag in flags if flag.node == node or flag_texts.same(flag.host, host)
        ]
        return max(concerned, key=lambda flag: flag.pending, default=None)

    def poll(self) -> Hashable:
        with told_as_flags_unavailable():
            return self._attrd.answer(flag_texts.ATTRIBUTE)

    def write(self, flag: Flag) -> None:
        flag_texts.check(flag)
        until = self._until()
        if flag.state is FlagState.NEEDED:
            self._write_record(flag, until)
        self._write_values(flag, until)
        if flag.state is FlagState.DONE:
            self._delete_record(flag, until)

    def clear(self, host: NovaHost) -> None:
        def is_done(values: Mapping[str, str]) -> bool:
            flag = _of_host(flag_texts.merge(values, self._pairs()), host)
            return flag is not None and not flag.pending

        def clear_values() -> None:
            # Looked at again before each write: it may have been flagged anew.
            values = self._values()
            for key in _of_one_host(values, host) if is_done(values) else ():
                self._attrd.update(flag_texts.ATTRIBUTE, key, "")

        self._insist(
            clear_values,
            lambda: not is_done(self._values()),
            f"the flag of {host} was not cleared",
        )

    def storm_release(self) -> float | None:
        with told_as_flags_unavailable():
            values = self._attrd.values(flag_texts.STORM_ATTRIBUTE)
        return flag_texts.parse_release(values.get(flag_texts.STORM_KEY, ""))

    def date_storm_release(self, at: float) -> None:
        dated = float(int(at))
        self._insist(
            lambda: self._attrd.update(
                flag_texts.STORM_ATTRIBUTE, flag_texts.STORM_KEY, flag_texts.format_release(dated)
            ),
            lambda: self.storm_release() == dated,
            "the storm release was not dated",
        )

    def end_storm_release(self) -> None:
        self._insist(
            lambda: self._attrd.update(flag_texts.STORM_ATTRIBUTE, flag_texts.STORM_KEY, ""),
            lambda: self.storm_release() is None,
            "the storm release was not ended",
        )

    def _write_record(self, flag: Flag, until: float) -> None:
        if flag.node is None:
            raise ParameterError(
                f"the flag of {flag.host} names no Pacemaker node",
                hint="say which node it is, for example as pcmk_host_map does",
            )
        node, record = flag.node, flag_texts.format_record(flag)

        def write() -> None:
            self._need_quorum(f"the CIB record of {flag.host} is not changed")
            self._cib.set_node_attribute(node, self._place(node, flag.host), record)

        self._insist(
            write,
            lambda: (node, record) in self._pairs(),
            f"the CIB record of {flag.host} was not written",
            until,
        )

    def _write_values(self, flag: Flag, until: float) -> None:
        ours, value = flag_texts.format_key(flag.host), flag_texts.format_value(flag)
        with told_as_flags_unavailable():
            before = _without_case(self._values())

        def write() -> None:
            values = self._values()
            if not _is_of_the_past(flag, values):
                for key in dict.fromkeys((ours, *_of_one_host(values, flag.host))):
                    self._attrd.update(flag_texts.ATTRIBUTE, key, value)

        def written() -> bool:
            values = self._values()
            found = _without_case({ours: "", **_of_one_host(values, flag.host)})
            return _is_of_the_past(flag, values) or all(
                _is_taken(flag, each, before.get(key, "")) for key, each in found.items()
            )

        self._insist(write, written, f"attrd did not take {value!r} for {flag.host}", until)

    def _delete_record(self, flag: Flag, until: float) -> None:
        def delete() -> None:
            for (node, name), record in self._records_to_delete(flag).items():
                self._need_quorum(f"the CIB record of {flag.host} is not changed")
                self._cib.delete_node_attribute(node, name, record)

        self._insist(
            delete,
            lambda: not self._records_to_delete(flag),
            f"the CIB record of {flag.host} was not deleted",
            until,
        )

    def _values(self) -> Mapping[str, str]:
        return self._attrd.values(flag_texts.ATTRIBUTE)

    def _records(self) -> Mapping[tuple[NodeName, str], str]:
        return self._cib.each_node_attribute(flag_texts.RECORDS)

    def _pairs(self) -> Sequence[tuple[NodeName, str]]:
        return [(node, record) for (node, _), record in self._records().items()]

    def _place(self, node: NodeName, host: NovaHost) -> str:
        """Where the host's record is, else a free place; what was typed there gives way."""
        taken = {
            name: record
            for (each, name), value in self._records().items()
            if each == node and (record := flag_texts.parse_record(node, value)).evidence
        }
        mine = [name for name, record in taken.items() if flag_texts.same(record.host, host)]
        free = [name for name in flag_texts.RECORDS if name not in taken]
        if not mine and not free:
            raise FlagNotWritten(
                f"the CIB record of {host} has no place: {node} has {len(taken)} others",
                hint=f"crm_attribute --node={node} --query --name={flag_texts.RECORD} shows the first",
            )
        return (mine or free)[0]

    def _records_to_delete(self, done: Flag) -> Mapping[tuple[NodeName, str], str]:
        """The host's CIB records that tell of the same power-off, unless it goes on."""
        records = self._records()
        if _is_of_the_past(done, self._values()):
            return {}
        return {
            (node, name): each
            for (node, name), each in records.items()
            if flag_texts.is_record_of(done, node, each)
        }


def _of_host(flags: Mapping[NovaHost, Flag], host: NovaHost) -> Flag | None:
    return next((flag for flag in flags.values() if flag_texts.same(flag.host, host)), None)


def _of_one_host(values: Mapping[str, str], host: NovaHost) -> Mapping[str, str]:
    """What attrd has for one host, under our key and upstream's."""
    return {
        key: value
        for key, value in values.items()
        if flag_texts.same(flag_texts.parse_key(key), host)
    }


def _is_of_the_past(done: Flag, values: Mapping[str, str]) -> bool:
    """The host was flagged, or claimed by another, since the claim that this ends."""
    if done.state is not FlagState.DONE or not done.owner:
        return False
    found = _of_host(flag_texts.merge(values, ()), done.host)
    if found is None or not found.pending:
        return False
    claim = flag_texts.format_value(replace(done, state=FlagState.CLAIMED))
    return not flag_texts.same(flag_texts.format_value(found), claim)


def _without_case(values: Mapping[str, str]) -> Mapping[str, str]:
    return {key.casefold(): value for key, value in values.items()}


def _is_taken(flag: Flag, found: str, before: str) -> bool:
    """A claim that came while we wrote NEEDED has seen it: nothing is to be repeated."""
    if flag_texts.same(found, flag_texts.format_value(flag)):
        return True
    read = flag_texts.parse_value(flag.host, found)
    claimed = read is not None and read.state is FlagState.CLAIMED
    return flag.state is FlagState.NEEDED and claimed and not flag_texts.same(found, before)
