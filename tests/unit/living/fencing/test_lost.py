"""Who keeps a host from being fenced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cloud.policy.texts import policy
from vmha_ocf.evacuation.verdict import Next, Verdict
from vmha_ocf.living.fencing.lost import Failed, against, asks, runs
from vmha_ocf.model import ImageId, Instance, InstanceId, NovaHost
from vmha_ocf.sim.world import World

TEXT = """
default_class = "cattle"
[class.cattle]
process.nova-compute = ["restart", "fence"]
network.tenant = "fence"
network.several = "notify"
[class.pets]
tags = "pet"
network.tenant = "notify"
[class.movers]
tags = "mover"
network.tenant = ["migrate", "fence"]
[class.by-image]
image = { pet = true }
network.tenant = "fence"
[measured.tenant]
attribute = "net"
resource = "net"
healthy_from = 1
[measured.storage]
attribute = "sto"
resource = "sto"
healthy_from = 1
"""
TENANT = Failed("network", ["tenant"])
IMAGE = ImageId("image")


def played() -> Any:
    world = World()
    world.write_policy(TEXT)
    understood = world.policy("ctl1")
    assert not understood.faults, understood.faults
    return understood.policy


POLICY = played()


def one(**more: Any) -> Instance:
    return Instance(
        **{"id": InstanceId("id"), "host": NovaHost("compute-1"), "name": "web", **more}
    )


def told(
    instance: Instance,
    failed: Failed = TENANT,
    *,
    then: Next = Next.EVACUATE,
    reason: str = "",
    images: Any = None,
    new_disks: bool = False,
) -> list[str]:
    verdict = Verdict(instance, then, reason)
    known = {IMAGE: {}} if images is None else images
    return list(against([verdict], failed, POLICY, known, new_disks=new_disks))


def test_nobody_where_its_row_says_so_and_it_comes_back() -> None:
    assert told(one()) == []
    assert told(one(image=IMAGE)) == []
    assert told(one(), Failed("process", ["nova-compute"])) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"tags": frozenset({"pet"})}, "web is of pets, whose row does not say fence"),
        ({"tags": frozenset({"mover"})}, "web is to leave it live before"),
        ({"task_state": "image_snapshot"}, "web is image_snapshot"),
        ({"extra_specs": {"hw:tpm_version": "2.0"}}, "web has a vTPM"),
        (
            {"extra_specs": None},
            "web is not known: its flavor or its image could not be looked up",
        ),
        ({"name": "", "tags": frozenset({"pet"})}, "id is of pets, whose row does not say fence"),
    ],
)
def test_who_keeps_it(more: dict[str, Any], why: str) -> None:
    assert told(one(**more)) == [why]


def test_by_its_image() -> None:
    assert told(one(image=IMAGE), images={IMAGE: {"hw_tpm_model": "tpm-tis"}}) == [
        "web has a vTPM"
    ]
    unknown = "web is not known: whether it is of by-image could not be looked up"
    assert told(one(image=IMAGE), images={}) == [unknown]
    marked = one(image=IMAGE, tags=frozenset({"pet"}))
    assert told(marked, images={})[0].endswith("does not say fence")


def test_several_networks_have_a_row_of_their_own() -> None:
    both = Failed("network", ["storage", "tenant"])
    assert both.kinds == ["network.several", "network.storage", "network.tenant"]
    assert told(one(), both) == ["web is of cattle, whose row does not say fence"]


def test_who_would_not_be_evacuated() -> None:
    stays = told(one(), then=Next.REPORT, reason="its disk is on the dead host")
    assert stays == ["web would not be evacuated: its disk is on the dead host"]
    assert told(one(), then=Next.IN_FLIGHT) == ["web would not be evacuated: in flight"]


def test_who_would_lose_its_disk() -> None:
    assert told(one(image=IMAGE), new_disks=True) == ["web would lose its disk"]
    assert told(one(image=IMAGE, vm_state="stopped"), new_disks=True) == [
        "web would lose its disk"
    ]
    assert told(one(image=IMAGE, vm_state="stopped"), new_disks=True, then=Next.LEAVE) == []
    assert told(one(), new_disks=True) == []
    pet = one(image=IMAGE, tags=frozenset({"pet"}))
    assert told(pet, new_disks=True)[0].endswith("does not say fence")


@pytest.mark.parametrize(
    ("more", "is_killed"),
    [
        ({}, True),
        ({"vm_state": "paused"}, True),
        ({"vm_state": "error"}, True),
        ({"vm_state": "stopped"}, False),
        ({"vm_state": "stopped", "task_state": "powering-on"}, True),
        ({"vm_state": "shelved_offloaded"}, False),
    ],
)
def test_only_what_runs_is_killed_by_it(more: dict[str, Any], is_killed: bool) -> None:
    assert runs(one(**more)) is is_killed
    assert bool(told(one(tags=frozenset({"pet"}), **more))) is is_killed


def test_whether_any_row_asks_for_it() -> None:
    assert asks(POLICY, TENANT)
    assert not asks(POLICY, Failed("network", ["storage"]))
    none = policy('default_class = "a"\n[class.a]\nprocess.nova-compute = "notify"\n')
    assert not asks(none, Failed("process", ["nova-compute"]))
