"""What the backend makes of answers that Nova 34 really gave (tests/recorded/nova)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.http_nova import HttpCloud
from tests.fakes.web_server import Answer
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import NovaRefused
from vmha_ocf.model import Instance, InstanceId, NovaHost

RECORDED = Path(__file__).parents[2] / "recorded" / "nova"
HOST = NovaHost("compute-1")
INSTANCE = Instance(InstanceId("00000000-0000-4000-8000-000000000001"), HOST)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def replay(cloud: HttpCloud, name: str, path: str) -> None:
    exchange = recorded(name)
    answer = Answer(exchange["status"], exchange["body"] or None)
    cloud.on(exchange["request"]["method"], path, answer)


def test_an_accepted_evacuation(cloud: HttpCloud, nova: OpenStackNova) -> None:
    replay(cloud, "evacuate-200", "action")
    nova.evacuate(INSTANCE)
    [sent] = cloud.asked("POST", "action")
    assert sent.body == recorded("evacuate-200")["request"]["body"]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("evacuate-4*.json")))
def test_a_refused_evacuation(cloud: HttpCloud, nova: OpenStackNova, name: str) -> None:
    replay(cloud, name, "action")
    with pytest.raises(NovaRefused) as refused:
        nova.evacuate(INSTANCE)
    exchange = recorded(name)
    assert refused.value.code == exchange["status"]
    [said] = exchange["body"].values()
    assert said["message"] in refused.value.message


def test_services(cloud: HttpCloud, nova: OpenStackNova) -> None:
    replay(cloud, "services-up", "os-services")
    body = recorded("services-up")["body"]["services"]
    found = nova.services()
    assert [one.host for one in found] == [one["host"] for one in body]
    assert all(one.up and one.enabled and not one.forced_down for one in found)


def test_instances_of_a_host(cloud: HttpCloud, nova: OpenStackNova) -> None:
    replay(cloud, "servers-of-a-host", "servers/detail")
    body = recorded("servers-of-a-host")["body"]["servers"]
    found = nova.instances_on(HOST)
    assert [one.id for one in found] == [one["id"] for one in body]
    assert [one.vm_state for one in found] == [one["OS-EXT-STS:vm_state"] for one in body]
    assert [one.powered_off for one in found] == [one["status"] == "SHUTOFF" for one in body]


def test_a_rebuilding_instance(cloud: HttpCloud, nova: OpenStackNova) -> None:
    replay(cloud, "servers-rebuilding", "servers/detail")
    rebuilding = [one for one in nova.instances_on(HOST) if one.task_state]
    assert rebuilding
    assert {one.task_state for one in rebuilding} <= {"rebuilding", "rebuild_spawning"}


@pytest.mark.parametrize(
    ("name", "status", "has_dest"),
    [
        ("accepted", "accepted", False),
        ("pre-migrating", "pre-migrating", True),
        ("done", "done", True),
        ("completed", "completed", True),
        ("error-no-valid-host", "error", False),
        ("failed-spawn", "failed", True),
    ],
)
def test_an_evacuation(
    cloud: HttpCloud, nova: OpenStackNova, name: str, status: str, has_dest: bool
) -> None:
    replay(cloud, f"migrations-{name}", "os-migrations")
    source = recorded(f"migrations-{name}")["body"]["migrations"][0]["source_compute"]
    found = nova.evacuations_from(NovaHost(source))
    assert (status, has_dest) in [(one.status, one.dest is not None) for one in found]


def test_the_page_after_the_last_one(cloud: HttpCloud, nova: OpenStackNova) -> None:
    """Nova names a next page whenever one is full, so the last may be empty."""
    first = recorded("servers-page-of-two")["body"]
    assert first["servers_links"][0]["rel"] == "next"
    cloud.on("GET", "servers/detail", Answer(200, first), Answer(200, {"servers": []}))
    assert len(nova.instances_on(HOST)) == 2
    assert cloud.received[-1].query["marker"] == first["servers"][-1]["id"]
