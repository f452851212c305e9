"""What happens between two calls of a write: others write too, answers come late or never."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.flag_texts import (
    ATTRIBUTE,
    RECORD,
    RECORDS,
    STORM_ATTRIBUTE,
    format_record,
    merge,
)
from vmha_ocf.errors import CommandUnavailable, FlagNotWritten, FlagsUnavailable, ParameterError
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, Monotonic, NodeName, NovaHost

T = TypeVar("T")
HOST = NovaHost("compute-1")
NODE = NodeName("node-1")
OURS = "nova:compute-1"
NEEDED = Flag(
    HOST, FlagState.NEEDED, NODE, evidence=Evidence("ctl1", Epoch(100.0), "BMC answered off")
)
CLAIMED = replace(NEEDED, state=FlagState.CLAIMED, owner="ctl1", since=Epoch(103.0))
DONE = replace(CLAIMED, state=FlagState.DONE)
AGAIN = replace(NEEDED, evidence=Evidence("ctl2", Epoch(200.0), "BMC answered off"))


@dataclass
class Outside:
    """attrd, the CIB and the clock. ``meanwhile`` runs once, after the n-th call."""

    attrd: dict[str, str] = field(default_factory=dict)
    """Of the flags' attribute."""
    storm: dict[str, str] = field(default_factory=dict)
    """Of the storm's attribute."""
    cib: dict[NodeName, str] = field(default_factory=dict)
    further: dict[tuple[NodeName, str], str] = field(default_factory=dict)
    """Of a machine that runs several nova-computes."""
    calls: list[str] = field(default_factory=list)
    time: float = 0.0
    lost_updates: int = 0
    fails_until: float = 0.0
    has_quorum: bool = True
    loses_records: bool = False
    """The CIB takes a change and does not have it."""
    after: int = -1
    meanwhile: Callable[[], None] = lambda: None

    def now(self) -> Epoch:
        return Epoch(self.time)

    def monotonic(self) -> Monotonic:
        return Monotonic(self.time)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def values(self, name: str) -> Mapping[str, str]:
        return self._call("values", lambda: {k: v for k, v in self._of(name).items() if v})

    def answer(self, name: str) -> Hashable:
        return self._call("answer", lambda: str(self._of(name)))

    def update(self, name: str, key: str, value: str) -> None:
        def change() -> None:
            if self.lost_updates > 0:
                self.lost_updates -= 1
            else:
                self._of(name)[key] = value

        self._call(f"attrd {key}={value}", change)

    def node_attributes(self, name: str) -> Mapping[NodeName, str]:
        """What a version before reads."""
        assert name == RECORD
        return dict(self.cib)

    def each_node_attribute(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        assert names == RECORDS
        first = {(node, RECORD): text for node, text in self.cib.items()}
        return self._call("records", lambda: {**first, **self.further})

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        def change() -> None:
            if name == RECORD:
                self.cib[node] = value
            else:
                self.further[node, name] = value

        self._call("cib set", change if not self.loses_records else lambda: None)

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        def delete() -> None:
            if name != RECORD and self.further.get((node, name)) == value:
                del self.further[node, name]
            elif self.cib.get(node) == value and not self.loses_records:
                del self.cib[node]

        self._call("cib delete", delete)

    def quorate(self) -> bool:
        return self._call("quorum", lambda: self.has_quorum)

    def _of(self, name: str) -> dict[str, str]:
        return {ATTRIBUTE: self.attrd, STORM_ATTRIBUTE: self.storm}[name]

    def changes(self) -> list[str]:
        return [call for call in self.calls if call.startswith(("attrd ", "cib "))]

    def _call(self, name: str, effect: Callable[[], T]) -> T:
        self.time += 0.005
        if self.time < self.fails_until:
            raise CommandUnavailable("no answer", hint="wait")
        self.calls.append(name)
        result = effect()
        if len(self.calls) == self.after:
            self.meanwhile()
        return result


def store(outside: Outside) -> FlagStore:
    return FlagStore(outside, outside, outside, deadline=5.0)


def fenced_again(outside: Outside) -> Callable[[], None]:
    """As another controller's fence agent does it: the record first."""

    def fence() -> None:
        outside.cib[NODE] = format_record(AGAIN)
        outside.attrd[OURS] = "yes"

    return fence


def flagged(state: Flag) -> Outside:
    """As far as ``state``, one after the other."""
    outside = Outside()
    states = (NEEDED, CLAIMED, DONE)
    for flag in states[: states.index(state) + 1]:
        store(outside).write(flag)
    outside.calls.clear()
    outside.time = 0.0
    return outside


def test_the_record_comes_first_and_goes_last() -> None:
    outside = Outside()
    for flag in (NEEDED, CLAIMED, DONE):
        store(outside).write(flag)
    store(outside).clear(HOST)
    assert outside.changes() == [
        "cib set",
        f"attrd {OURS}=yes",
        f"attrd {OURS}=ctl1@103",
        f"attrd {OURS}=no",
        "cib delete",
        f"attrd {OURS}=",
    ]


@pytest.mark.parametrize("after", range(1, 30))
@pytest.mark.parametrize("ending", ["done", "clear"])
def test_a_host_that_is_fenced_while_its_flag_ends_stays_flagged(ending: str, after: int) -> None:
    outside = flagged(CLAIMED)
    outside.after, outside.meanwhile = after, fenced_again(outside)
    store(outside).write(DONE)
    if ending == "clear":
        store(outside).clear(HOST)
    if len(outside.calls) < after:
        outside.meanwhile()
    flag = store(outside).read()[HOST]
    assert flag.pending
    assert flag.evidence == AGAIN.evidence


@pytest.mark.parametrize("after", range(1, 12))
def test_upstream_flagging_a_host_while_its_flag_ends_is_not_overwritten(after: int) -> None:
    """It writes attrd only, so what falls between our last look and our write is lost."""
    outside = flagged(CLAIMED)
    outside.after, outside.meanwhile = after, lambda: outside.attrd.update({OURS: "yes"})
    store(outside).write(DONE)
    calls = len(outside.calls)
    if calls < after:
        outside.meanwhile()
    unavoidable = after < calls and outside.calls[after].startswith("attrd ")
    assert store(outside).read()[HOST].pending != unavoidable


@pytest.mark.parametrize("after", range(1, 12))
def test_a_claim_that_meets_needed_half_way_is_left_alone(after: int) -> None:
    outside = Outside()
    outside.after = after
    outside.meanwhile = lambda: outside.attrd.update({OURS: "ctl2@99"})
    store(outside).write(NEEDED)
    flag = store(outside).read()[HOST]
    assert flag.pending
    assert flag.evidence == NEEDED.evidence
    assert len([call for call in outside.changes() if call.startswith("attrd")]) == 1


def test_a_lost_update_is_written_again() -> None:
    outside = Outside(lost_updates=2)
    store(outside).write(NEEDED)
    assert outside.attrd == {OURS: "yes"}
    assert outside.time < 5


@pytest.mark.parametrize("what", ["the flag", "the storm release"])
def test_so_is_one_that_takes_something_away(what: str) -> None:
    outside = flagged(DONE)
    outside.storm["nova:"] = "release"
    outside.lost_updates = 2
    if what == "the flag":
        store(outside).clear(HOST)
        assert outside.attrd == {OURS: ""}
    else:
        store(outside).end_storm_release()
        assert outside.storm == {"nova:": ""}


@pytest.mark.parametrize("after", range(1, 10))
def test_a_done_that_meets_needed_half_way_is_written_over(after: int) -> None:
    """Somebody ends an evacuation by hand while the host is fenced."""
    outside = Outside(after=after, meanwhile=lambda: outside.attrd.update({OURS: "no"}))
    store(outside).write(NEEDED)
    if "values" in outside.calls[after:]:
        assert outside.attrd == {OURS: "yes"}
    flag = store(outside).read()[HOST]
    assert flag.pending
    assert flag.evidence == NEEDED.evidence


@pytest.mark.parametrize("after", range(1, 10))
def test_a_claim_that_meets_another_value_half_way_is_written_over(after: int) -> None:
    """Only who flags a host leaves another's claim alone."""
    outside = flagged(NEEDED)
    outside.after, outside.meanwhile = after, lambda: outside.attrd.update({OURS: "ctl2@99"})
    store(outside).write(CLAIMED)
    if "values" in outside.calls[after:]:
        assert outside.attrd == {OURS: "ctl1@103"}


def test_one_write_takes_ten_seconds_at_most() -> None:
    outside = Outside(lost_updates=10**9)
    with pytest.raises(FlagNotWritten):
        FlagStore(outside, outside, outside).write(NEEDED)
    assert 10 <= outside.time < 11


def test_updates_that_are_lost_for_ever_are_told() -> None:
    outside = Outside(lost_updates=10**9)
    with pytest.raises(FlagNotWritten, match="attrd did not take 'yes' for compute-1") as raised:
        store(outside).write(NEEDED)
    assert raised.value.hint
    assert 5 <= outside.time < 6


def test_a_short_silence_is_sat_out() -> None:
    outside = Outside(fails_until=2.0)
    store(outside).write(NEEDED)
    assert outside.attrd == {OURS: "yes"}


def test_a_long_silence_is_told_within_the_deadline() -> None:
    outside = Outside(fails_until=100.0)
    with pytest.raises(FlagsUnavailable) as raised:
        store(outside).write(NEEDED)
    assert raised.value.hint == "wait"
    assert 5 <= outside.time < 6


@pytest.mark.parametrize("flag", [CLAIMED, DONE], ids=["claimed", "done"])
def test_silence_is_never_a_success(flag: Flag) -> None:
    outside = flagged(NEEDED)
    outside.fails_until = 100.0
    with pytest.raises(FlagsUnavailable):
        store(outside).write(flag)
    with pytest.raises(FlagsUnavailable):
        store(outside).clear(HOST)
    with pytest.raises(FlagsUnavailable):
        store(outside).read()
    with pytest.raises(FlagsUnavailable):
        store(outside).poll()


def test_without_quorum_the_cib_is_left_alone() -> None:
    outside = Outside(has_quorum=False)
    with pytest.raises(FlagNotWritten, match="the CIB record of compute-1 .*no quorum") as raised:
        store(outside).write(NEEDED)
    assert "quorum" in raised.value.hint
    assert outside.changes() == []


def test_without_quorum_a_record_stays() -> None:
    outside = flagged(CLAIMED)
    outside.has_quorum = False
    with pytest.raises(FlagNotWritten, match="the CIB record of compute-1 .*no quorum"):
        store(outside).write(DONE)
    assert outside.cib == {NODE: format_record(NEEDED)}


def write_needed(flags: FlagStore) -> None:
    flags.write(NEEDED)


def write_done(flags: FlagStore) -> None:
    flags.write(DONE)


def clear(flags: FlagStore) -> None:
    flags.clear(HOST)


def end_storm_release(flags: FlagStore) -> None:
    flags.end_storm_release()


LOST = 10**9


@pytest.mark.parametrize(
    ("before", "about", "act", "failure"),
    [
        (
            CLAIMED,
            {"loses_records": True},
            write_done,
            "the CIB record of compute-1 was not deleted",
        ),
        (
            DONE,
            {"loses_records": True},
            write_needed,
            "the CIB record of compute-1 was not written",
        ),
        (DONE, {"lost_updates": LOST}, write_needed, "attrd did not take 'yes' for compute-1"),
        (DONE, {"lost_updates": LOST}, clear, "the flag of compute-1 was not cleared"),
        (DONE, {"lost_updates": LOST}, end_storm_release, "the storm release was not ended"),
    ],
)
def test_what_is_not_read_back_is_told_in_time(
    before: Flag, about: dict[str, int], act: Callable[[FlagStore], None], failure: str
) -> None:
    outside = flagged(before)
    outside.storm["nova:"] = "release"
    outside = replace(outside, **about)  # type: ignore[arg-type]
    with pytest.raises(FlagNotWritten) as raised:
        act(store(outside))
    assert (raised.value.message, bool(raised.value.hint)) == (failure, True)
    assert 5 <= outside.time < 6


@pytest.mark.parametrize(
    ("act", "failure"),
    [
        (write_needed, "the CIB record of compute-1 was not written: no answer"),
        (write_done, "the flags cannot be read: no answer"),
        (clear, "the flag of compute-1 was not cleared: no answer"),
        (end_storm_release, "the storm release was not ended: no answer"),
        (FlagStore.read, "the flags cannot be read: no answer"),
        (FlagStore.poll, "the flags cannot be read: no answer"),
        (FlagStore.storm_release, "the flags cannot be read: no answer"),
    ],
)
def test_silence_is_told_with_what_to_do(act: Callable[[FlagStore], object], failure: str) -> None:
    with pytest.raises(FlagsUnavailable) as raised:
        act(store(Outside(fails_until=100.0)))
    assert (raised.value.message, raised.value.hint) == (failure, "wait")


def test_a_storm_release_is_one_word_under_one_key() -> None:
    outside = Outside()
    assert store(outside).storm_release() is None
    for storm in ({"nova:": "Release"}, {"nova:compute-1": "release"}):
        outside.storm = storm
        assert store(outside).storm_release() is None
    outside.storm = {"nova:": "release"}
    assert store(outside).storm_release() == 0.0
    store(outside).date_storm_release(1763695800.0)
    assert outside.storm == {"nova:": "release@1763695800"}
    assert store(outside).storm_release() == 1763695800.0
    store(outside).end_storm_release()
    assert outside.storm == {"nova:": ""}
    assert outside.attrd == {}


def test_a_change_of_the_flags_shows_in_the_poll() -> None:
    outside = Outside()
    before = store(outside).poll()
    assert store(outside).poll() == before
    store(outside).write(NEEDED)
    assert store(outside).poll() != before


def test_a_flag_whose_node_nobody_knows_is_not_half_written() -> None:
    outside = Outside()
    with pytest.raises(ParameterError, match="compute-1 names no Pacemaker node") as raised:
        store(outside).write(replace(NEEDED, node=None))
    assert "pcmk_host_map" in raised.value.hint
    assert outside.changes() == []


def test_the_gate_sees_a_record_on_its_node_that_names_another_host() -> None:
    outside = Outside(cib={NODE: "host=compute-1.wrong at=1 by=ctl1 proof=off"})
    flag = store(outside).read_for(HOST, NODE)
    assert flag is not None
    assert flag.pending


def test_the_gate_sees_its_host_in_any_case() -> None:
    outside = Outside(attrd={"nova:COMPUTE-1": "yes"})
    flag = store(outside).read_for(HOST, NODE)
    assert flag is not None
    assert flag.pending


def test_the_gate_prefers_a_pending_flag() -> None:
    outside = Outside(attrd={OURS: "no"}, cib={NODE: "by hand"})
    flag = store(outside).read_for(HOST, NODE)
    assert flag is not None
    assert flag.pending


def test_the_gate_sees_no_flag_of_others() -> None:
    outside = Outside(attrd={"nova:compute-2": "yes"})
    assert store(outside).read_for(HOST, NODE) is None


class TestAMachineThatRunsSeveralHosts:
    SECOND = replace(NEEDED, host=NovaHost("compute-1-b"))

    def flagged(self) -> tuple[Outside, FlagStore]:
        outside = Outside()
        flags = store(outside)
        for flag in (NEEDED, self.SECOND):
            flags.write(flag)
        return outside, flags

    def test_has_a_record_for_each(self) -> None:
        outside, flags = self.flagged()
        assert outside.cib == {NODE: format_record(NEEDED)}
        assert outside.further == {(NODE, "evacuation-2"): format_record(self.SECOND)}
        assert flags.read() == {HOST: NEEDED, self.SECOND.host: self.SECOND}

    def test_a_fencing_of_the_first_leaves_the_record_of_the_second(self) -> None:
        outside, flags = self.flagged()
        flags.write(AGAIN)
        assert outside.cib == {NODE: format_record(AGAIN)}
        again = replace(self.SECOND, evidence=AGAIN.evidence)
        flags.write(again)
        assert flags.read() == {HOST: AGAIN, again.host: again}

    @pytest.mark.parametrize("first", [NEEDED, SECOND])
    def test_one_is_done_and_the_other_is_not(self, first: Flag) -> None:
        outside, flags = self.flagged()
        flags.write(replace(first, state=FlagState.DONE))
        left = flags.read()
        assert [flag.host for flag in left.values() if flag.pending] == [
            flag.host for flag in (NEEDED, self.SECOND) if flag is not first
        ]
        (other,) = (flag for flag in left.values() if flag.pending)
        flags.write(replace(other, state=FlagState.DONE))
        assert (outside.cib, outside.further) == ({}, {})

    def test_the_gate_of_the_node_waits_for_all(self) -> None:
        _, flags = self.flagged()
        flags.write(replace(NEEDED, state=FlagState.DONE))
        found = flags.read_for(HOST, NODE)
        assert found is not None
        assert (found.host, found.pending) == (self.SECOND.host, True)

    def test_a_version_before_reads_the_first_and_has_the_others_from_attrd(self) -> None:
        outside, _ = self.flagged()
        found = merge(outside.attrd, outside.node_attributes(RECORD).items())
        assert found[HOST] == NEEDED
        assert found[self.SECOND.host] == Flag(self.SECOND.host, FlagState.NEEDED)

    def test_what_a_version_before_wrote_is_the_first(self) -> None:
        outside = Outside(cib={NODE: format_record(NEEDED)}, attrd={OURS: "yes"})
        flags = store(outside)
        flags.write(self.SECOND)
        assert outside.cib == {NODE: format_record(NEEDED)}
        assert flags.read().keys() == {HOST, self.SECOND.host}

    def test_what_was_typed_gives_way(self) -> None:
        outside = Outside(cib={NODE: "by hand"})
        store(outside).write(NEEDED)
        assert (outside.cib, outside.further) == ({NODE: format_record(NEEDED)}, {})

    def test_a_place_that_another_takes_meanwhile_is_left_to_it(self) -> None:
        outside = Outside()
        other = format_record(replace(NEEDED, host=NovaHost("compute-1-c")))

        def take() -> None:
            outside.cib[NODE] = other

        outside.after, outside.meanwhile = outside_calls_of_a_write(), take
        store(outside).write(NEEDED)
        assert outside.cib == {NODE: other}
        assert outside.further == {(NODE, "evacuation-2"): format_record(NEEDED)}

    def test_there_are_eight_places(self) -> None:
        outside = Outside()
        flags = store(outside)
        for number in range(8):
            flags.write(replace(NEEDED, host=NovaHost(f"cell-{number}")))
        with pytest.raises(FlagNotWritten, match="has no place: node-1 has 8 others"):
            flags.write(NEEDED)


def outside_calls_of_a_write() -> int:
    """Until the record is set: attrd is not asked before."""
    outside = Outside()
    store(outside).write(NEEDED)
    return outside.calls.index("cib set") + 1
