from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import NODE
from vmha_ocf.model import ComputeService, Epoch, Evidence, NodeState, NovaHost
from vmha_ocf.proof import judgement
from vmha_ocf.proof.judgement import Boots, Judgement, Signs, Standing

HOST = NovaHost("compute-1")
AT = Epoch(1_795_219_200.0)
"""2026-11-21 00:00:00 UTC."""
PROOF = Evidence("ctl1", AT, "BMC answered off")
AWAY = NodeState(NODE, online=False, fenced=True, fenced_at=AT)
LOST = NodeState(NODE, online=False, fenced=False)
BACK = NodeState(NODE, online=True, fenced=False, connected_at=Epoch(AT + 60))
STOOD = NodeState(NODE, online=True, fenced=False, connected_at=Epoch(AT - 60))
SERVICE = ComputeService("1", HOST, up=False, enabled=True, forced_down=False)
LATE = "2026-11-21T00:10:00.000000"
SOON = "2026-11-21T00:00:35.000000"
A_MINUTE = "2026-11-21T00:01:00.000000"
SIGNS = Signs(None, None, now=Epoch(AT + 900))


def seen(updated_at: str, *, up: bool = False, forced_down: bool = False) -> ComputeService:
    return replace(SERVICE, updated_at=updated_at, up=up, forced_down=forced_down)


def judged(
    node: NodeState | None, service: ComputeService | None = None, signs: Signs = SIGNS
) -> Judgement:
    return judgement.judge(PROOF, replace(signs, node=node, service=service))


def standing(
    node: NodeState | None, service: ComputeService | None = None, signs: Signs = SIGNS
) -> Standing:
    return judged(node, service, signs).standing


def test_clocks_that_differ_are_compared_by_how_far_they_do() -> None:
    """Ours is 300 s ahead: what nova-compute reported a minute after the proof looks four minutes older."""
    before = seen("2026-11-20T23:56:00.000000", up=True)
    assert standing(BACK, before) is Standing.HOLDS
    assert standing(BACK, before, replace(SIGNS, ahead=300.0)) is Standing.DOUBTFUL


class TestFencedAnew:
    """By a device of others, which writes no flag, while nothing has ended the proof before."""

    ANEW = replace(BACK, fenced_at=Epoch(AT + 700), connected_at=Epoch(AT + 800))
    HEARD = seen(LATE)
    """Ten minutes after the proof, and before the new fencing."""

    def test_what_spoke_against_the_proof_is_of_before(self) -> None:
        assert standing(self.ANEW, self.HEARD) is Standing.HOLDS
        assert standing(replace(self.ANEW, fenced_at=AT), self.HEARD) is Standing.DOUBTFUL

    def test_what_came_after_it_is_not(self) -> None:
        later = replace(self.ANEW, fenced_at=Epoch(AT + 500))
        assert standing(later, self.HEARD) is Standing.DOUBTFUL
        stood = replace(self.ANEW, connected_at=Epoch(AT + 690))
        assert standing(stood, self.HEARD) is not Standing.HOLDS

    def test_the_end_of_the_same_fencing_is_no_new_one(self) -> None:
        """Its own device has switched it on while another one of the level still was at work."""
        soon = replace(self.ANEW, fenced_at=Epoch(AT + 120))
        assert standing(soon, seen(A_MINUTE)) is Standing.DOUBTFUL

    def test_nor_is_one_of_a_time_that_has_not_come(self) -> None:
        never = replace(self.ANEW, fenced_at=Epoch(AT + 2000))
        assert standing(never, self.HEARD) is Standing.DOUBTFUL


