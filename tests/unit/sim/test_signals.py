"""P13: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from typing import Any

import pytest

from vmha_ocf.model import NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import ComputeToldToFail
from vmha_ocf.sim.judge.signals import on_one_signal

HOST = NovaHost("compute-1")
RIGHT = {"process": "boot.1.0", "hung_for": 70.0, "silent_too": "", "busy": ""}


def judged(*facts: dict[str, Any]) -> list[str]:
    world = World.with_hosts(HOST)
    for fact in facts:
        world.core.journal.note(ComputeToldToFail(5.0, HOST, **{**RIGHT, **fact}))
    return list(on_one_signal(world))


def test_one_that_has_hung_for_its_time_may_be_restarted() -> None:
    assert judged({}, {"process": "boot.2.0"}) == []


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ({"hung_for": None}, "and did not hang"),
        ({"hung_for": 12.0}, "and had hung for 12 s"),
        ({"silent_too": "compute-2"}, "and compute-2 had fallen silent with it"),
        ({"busy": "web-1 was migrating"}, "while web-1 was migrating"),
    ],
)
def test_not_otherwise(fact: dict[str, Any], told: str) -> None:
    assert judged(fact) == [f"P13 at 5.00: nova-compute of compute-1 was restarted, {told}"]


def test_no_process_twice() -> None:
    (found,) = judged({}, {})
    assert found.endswith("a second time for one process")


@pytest.mark.parametrize(
    ("kind", "after", "broken"),
    [("run_out_of_storage", 30, True), ("run_out_of_storage", 61, False), ("freeze", 20, True),
     ("freeze", 31, False), ("crash", 0, False)],
)  # fmt: skip
def test_a_guest_has_been_so_for_its_time(kind: str, after: float, broken: bool) -> None:
    world = World.with_hosts(HOST)
    one = world.boot(HOST)
    getattr(world.guests, kind)(one)
    world.run(after)
    (view,) = world.nova().instances_on(HOST)
    world.nova().reboot(view)
    assert bool(list(on_one_signal(world))) is broken
