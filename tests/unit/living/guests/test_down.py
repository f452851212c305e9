"""What is down, from one listing after the other."""

from __future__ import annotations

from collections.abc import Collection

from vmha_ocf.living.guests.down import Memory, Trouble, after_look
from vmha_ocf.living.guests.states import Domain, Kind, Paused, Shutoff, State
from vmha_ocf.model import Epoch, InstanceId

ONE, TWO = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2))
T1, T2, T3 = Epoch(1000.0), Epoch(1010.0), Epoch(1020.0)
RUNNING = (State.RUNNING, 1)
CRASHED = (State.SHUTOFF, Shutoff.CRASHED)
FORGOTTEN = (State.SHUTOFF, Shutoff.UNKNOWN)
SHUT_DOWN = (State.SHUTOFF, Shutoff.SHUTDOWN)
DESTROYED = (State.SHUTOFF, Shutoff.DESTROYED)
BY_A_PERSON = (State.PAUSED, 1)
IO_ERROR = (State.PAUSED, Paused.IOERROR)


def look(
    before: Memory,
    state: tuple[int, int] | None,
    at: Epoch = T2,
    watchdogs: Collection[InstanceId] = (),
    *,
    nova: bool = True,
) -> Memory:
    domains = [] if state is None else [Domain(ONE, *state, nova)]
    return after_look(before, domains, watchdogs, at)


RAN = look(Memory(), RUNNING, T1)


def failed(kind: Kind, since: Epoch = T2, reason: int = -1) -> dict[InstanceId, Trouble]:
    return {ONE: Trouble(kind, since, seen=True, reason=reason)}


class TestEdge:
    def test_one_that_ran_and_crashed_has_failed(self) -> None:
        assert look(RAN, CRASHED).troubles == failed(Kind.CRASHED, reason=Shutoff.CRASHED)

    def test_one_that_is_down_at_the_first_look_is_of_the_past(self) -> None:
        trouble = look(Memory(), CRASHED).troubles[ONE]
        assert not trouble.seen
        assert look(look(Memory(), CRASHED, T1), CRASHED).troubles[ONE].since == T1

    def test_one_that_could_not_be_started_has_not_crashed(self) -> None:
        off = look(RAN, DESTROYED)
        assert not look(off, (State.SHUTOFF, Shutoff.FAILED), T3).troubles[ONE].seen

    def test_it_stays_one_episode_until_it_runs(self) -> None:
        down = look(RAN, CRASHED)
        assert look(down, CRASHED, T3) == down
        again = look(look(down, RUNNING, T3), CRASHED, Epoch(1030.0))
        assert again.troubles == failed(Kind.CRASHED, Epoch(1030.0), Shutoff.CRASHED)

    def test_a_restart_of_it_that_fails_is_the_same_episode(self) -> None:
        down = look(RAN, CRASHED)
        assert look(down, (State.SHUTOFF, Shutoff.FAILED), T3).troubles == down.troubles

    def test_one_that_runs_again_is_well(self) -> None:
        assert look(look(RAN, CRASHED), RUNNING, T3) == RAN

    def test_one_that_was_paused_by_a_person_meanwhile_has_run(self) -> None:
        paused = look(RAN, BY_A_PERSON)
        assert not paused.troubles
        assert look(paused, CRASHED, T3).troubles == failed(Kind.CRASHED, T3, Shutoff.CRASHED)

    def test_one_that_arrives_by_a_live_migration_and_dies_has_not_run_here(self) -> None:
        arriving = look(Memory(), (State.PAUSED, 2))
        assert not look(arriving, CRASHED, T3).troubles[ONE].seen


class TestWill:
    def test_one_that_was_stopped_is_no_failure(self) -> None:
        for state in (DESTROYED, (State.SHUTOFF, 4)):
            assert look(RAN, state) == Memory()

    def test_one_that_shut_itself_down_is_told_apart(self) -> None:
        down = look(RAN, SHUT_DOWN)
        assert down.troubles == failed(Kind.SHUT_DOWN, reason=Shutoff.SHUTDOWN)
        assert look(down, SHUT_DOWN, T3) == down
        assert look(down, FORGOTTEN, T3) == down
        assert not look(down, RUNNING, T3).troubles

    def test_one_that_had_done_so_at_the_first_look_is_none_of_ours(self) -> None:
        assert look(Memory(), SHUT_DOWN) == Memory()

    def test_a_crash_that_a_peaceful_end_follows_is_another_case(self) -> None:
        after = look(look(RAN, CRASHED), SHUT_DOWN, T3)
        assert after.troubles == failed(Kind.SHUT_DOWN, T3, Shutoff.SHUTDOWN)

    def test_one_that_is_no_longer_defined_is_forgotten(self) -> None:
        assert look(RAN, None) == Memory()
        assert look(look(RAN, CRASHED), None) == Memory()

    def test_what_is_not_novas_is_nobodys_business(self) -> None:
        assert look(Memory(ran=frozenset({ONE})), CRASHED, nova=False) == Memory()

    def test_others_do_not_matter(self) -> None:
        both = after_look(RAN, [Domain(ONE, *CRASHED), Domain(TWO, *RUNNING)], (), T2)
        assert both.troubles.keys() == {ONE}
        assert both.ran == {ONE, TWO}


