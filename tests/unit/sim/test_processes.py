"""Processes in virtual time: they overlap, they die at once, and the order is always the same."""

from __future__ import annotations

import threading

import pytest

from vmha_ocf.sim.base.processes import End, Processes
from vmha_ocf.sim.base.timeline import SimClock, Timeline


class Stage:
    def __init__(self) -> None:
        self.timeline = Timeline()
        self.clock = SimClock(self.timeline)
        self.processes = Processes(self.timeline)
        self.said: list[tuple[float, str]] = []
        self.ends: list[End] = []

    def say(self, what: str) -> None:
        self.said.append((self.timeline.now, what))

    def sleeper(self, name: str, *seconds: float) -> None:
        for each in seconds:
            self.clock.sleep(each)
            self.say(name)


@pytest.fixture(name="stage")
def _stage() -> Stage:
    return Stage()


def test_sleeps_overlap(stage: Stage) -> None:
    stage.processes.start("one", lambda: stage.sleeper("one", 2, 2, 2))
    stage.processes.start("two", lambda: stage.sleeper("two", 3, 3))
    stage.timeline.run_until(10)
    assert stage.said == [(2, "one"), (3, "two"), (4, "one"), (6, "two"), (6, "one")]


def test_events_happen_while_a_process_sleeps(stage: Stage) -> None:
    stage.timeline.at(1, lambda: stage.say("event"))
    stage.processes.start("one", lambda: stage.sleeper("one", 2))
    stage.timeline.run_until(10)
    assert stage.said == [(1, "event"), (2, "one")]


def test_nobody_sleeps_past_the_end_of_the_run(stage: Stage) -> None:
    stage.processes.start("one", lambda: stage.sleeper("one", 5))
    stage.timeline.run_until(4)
    assert stage.timeline.now == 4
    assert stage.said == []
    stage.timeline.run_until(6)
    assert stage.said == [(5, "one")]


def test_how_it_ended_is_told(stage: Stage) -> None:
    def fail() -> None:
        raise ValueError("no")

    stage.processes.start("well", lambda: 7, stage.ends.append)
    stage.processes.start("badly", fail, stage.ends.append)
    stage.timeline.run_until(1)
    well, badly = stage.ends
    assert (well.answer, well.error) == (7, None)
    assert isinstance(badly.error, ValueError)
    assert not badly.killed


def test_a_killed_process_does_nothing_more(stage: Stage) -> None:
    def act() -> None:
        try:
            stage.sleeper("one", 2, 2)
        except Exception:  # noqa: BLE001 - as the agents' own boundaries do
            stage.say("it caught its own death")

    process = stage.processes.start("one", act, stage.ends.append)
    stage.timeline.at(3, lambda: stage.processes.kill(process))
    stage.timeline.run_until(10)
    assert stage.said == [(2, "one")]
    assert [end.killed for end in stage.ends] == [True]
    assert not process.alive


def test_one_that_was_killed_before_it_began_never_begins(stage: Stage) -> None:
    process = stage.processes.start("one", lambda: stage.say("one"), stage.ends.append)
    stage.processes.kill(process)
    stage.timeline.run_until(1)
    assert stage.said == []
    assert [end.killed for end in stage.ends] == [True]


@pytest.mark.parametrize(("lightly", "at"), [(True, 3.0), (False, 10.0)])
def test_only_a_light_sleep_is_ended_early(stage: Stage, lightly: bool, at: float) -> None:
    def act() -> None:
        woken = stage.processes.sleep(10, lightly=lightly)
        stage.say(f"woken {woken}")

    process = stage.processes.start("one", act)
    stage.timeline.at(3, lambda: stage.processes.wake(process))
    stage.timeline.run_until(20)
    assert stage.said == [(at, f"woken {lightly}")]


def test_nothing_is_left_behind(stage: Stage) -> None:
    before = set(threading.enumerate())
    for number in range(5):
        stage.processes.start(str(number), lambda: stage.sleeper("never", 100), stage.ends.append)
    stage.timeline.run_until(1)
    stage.processes.close()
    ours = set(threading.enumerate()) - before
    for thread in ours:
        thread.join(5)
    assert not any(thread.is_alive() for thread in ours)
    assert stage.ends == []
