"""The watcher, over a host in virtual time."""

from __future__ import annotations

import pytest

from tests.unit.living.guests.host import BOOT, ONE, RUNNING, THREE, TWO, Host
from vmha_ocf.living.guests.contact import Limits, Reading
from vmha_ocf.living.guests.question import (
    ANSWER,
    ASKED,
    Here,
    Question,
    format_question,
    parse_answer,
)
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.living.guests.states import Control, Kind, State
from vmha_ocf.model import InstanceId

OFF = (State.SHUTOFF.value, 2)
SHUT_DOWN = (State.SHUTOFF.value, 1)


@pytest.fixture(name="host")
def _host() -> Host:
    host = Host()
    host.run(1)
    return host


class TestReport:
    def test_a_host_that_is_well_says_so(self, host: Host) -> None:
        assert host.report.boot == BOOT
        assert (host.report.failed, host.report.unknown) == ({}, None)
        assert host.watcher.problems() == []

    def test_a_crash_is_told_at_once(self, host: Host) -> None:
        host.down(ONE)
        host.run(0.5)
        assert host.report.failed[ONE].kind is Kind.CRASHED
        assert "1 crashed" in host.watcher.problems()[0]

    def test_a_crash_whose_event_was_lost_is_told(self, host: Host) -> None:
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.run(11)
        assert ONE in host.report.failed

    def test_what_ends_is_taken_back(self, host: Host) -> None:
        host.down(ONE)
        host.run(1)
        host.down(ONE, RUNNING)
        host.run(1)
        assert host.report.failed == {}
        assert host.said[-1] == f"{ONE}: crashed no more"

    def test_old_wrecks_are_no_failures(self) -> None:
        host = Host()
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.run(30)
        assert host.report.failed == {}
        assert list(host.report.found) == [ONE]
        assert f"{ONE}: crashed when first seen" in host.said

    def test_one_that_is_down_again_before_the_next_look_has_failed(self, host: Host) -> None:
        """A guest that panics in its first second, for one."""
        host.up(THREE)
        host.down(THREE)
        host.run(1)
        assert host.report.failed[THREE].kind is Kind.CRASHED

    def test_a_crash_right_after_a_restart_is_the_next_failure(self, host: Host) -> None:
        host.down(ONE)
        host.run(5)
        first = host.report.failed[ONE].since
        host.up(ONE)
        host.down(ONE)
        host.run(1)
        assert host.report.failed[ONE].since > first

    def test_who_starts_during_a_look_is_well_until_the_next(self, host: Host) -> None:
        host.down(ONE)
        host.hangs = True
        host.run(1)
        host.hangs = False
        host.up(ONE)
        host.run(1)
        assert host.report.failed == {}

    def test_nothing_is_written_as_long_as_nothing_changes(self, host: Host) -> None:
        host.run(600)
        assert host.writings == 1

    def test_a_watchdog_that_switches_off_is_told(self, host: Host) -> None:
        host.event(watchdog=ONE)
        host.down(ONE, SHUT_DOWN)
        host.run(1)
        assert host.report.failed[ONE].kind is Kind.WATCHDOG

    def test_a_watchdog_of_a_minute_ago_is_no_reason(self, host: Host) -> None:
        host.event(watchdog=ONE)
        host.run(60)
        host.down(ONE, SHUT_DOWN)
        host.run(1)
        assert host.report.failed[ONE].kind is Kind.SHUT_DOWN

    def test_twenty_at_once_are_two_writings_and_few_looks(self) -> None:
        host = Host()
        many = [InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}") for n in range(30)]
        host.domains = dict.fromkeys(many, RUNNING)
        host.run(1)
        looks, writings = host.looks, host.writings
        for each in many:
            host.down(each)
            host.run(0.01)
        host.run(2)
        assert len(host.report.failed) == 30
        assert host.writings - writings <= 3
        assert host.looks - looks <= 4
        assert "and 10 more instances" in host.said or len(host.said) < 40