class TestHolds:
    @pytest.mark.parametrize("node", [None, AWAY, LOST, BACK])
    @pytest.mark.parametrize("service", [None, seen(""), seen("2026-11-20T23:59:55"), seen(SOON)])
    def test_while_nothing_speaks_against_it(
        self, node: NodeState | None, service: ComputeService | None
    ) -> None:
        assert standing(node, service) is Standing.HOLDS

    def test_while_pacemaker_says_that_it_is_fenced_and_away(self) -> None:
        """Somebody may have changed its service, which moves what Nova shows."""
        assert standing(AWAY, seen(LATE)) is Standing.HOLDS
        assert standing(AWAY, seen(SOON, up=True)) is Standing.HOLDS

    def test_also_by_a_proof_of_a_time_that_has_not_come(self) -> None:
        """That is somebody's clock; what Pacemaker says is of now."""
        before = replace(SIGNS, now=Epoch(AT - 3600))
        assert standing(AWAY, seen(LATE), before) is Standing.HOLDS
        assert standing(AWAY, seen(LATE, forced_down=True), before) is Standing.HOLDS

    def test_whatever_a_service_shows_that_is_forced_down(self) -> None:
        """That is the time of whoever forced it down."""
        assert standing(BACK, seen(LATE, forced_down=True)) is Standing.HOLDS

    def test_while_a_connection_that_stood_may_still_be_noticed_to_be_dead(self) -> None:
        """Pacemaker stops it only after the fencing."""
        assert standing(STOOD, signs=replace(SIGNS, now=Epoch(AT + 100))) is Standing.HOLDS
        assert standing(replace(STOOD, connected_at=AT)) is Standing.HOLDS

    @pytest.mark.parametrize("boots", [Boots("one", "two"), Boots(), Boots("one")])
    def test_in_another_boot_or_one_that_is_not_known(self, boots: Boots) -> None:
        assert standing(BACK, signs=replace(SIGNS, boots=boots)) is Standing.HOLDS

    def test_in_a_boot_that_nobody_knows_the_connection_of(self) -> None:
        node = replace(BACK, connected_at=None)
        signs = replace(SIGNS, boots=Boots("one", "one"))
        assert standing(node, signs=signs) is Standing.HOLDS


class TestEnds:
    @pytest.mark.parametrize("node", [None, AWAY, LOST, BACK])
    def test_with_heartbeats_long_after(self, node: NodeState | None) -> None:
        assert judged(node, seen(LATE, up=True)) == Judgement(
            Standing.ENDED, f"nova-compute ran on it at {LATE}, after the proof"
        )

    def test_with_a_connection_that_has_stood_since_before(self) -> None:
        assert "since before the proof" in judged(STOOD).why
        assert standing(STOOD) is Standing.ENDED

    def test_with_the_same_boot_on_a_connection_that_was_made_since(self) -> None:
        found = judged(BACK, signs=replace(SIGNS, boots=Boots("one", "one")))
        assert found == Judgement(
            Standing.ENDED, "it still is in the boot that it was in before the proof"
        )

    def test_with_guests_on_it(self) -> None:
        assert standing(AWAY, signs=replace(SIGNS, guests=True)) is Standing.ENDED


class TestIsDoubtful:
    @pytest.mark.parametrize("node", [None, LOST, BACK])
    def test_by_one_time_that_is_later(self, node: NodeState | None) -> None:
        found = judged(node, seen(LATE))
        assert (found.standing, LATE in found.why) == (Standing.DOUBTFUL, True)

    def test_where_what_has_just_died_would_be_called_up_too(self) -> None:
        assert standing(BACK, seen(A_MINUTE, up=True)) is Standing.DOUBTFUL

    def test_where_pacemaker_says_fenced_and_nova_says_up(self) -> None:
        """It was switched on again, and is where Pacemaker cannot reach it."""
        assert standing(AWAY, seen(A_MINUTE, up=True)) is Standing.DOUBTFUL

    def test_by_more_than_a_heartbeat_and_what_clocks_are_apart(self) -> None:
        late = seen(A_MINUTE)
        assert standing(BACK, late, replace(SIGNS, interval=29.0)) is Standing.DOUBTFUL
        assert standing(BACK, late, replace(SIGNS, interval=30.0)) is Standing.HOLDS

    @pytest.mark.parametrize("node", [None, LOST, BACK])
    def test_if_its_time_has_not_come_yet(self, node: NodeState | None) -> None:
        assert standing(node, signs=replace(SIGNS, now=Epoch(AT - 29))) is Standing.HOLDS
        assert standing(node, signs=replace(SIGNS, now=Epoch(AT - 31))) is Standing.DOUBTFUL

    def test_if_it_has_not_come_and_nova_still_calls_up_what_pacemaker_says_is_away(self) -> None:
        before = replace(SIGNS, now=Epoch(AT - 3600))
        assert standing(AWAY, seen("2026-11-20T22:59:55", up=True), before) is Standing.DOUBTFUL

    def test_while_pacemaker_may_still_tell_of_the_fencing_that_it_is_of(self) -> None:
        """Whoever fenced has a clock that is an hour behind, so that the last heartbeat comes after it."""
        just = replace(SIGNS, appeared=True, known=59.0)
        late = seen(LATE, up=True)
        assert judged(LOST, late, just) == replace(judged(LOST, late), standing=Standing.DOUBTFUL)
        assert standing(LOST, late, replace(just, known=60.0)) is Standing.ENDED
        assert standing(LOST, late, replace(just, appeared=False)) is Standing.ENDED
        assert standing(LOST, late, replace(just, guests=True)) is Standing.ENDED


