"""What is told of instances that the policy leaves to others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from tests.unit.dead_host import instance
from tests.unit.evacuation.test_plan import plan, view
from vmha_ocf.cloud.policy.matching import Excluded
from vmha_ocf.evacuation.story import HostStory
from vmha_ocf.model import Event, Instance, NovaHost, Step
from vmha_ocf.ports import Ports


class Listener:
    def __init__(self) -> None:
        self.told: list[Event] = []
        self.said: list[str] = []
        clock = SimpleNamespace(now=lambda: 5.0)
        ports = SimpleNamespace(tell=self.told.append, say=self.said.append, clock=clock)
        self.story = HostStory(NovaHost("compute-1"), cast(Ports, ports))

    def see(self, *some: Instance, why: str = "by line 3") -> None:
        by = {one.id: why for one in some}
        seen = view(some, excluded=Excluded(by, told=frozenset(by)))
        self.story.seen(plan(seen), seen)


def of(name: str, project: str, **metadata: str) -> Instance:
    return instance(name, name=name, project=project, metadata=metadata)


def test_each_owner_has_a_message_and_each_stack() -> None:
    listener = Listener()
    stack = {"metering.stack": "s1"}
    listener.see(of("a", "p1"), of("b", "p2"), of("c", "p1", **stack), of("d", "p1"))
    assert [(one.project, one.stack, list(one.instances)) for one in listener.told] == [
        ("p1", "", ["a", "d"]),
        ("p2", "", ["b"]),
        ("p1", "s1", ["c"]),
    ]
    assert {(one.step, one.detail) for one in listener.told} == {(Step.LEFT_ALONE, "by line 3")}
    assert listener.said[0] == "compute-1: a, d: left alone; by line 3"


def test_each_instance_is_told_of_once() -> None:
    listener = Listener()
    listener.see(of("a", "p"))
    listener.see(of("a", "p"), of("b", "p"), why="by line 4")
    assert [list(one.instances) for one in listener.told] == [["a"], ["b"]]


def test_a_message_names_all_that_it_is_about() -> None:
    listener = Listener()
    listener.see(*(of(f"web-{n:02}", "p") for n in range(45)))
    assert [len(one.instances) for one in listener.told] == [20, 20, 5]
