"""What a restart of nova-compute would cut short."""

from __future__ import annotations

from typing import Any

import pytest

from vmha_ocf.living.processes.tasks import under_way
from vmha_ocf.model import Instance, InstanceId, Move, NovaHost

HOST = NovaHost("compute-1")


def instance(**about: Any) -> Instance:
    return Instance(InstanceId("i-1"), HOST, **{"name": "web-1", **about})


def move(status: str) -> Move:
    return Move(1, InstanceId("i-1"), "live-migration", NovaHost("compute-2"), HOST, status)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"task_state": "migrating"}, "web-1 is migrating"),
        ({"task_state": "image_snapshot"}, "web-1 is image_snapshot"),
        ({"task_state": "rebuild_spawning"}, "web-1 is rebuild_spawning"),
        ({"task_state": "resize_prep", "name": ""}, "i-1 is resize_prep"),
        ({"vm_state": "building"}, "web-1 is building"),
    ],
)
def test_what_nova_does_there(about: dict[str, str], told: str) -> None:
    assert list(under_way([instance(**about)], [])) == [told]


@pytest.mark.parametrize("task", [None, "powering-off", "rebooting_hard", "deleting"])
def test_what_the_new_process_does_as_well(task: str | None) -> None:
    assert not list(under_way([instance(task_state=task)], []))


def test_what_comes_from_another_host() -> None:
    assert list(under_way([], [move("running")])) == ["the live-migration of i-1 is running"]
    assert not list(under_way([], [move("completed"), move("finished")]))