class TestWhatWeSawOurselves:
    """A fencing half a minute ago, while the clocks say what they like."""

    SAW = replace(SIGNS, fenced_ago=30.0)
    BEFORE = replace(SAW, now=Epoch(AT - 3600))
    """Somebody has set ours back by an hour; Nova's heartbeats are of an hour later by it."""

    @pytest.mark.parametrize("node", [LOST, AWAY, BACK, STOOD])
    def test_a_proof_of_a_time_that_has_not_come_holds(self, node: NodeState) -> None:
        assert standing(node, signs=self.BEFORE) is Standing.HOLDS
        heard = seen("2026-11-20T23:59:25", up=True)  # right before it was fenced
        ours = replace(self.BEFORE, ahead=-3600.0)
        assert standing(node, heard, ours) is Standing.HOLDS

    def test_a_heartbeat_that_only_a_clock_calls_later_does_not_end_it(self) -> None:
        heard = seen("2026-11-21T00:14:25", up=True)
        assert standing(AWAY, heard) is Standing.ENDED
        assert standing(AWAY, heard, self.SAW) is Standing.HOLDS

    def test_what_came_after_it_speaks_against_it(self) -> None:
        since = replace(self.SAW, fenced_ago=600.0)
        beats = seen("2026-11-21T00:14:55", up=True)
        assert standing(BACK, beats, since) is Standing.ENDED
        assert standing(BACK, replace(beats, up=False), since) is Standing.DOUBTFUL

    def test_so_do_guests_and_a_boot_that_goes_on(self) -> None:
        assert standing(BACK, signs=replace(self.SAW, guests=True)) is Standing.ENDED
        same = replace(self.SAW, boots=Boots("one", "one"))
        assert standing(BACK, signs=same) is Standing.ENDED

    def test_who_is_up_for_nova_long_after_we_heard_of_the_proof_is_not_off(self) -> None:
        heard = seen("2026-11-20T22:00:00", up=True)
        assert standing(LOST, heard, replace(SIGNS, known=330.0)) is Standing.HOLDS
        assert standing(LOST, heard, replace(SIGNS, known=331.0)) is Standing.ENDED


class TestOnTheBorder:
    """What clocks may be apart by, to the second, is no sign yet."""

    def test_of_a_time_that_has_not_come(self) -> None:
        assert standing(AWAY, signs=replace(SIGNS, now=Epoch(AT - 30))) is Standing.HOLDS

    @pytest.mark.parametrize(
        ("beat", "found"),
        [("00:05:30", Standing.DOUBTFUL), ("00:05:31", Standing.ENDED)],
    )
    def test_of_what_nova_believes_of_a_host_that_is_dead(
        self, beat: str, found: Standing
    ) -> None:
        assert standing(BACK, seen(f"2026-11-21T{beat}.000000", up=True)) is found

    def test_of_a_connection_that_is_noticed_to_be_dead(self) -> None:
        assert standing(STOOD, signs=replace(SIGNS, now=Epoch(AT + 120))) is Standing.HOLDS
        assert standing(STOOD, signs=replace(SIGNS, now=Epoch(AT + 121))) is Standing.ENDED

    def test_of_a_connection_made_in_the_second_of_the_proof(self) -> None:
        at_once = replace(BACK, connected_at=AT)
        assert standing(at_once, signs=replace(SIGNS, boots=Boots("one", "one"))) is Standing.HOLDS