class TestRestart:
    def test_one_that_is_started_again_knows_what_ran(self, host: Host) -> None:
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.start()
        host.run(1)
        assert list(host.report.failed) == [ONE]

    def test_an_episode_outlives_a_watcher(self, host: Host) -> None:
        host.down(ONE)
        host.run(1)
        since = host.report.failed[ONE].since
        host.time += 50
        host.start()
        host.run(1)
        assert host.report.failed[ONE].since == since

    def test_after_a_boot_nothing_ran(self, host: Host) -> None:
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.boot = BOOT.replace("b", "d")
        host.start()
        host.run(1)
        assert host.report.failed == {}

    def test_one_that_leaves_takes_its_word_with_it(self, host: Host) -> None:
        host.watcher.leave()
        assert host.board_now == {}


class TestLibvirt:
    def test_one_that_hangs_is_unknown_since_it_was_asked(self, host: Host) -> None:
        host.hangs = True
        host.down(ONE)
        host.run(30)
        assert host.report.unknown is not None
        assert host.report.unknown < host.now() - 20
        assert host.report.failed == {}
        assert "gives no answer since" in host.watcher.problems()[0]

    def test_what_died_meanwhile_is_told_afterwards(self, host: Host) -> None:
        host.hangs = True
        host.run(30)
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.hangs = False
        host.run(1)
        assert host.report.unknown is None
        assert ONE in host.report.failed

    def test_one_that_is_away_is_unknown_and_asked_again(self, host: Host) -> None:
        host.away = True
        host.event()
        host.run(60)
        assert host.report.unknown is not None
        assert host.looks < 15
        host.away = False
        host.run(11)
        assert host.report.unknown is None

    def test_one_that_hangs_from_the_start_is_told(self) -> None:
        host = Host()
        host.hangs = True
        host.run(5)
        assert ATTRIBUTE not in host.board_now
        assert host.watcher.problems() == []
        host.run(10)
        assert host.report.unknown is not None

    def test_one_that_is_away_from_the_start_is_told(self) -> None:
        host = Host()
        host.away = True
        host.run(2)
        assert host.report.unknown is not None

    def test_it_is_said_once(self, host: Host) -> None:
        host.away = True
        host.event()
        host.run(300)
        assert len([line for line in host.said if "gives no answer" in line]) == 1


class TestBoard:
    def test_what_is_wiped_is_told_again_with_a_new_time(self, host: Host) -> None:
        host.down(ONE)
        host.run(10)
        before = host.report.at
        host.board_now.clear()
        host.run(11)
        assert list(host.report.failed) == [ONE]
        assert host.report.at > before

    def test_a_wipe_is_a_reason_to_look(self, host: Host) -> None:
        host.run(5)
        host.board_now.clear()
        host.domains[ONE] = (State.SHUTOFF.value, 3)
        host.run(11)
        assert ONE in host.report.failed

    def test_what_somebody_else_writes_there_is_overwritten(self, host: Host) -> None:
        host.run(10)
        host.board_now[ATTRIBUTE] = "1 all is well"
        host.run(11)
        assert host.report.boot == BOOT

    def test_what_cannot_be_written_is_a_problem_and_tried_again(self, host: Host) -> None:
        host.cut_off = True
        host.down(ONE)
        host.run(30)
        assert "does not reach the controllers" in host.watcher.problems()[0]
        assert host.report.failed == {}
        host.cut_off = False
        host.run(11)
        assert list(host.report.failed) == [ONE]
        assert "controllers" not in "".join(host.watcher.problems())

    def test_leaving_never_fails(self, host: Host) -> None:
        host.cut_off = True
        host.watcher.leave()


class TestShutdown:
    def test_what_ends_with_its_host_is_no_failure(self, host: Host) -> None:
        host.shuts_down = True
        for each in (ONE, TWO):
            host.down(each)
            host.run(1)
        assert host.report.failed == {}
        assert len([line for line in host.said if "shuts down" in line]) == 1

    def test_a_shutdown_that_did_not_happen_hides_nothing(self, host: Host) -> None:
        host.shuts_down = True
        host.down(ONE)
        host.run(1)
        host.shuts_down = False
        host.run(11)
        assert list(host.report.failed) == [ONE]