class TestStuck:
    def test_it_is_down_from_the_first_listing_that_says_so(self) -> None:
        stuck = look(RAN, IO_ERROR)
        assert stuck.troubles == failed(Kind.IO_ERROR)
        assert look(stuck, IO_ERROR, T3) == stuck

    def test_resumed_it_is_well(self) -> None:
        assert look(look(RAN, IO_ERROR), RUNNING, T3) == RAN

    def test_paused_by_a_person_then_it_is_nobodys_failure(self) -> None:
        assert not look(look(RAN, IO_ERROR), BY_A_PERSON, T3).troubles

    def test_killed_then_it_has_crashed(self) -> None:
        dead = look(look(RAN, IO_ERROR), CRASHED, T3)
        assert dead.troubles == failed(Kind.CRASHED, T3, Shutoff.CRASHED)

    def test_stopped_then_it_is_off(self) -> None:
        assert not look(look(RAN, IO_ERROR), DESTROYED, T3).troubles

    def test_off_and_forgotten_then_it_is_unclear_and_stays_so(self) -> None:
        unclear = look(look(RAN, IO_ERROR), FORGOTTEN, T3)
        assert unclear.troubles == failed(Kind.UNCLEAR, T3)
        assert look(unclear, FORGOTTEN, Epoch(1030.0)) == unclear

    def test_what_does_not_answer_is_not_for_a_listing_to_end(self) -> None:
        hung = Memory(RAN.ran, RAN.ran, failed(Kind.HUNG))
        assert look(hung, RUNNING, T3) == hung
        assert not look(hung, DESTROYED, T3).troubles


class TestForgotten:
    """What libvirtd has forgotten when it was started anew."""

    def test_a_crash_stays_a_crash(self) -> None:
        down = look(RAN, CRASHED)
        assert look(down, FORGOTTEN, T3) == down

    def test_a_crash_that_a_stop_follows_is_over(self) -> None:
        assert look(look(RAN, CRASHED), DESTROYED, T3).troubles == {}

    def test_one_that_ran_is_unclear(self) -> None:
        assert look(RAN, FORGOTTEN).troubles == failed(Kind.UNCLEAR)

    def test_one_that_was_off_stays_off(self) -> None:
        assert look(Memory(), FORGOTTEN) == Memory()
        assert look(look(RAN, DESTROYED), FORGOTTEN, T3) == Memory()


class TestWatchdog:
    def test_one_that_its_watchdog_switched_off_has_failed(self) -> None:
        down = look(RAN, SHUT_DOWN, watchdogs={ONE})
        assert down.troubles == failed(Kind.WATCHDOG, reason=Shutoff.SHUTDOWN)
        assert look(down, SHUT_DOWN, T3) == down

    def test_one_that_libvirt_says_has_crashed_then_was_switched_off_by_it(self) -> None:
        down = look(RAN, CRASHED, watchdogs={ONE})
        assert down.troubles == failed(Kind.WATCHDOG, reason=Shutoff.CRASHED)
        assert look(down, CRASHED, T3) == down

    def test_stopped_by_a_person_afterwards_it_is_off(self) -> None:
        down = look(RAN, SHUT_DOWN, watchdogs={ONE})
        assert not look(down, DESTROYED, T3).troubles

    def test_one_that_was_off_before_is_off(self) -> None:
        assert look(Memory(), SHUT_DOWN, watchdogs={ONE}) == Memory()

    def test_another_ones_watchdog_does_not_matter(self) -> None:
        assert look(RAN, SHUT_DOWN, watchdogs={TWO}).troubles[ONE].kind is Kind.SHUT_DOWN


def test_who_is_gone_has_not_answered() -> None:
    before = Memory(frozenset({ONE, TWO}), frozenset({ONE, TWO}))
    assert look(before, RUNNING).answered == {ONE}
