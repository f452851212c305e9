"""Several things at once, and one beside them: on threads, in virtual time, and where there is neither."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from vmha_ocf.agent.parallel import at_once
from vmha_ocf.backends.process.threads import aside
from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.sim.base.parallel import MOST, Aside, Concurrent
from vmha_ocf.sim.base.processes import End, Processes
from vmha_ocf.sim.base.timeline import SimClock, Timeline
from vmha_ocf.sim.base.tripwire import Died


def fail() -> int:
    raise NovaUnavailable("no answer")


def test_where_nothing_runs_beside_it_waits() -> None:
    assert at_once(lambda: 7).get() == 7
    later = at_once(fail)
    assert later.is_there
    with pytest.raises(NovaUnavailable):
        later.get()


def test_a_thread_runs_beside() -> None:
    go = threading.Event()
    later = aside(lambda: go.wait(5))
    assert not later.is_there
    go.set()
    assert later.get()
    with pytest.raises(NovaUnavailable):
        aside(fail).get()


class Stage:
    def __init__(self) -> None:
        self.timeline = Timeline()
        self.clock = SimClock(self.timeline)
        self.processes = Processes(self.timeline)
        self.ends: list[End] = []
        self.done: list[tuple[float, int]] = []

    def work(self, number: int) -> int:
        self.clock.sleep(1.0)
        self.done.append((self.timeline.now, number))
        return number * 10

    def all_of(self, items: Sequence[int]) -> Sequence[int]:
        return Concurrent(self.processes)(self.work, items)


@pytest.fixture(name="stage")
def _stage() -> Stage:
    return Stage()


def test_they_overlap_and_answer_in_order(stage: Stage) -> None:
    items = list(range(MOST + 3))
    stage.processes.start("one", lambda: stage.all_of(items), stage.ends.append)
    stage.timeline.run_until(10)
    assert stage.ends[0].answer == [number * 10 for number in items]
    assert {at for at, _ in stage.done} == {1.0, 2.0}
    assert [number for _, number in stage.done] == items


def test_threads_die_with_their_process(stage: Stage) -> None:
    process = stage.processes.start("one", lambda: stage.all_of([1, 2, 3]), stage.ends.append)
    stage.timeline.at(0.5, lambda: stage.processes.kill(process))
    stage.timeline.run_until(10)
    assert stage.done == []
    assert [end.killed for end in stage.ends] == [True]


@pytest.mark.parametrize("dying", [1, 2, 3])
def test_a_process_dies_with_each_of_its_threads(stage: Stage, dying: int) -> None:
    def act(number: int) -> None:
        stage.clock.sleep(number)
        if number == dying:
            raise Died("killed")
        stage.work(number)

    work = Concurrent(stage.processes)
    stage.processes.start("one", lambda: work(act, [1, 2, 3, 9]), stage.ends.append)
    stage.timeline.run_until(30)
    assert [end.killed for end in stage.ends] == [True]
    assert all(at <= dying for at, _ in stage.done)


def test_a_bug_in_a_thread_is_the_process_own(stage: Stage) -> None:
    def act(number: int) -> None:
        stage.clock.sleep(1)
        assert number != 2

    work = Concurrent(stage.processes)
    stage.processes.start("one", lambda: work(act, [1, 2]), stage.ends.append)
    stage.timeline.run_until(30)
    assert isinstance(stage.ends[0].error, AssertionError)


def test_what_is_beside_keeps_nobody_waiting(stage: Stage) -> None:
    def act() -> tuple[bool, float, int]:
        later = Aside(stage.processes)(lambda: stage.work(4))
        stage.all_of([1, 2])
        before, at = later.is_there, stage.timeline.now
        stage.clock.sleep(1)
        return before, at, later.get()

    stage.processes.start("one", act, stage.ends.append)
    stage.timeline.run_until(30)
    assert stage.ends[0].answer in [(True, 1.0, 40), (False, 1.0, 40)]


def test_what_is_beside_may_fail_or_die(stage: Stage) -> None:
    def act() -> None:
        later = Aside(stage.processes)(fail)
        stage.clock.sleep(1)
        with pytest.raises(NovaUnavailable):
            later.get()
        Aside(stage.processes)(die)
        stage.clock.sleep(1)

    def die() -> None:
        raise Died("killed")

    stage.processes.start("one", act, stage.ends.append)
    stage.timeline.run_until(30)
    assert [end.killed for end in stage.ends] == [True]


def test_without_a_process_it_is_one_by_one(stage: Stage) -> None:
    assert Aside(stage.processes)(lambda: 3).get() == 3
    assert list(stage.all_of([1, 2])) == [10, 20]
    assert [at for at, _ in stage.done] == [1.0, 2.0]
