"""The start of a whole site, told from what controllers and hosts remember."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import FLAG
from vmha_ocf.cluster.storm import Shown
from vmha_ocf.living.booting import site_start
from vmha_ocf.living.booting.site_start import SiteStart
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NodeState, NovaHost
from vmha_ocf.proof.boots import Served

AT = 1_763_695_800.0  # 03:30:00 UTC
A, B, C = (NodeName(f"compute-{number}") for number in (1, 2, 3))
START = SiteStart(AT, frozenset({A, B}))


def there(name: NodeName) -> NodeState:
    return NodeState(name, online=True, fenced=False)


def away(name: NodeName, *, fenced: bool = False) -> NodeState:
    return NodeState(name, online=False, fenced=fenced)


class TestTheClockOfAController:
    ME = NodeName("ctl1")
    SHOWN = Shown(AT, 86400.0)
    TEXT = site_start.format_alive(SHOWN, ME)

    def test_is_read_as_it_was_written(self) -> None:
        assert site_start.parse_alive(self.TEXT, self.ME, 90000.0) == self.SHOWN
        assert site_start.parse_alive(self.TEXT, self.ME, 86399.5) == self.SHOWN, "it was rounded"

    def test_of_another_one_or_of_an_earlier_boot_says_nothing(self) -> None:
        assert site_start.parse_alive(self.TEXT, NodeName("ctl2"), 90000.0) is None
        assert site_start.parse_alive(self.TEXT, self.ME, 600.0) is None

    @pytest.mark.parametrize("text", ["", site_start.LEFT, "1763695800"])
    def test_is_not_known_of_who_did_not_say(self, text: str) -> None:
        assert site_start.parse_alive(text, self.ME, 600.0) is None


class TestItsText:
    def test_is_read_as_it_was_written(self) -> None:
        assert site_start.parse_start(site_start.format_start(START)) == START

    def test_may_have_nobody_to_wait_for(self) -> None:
        text = site_start.format_start(SiteStart(AT))
        assert site_start.parse_start(text) == SiteStart(AT)

    def test_is_none_where_nobody_of_us_wrote_it(self) -> None:
        assert site_start.parse_start("yesterday") is None

    def test_the_newest_counts(self) -> None:
        texts = ["typed", *(site_start.format_start(SiteStart(AT + each)) for each in (0, 9, 5))]
        assert site_start.newest(texts) == SiteStart(AT + 9)
        assert site_start.newest([]) is None


BEFORE = Served("old", AT - 9000.0, AT - 8000.0)
SINCE = Served("new", AT + 30.0, AT + 200.0)


@pytest.mark.parametrize(
    ("served", "booted", "kept_running"),
    [
        ((BEFORE, BEFORE, BEFORE), {}, False),
        ((BEFORE, BEFORE, BEFORE), {A: "new", B: "new", C: "new"}, False),
        ((SINCE, SINCE, SINCE), {A: "new", B: "new", C: "new"}, False),
        ((BEFORE, SINCE, BEFORE), {A: "old", B: "new"}, False),
        ((BEFORE, BEFORE, SINCE), {A: "old", B: "old", C: "new"}, True),
        ((BEFORE, BEFORE, BEFORE), {A: "old", B: "old"}, True),
    ],
)
def test_no_site_was_off_where_half_of_its_hosts_serve_in_the_same_boot(
    served: tuple[Served, Served, Served], booted: dict[NodeName, str], kept_running: bool
) -> None:
    known = dict(zip((A, B, C), served, strict=True))
    assert site_start.has_kept_running(known, booted, {}, START) is kept_running


def test_nor_where_a_worker_has_looked_after_what_booted() -> None:
    """As in a cluster that is made, stopped and started within minutes."""
    young, booted = {A: SINCE, B: SINCE}, {A: "new", B: "new"}
    assert site_start.has_kept_running(young, booted, booted, START)
    assert not site_start.has_kept_running(young, booted, {A: "old", B: "old"}, START)


def test_where_no_boot_is_known_nothing_is_said_of_a_site() -> None:
    assert site_start.has_kept_running({}, {}, {}, START)


class TestWhoIsAwaited:
    def test_is_not_who_is_there_was_fenced_or_is_no_node_any_more(self) -> None:
        start = SiteStart(AT, frozenset({A, B, C, NodeName("gone")}))
        nodes = {A: there(A), B: away(B, fenced=True), C: away(C)}
        assert start.seen(nodes) == SiteStart(AT, frozenset({C}))

    def test_is_named_with_the_command(self) -> None:
        nodes = {A: away(A), B: away(B)}
        [one] = site_start.absent(START, nodes, [B])
        assert one == (
            "compute-1 has not been seen since this cluster started at 03:30:00 UTC, and nobody fences it: "
            "if it is off: pcs stonith fence compute-1"
        )


def flag(at: float) -> Flag:
    return replace(
        FLAG, state=FlagState.NEEDED, evidence=Evidence("ctl1", Epoch(at), "BMC answered off")
    )


def test_only_what_was_proved_to_be_off_since_is_of_the_start() -> None:
    assert site_start.is_of_the_start(flag(AT), START)
    assert not site_start.is_of_the_start(flag(AT - 1), START)
    assert not site_start.is_of_the_start(replace(flag(AT), evidence=None), START)


def test_it_lasts_for_its_time() -> None:
    assert START.lasts(AT + 599, 600)
    assert not START.lasts(AT + 600, 600)


class TestWhatWasFencedMeanwhile:
    def test_is_nothing(self) -> None:
        assert site_start.fenced([], START, 600) == ""

    def test_is_told_with_what_becomes_of_it(self) -> None:
        assert site_start.fenced([replace(flag(AT), node=A)], START, 600) == (
            "this site started at 03:30:00 UTC, and compute-1 was fenced since: evacuated from 03:40:00 "
            "UTC on, unless it is back by then"
        )

    def test_is_told_in_one_sentence_however_many_there_are(self) -> None:
        flags = [Flag(NovaHost(f"h{each}"), FlagState.NEEDED) for each in range(7)]
        told = site_start.fenced(flags, START, 600)
        assert "and h0, h1, h2, h3, h4 and 2 more were fenced since" in told
        assert told.endswith("unless they are back by then")
