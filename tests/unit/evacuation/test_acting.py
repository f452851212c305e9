"""Who may act: Pacemaker's worker alone, with quorum, and of two the first by name."""

from __future__ import annotations

import pytest

from tests.unit.driven import TAGS, Driven, requests
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster.flag_texts import ATTRIBUTE, format_key
from vmha_ocf.evacuation import acting
from vmha_ocf.model import Epoch, Flag, FlagState, NodeName, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.worker.round import Evacuator

CTL1, CTL2 = NodeName("ctl1"), NodeName("ctl2")
HOST = NovaHost("compute-1")


def judged(me: NodeName, *evacuators: NodeName, quorate: bool = True) -> acting.Turn:
    return acting.judge(me, evacuators, quorate=quorate)


class TestWhoseTurnItIs:
    def test_the_one_that_pacemaker_runs(self) -> None:
        assert judged(CTL1, CTL1) == acting.Turn(True)

    def test_nobody_without_quorum(self) -> None:
        turn = judged(CTL1, CTL1, quorate=False)
        assert not turn.mine
        assert turn.problem == "ctl1 has no quorum: this worker asks for nothing"

    def test_not_one_that_a_person_has_started_and_it_says_who_the_first_is(self) -> None:
        turn = judged(CTL2, CTL1)
        assert not turn.mine
        assert turn.problem.startswith("Pacemaker runs NovaEvacuate on ctl1: the worker on ctl2 ")

    def test_not_before_pacemaker_says_so(self) -> None:
        turn = judged(CTL1)
        assert not turn.mine
        assert "does not say yet that NovaEvacuate runs on ctl1" in turn.problem

    @pytest.mark.parametrize(("me", "mine"), [(CTL1, True), (CTL2, False)])
    def test_of_two_the_first_by_name_and_both_tell(self, me: NodeName, mine: bool) -> None:
        turn = judged(me, CTL2, CTL1)
        assert turn.mine is mine
        assert turn.problem.startswith("NovaEvacuate runs on ctl1 and ctl2 at once: only ")


def test_a_claim_stands_as_long_as_it_is_read_back() -> None:
    claim = Flag(HOST, FlagState.CLAIMED, owner="ctl1", since=Epoch(7.0))
    assert acting.is_claimed_by(claim, claim)
    assert not acting.is_claimed_by(None, claim)
    assert not acting.is_claimed_by(Flag(HOST, FlagState.NEEDED), claim)
    assert not acting.is_claimed_by(
        Flag(HOST, FlagState.CLAIMED, owner="ctl2", since=Epoch(7.0)), claim
    )


def failed_host() -> World:
    world = World.with_hosts(HOST, "compute-2", "compute-3")
    for _ in range(4):
        world.boot(HOST, tags=TAGS)
    world.run(100)
    world.fence(HOST)
    return world


def beside(world: World, me: str = "ctl2") -> Evacuator:
    return Evacuator(world.worker_ports(f"{me}/NovaEvacuate"), Settings(), me)


class TestASecondWorker:
    def test_it_asks_for_nothing_and_writes_nothing(self) -> None:
        world = failed_host()
        second = beside(world)
        for _ in range(20):
            outcome = second.round()
            world.run(outcome.pause)
        assert requests(world) == 0
        assert world.attrd.truth(ATTRIBUTE) == {format_key(HOST): "yes"}
        assert not world.service(HOST).forced_down
        assert "Pacemaker runs NovaEvacuate on ctl1" in outcome.problems[0]

    def test_beside_the_first_it_changes_nothing(self) -> None:
        world = failed_host()
        first, second = Driven(world), beside(world)
        while first.is_pending(HOST):
            second.round()
            first.round()
        assert requests(world) == 4
        first.check()

    def test_of_two_resources_one_acts_and_both_tell(self) -> None:
        world = failed_host()
        first, second = Driven(world), beside(world)
        world.pacemaker.evacuators = frozenset({CTL1, CTL2})
        while first.is_pending(HOST):
            outcome = second.round()
            first.round()
        assert requests(world) == 4
        assert outcome.problems == ["; ".join(first.rounds[-1].problems)]
        first.check()


class TestAClaimThatIsOverwritten:
    """By an older NovaEvacuate that somebody has started, or by a person."""

    def test_nothing_is_asked_for_until_it_has_settled(self) -> None:
        world = failed_host()
        worker = Driven(world)
        worker.evacuator.round()
        before = requests(world)
        world.attrd.put(ATTRIBUTE, format_key(HOST), "ctl9@1795219300")
        worker.run(30)
        assert requests(world) == before
        assert "is claimed by ctl9 while ctl1 evacuates it" in worker.problems
        worker.until_done(HOST)
        assert requests(world) == 4
        worker.check()

    def test_one_that_comes_again_begins_the_wait_anew(self) -> None:
        world = failed_host()
        worker = Driven(world)
        worker.evacuator.round()
        before = requests(world)
        for at in range(6):
            world.attrd.put(ATTRIBUTE, format_key(HOST), f"ctl9@{1795219300 + at}")
            worker.run(40)
        assert requests(world) == before
        worker.check()

    def test_between_the_plan_and_the_request(self) -> None:
        world = failed_host()
        worker = Driven(world)
        world.fault("nova.evacuations_from", "slow", seconds=2, times=1)
        world.at(
            world.now + 1, lambda: world.attrd.put(ATTRIBUTE, format_key(HOST), "ctl9@1795219300")
        )
        worker.evacuator.round()
        assert requests(world) == 0


def test_quorum_that_is_lost_between_the_plan_and_the_request() -> None:
    world = failed_host()
    worker = Driven(world)
    world.fault("nova.evacuations_from", "slow", seconds=2, times=1)

    def lose() -> None:
        world.cib.has_quorum = False

    world.at(world.now + 1, lose)
    worker.evacuator.round()
    assert requests(world) == 0


def test_not_knowing_who_runs_it_is_no() -> None:
    world = failed_host()
    worker = Driven(world)
    world.fault("cluster.evacuators", "down", until=world.now + 50)
    worker.run(30)
    assert requests(world) == 0
    assert worker.problems.startswith("who runs NovaEvacuate is not known: ")
    worker.until_done(HOST)
    worker.check()