class TestReadings:
    def test_a_qemu_that_hangs_is_told(self, host: Host) -> None:
        host.readings = [Reading(ONE, Control.OK, answered=True)]
        host.run(11)
        host.readings = [Reading(ONE, Control.OCCUPIED, 40.0)]
        host.run(11)
        assert host.report.failed[ONE].kind is Kind.HUNG

    def test_a_libvirt_that_is_away_says_nothing_of_it(self, host: Host) -> None:
        host.run(11)
        host.away = True
        host.readings = [Reading(ONE, Control.OCCUPIED, 400.0)]
        host.run(60)
        assert host.report.failed == {}

    def test_nobody_is_asked_where_that_is_not_wanted(self) -> None:
        host = Host(Limits(hung_after=0))
        host.readings = [Reading(ONE, Control.ERROR)]
        host.run(300)
        assert host.report.found == {}


class TestQuestion:
    QUESTION = Question("0123456789abcdef", (ONE, TWO, THREE))

    def ask(self, host: Host) -> None:
        host.board_now[ASKED] = format_question(self.QUESTION)

    def test_it_is_answered_from_a_look_that_came_after_it(self, host: Host) -> None:
        self.ask(host)
        asked_at = host.now()
        host.domains[TWO] = OFF
        host.run(15)
        given = parse_answer(host.board_now[ANSWER], self.QUESTION)
        assert given is not None
        assert list(given.instances.values()) == [Here.RUNS, Here.OFF, Here.ABSENT]
        assert given.at > asked_at

    def test_a_process_that_libvirt_has_lost_runs(self, host: Host) -> None:
        host.processes = {THREE}
        self.ask(host)
        host.run(15)
        given = parse_answer(host.board_now[ANSWER], self.QUESTION)
        assert given is not None
        assert given.instances[THREE] is Here.RUNS

    def test_it_is_answered_once(self, host: Host) -> None:
        self.ask(host)
        host.run(100)
        assert host.writings == 2

    def test_an_answer_that_goes_with_the_connection_is_given_again(self, host: Host) -> None:
        self.ask(host)
        host.run(15)
        first = host.board_now.pop(ANSWER)
        del host.board_now[ATTRIBUTE]
        host.run(25)
        assert host.board_now[ANSWER] != first, "it is of a new look"
        assert parse_answer(host.board_now[ANSWER], self.QUESTION) is not None

    def test_it_is_given_again_though_a_new_report_hides_that_all_were_gone(
        self, host: Host
    ) -> None:
        self.ask(host)
        host.run(15)
        host.board_now = {ASKED: host.board_now[ASKED]}
        host.down(ONE)
        host.run(1)
        assert ATTRIBUTE in host.board_now
        host.run(20)
        assert parse_answer(host.board_now[ANSWER], self.QUESTION) is not None

    def test_a_libvirt_that_hangs_answers_nothing(self, host: Host) -> None:
        host.hangs = True
        self.ask(host)
        host.run(60)
        assert ANSWER not in host.board_now
        host.hangs = False
        host.run(15)
        assert ANSWER in host.board_now

    def test_a_look_that_hung_before_the_question_does_not_answer_it(self, host: Host) -> None:
        host.run(8.8)
        host.hangs = True
        host.run(3)  # a look is under way
        self.ask(host)
        host.run(12)
        looks = host.looks
        host.hangs = False
        host.run(1)
        assert ANSWER in host.board_now
        assert host.looks - looks == 2

    def test_what_is_no_question_is_said_once(self, host: Host) -> None:
        host.board_now[ASKED] = "1 nonce=x instances=all"
        host.run(60)
        assert len([line for line in host.said if ASKED in line]) == 1
        assert ANSWER not in host.board_now

    def test_an_answer_that_cannot_be_written_is_given_later(self, host: Host) -> None:
        self.ask(host)
        host.run(9)
        host.cut_off = True
        host.run(30)
        host.cut_off = False
        host.run(15)
        assert ANSWER in host.board_now
