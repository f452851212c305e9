"""The lab's cloud alone, without a cluster: what the other tests of the lab stand on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.lab.cloud.cloud import Cloud, fresh_cloud
from tests.lab.cloud.guests import overlaps
from tests.lab.cloud.identity import PLAIN

HOSTS = ("compute-1", "compute-2", "compute-3")

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with fresh_cloud("127.98.0.1", HOSTS) as cloud:
        yield cloud


def _hosts_of(cloud: Cloud, uuids: list[str]) -> dict[str, list[str]]:
    """The hosts on which each of these really runs."""
    where: dict[str, list[str]] = {uuid: [] for uuid in uuids}
    for host, guests in cloud.guests().items():
        for guest in guests:
            if guest.uuid in where:
                where[guest.uuid].append(host)
    return where


def test_an_evacuation_moves_the_guests_of_a_dead_host(cloud: Cloud) -> None:
    client = cloud.client()
    uuids = client.boot("web", 3, host="compute-1", tags=["automatic-recovery"])
    assert _hosts_of(cloud, uuids) == {uuid: ["compute-1"] for uuid in uuids}

    cloud.kill_host("compute-1")
    assert _hosts_of(cloud, uuids) == {uuid: [] for uuid in uuids}
    client.update_service("compute-1", forced_down=True).expect(200)
    for uuid in uuids:
        client.evacuate(uuid).expect(200)
    client.wait_evacuated(uuids, "compute-1")

    rows = {row.uuid: row for row in cloud.instances()}
    assert {rows[uuid].vm_state for uuid in uuids} == {"active"}
    assert _hosts_of(cloud, uuids) == {uuid: [rows[uuid].host] for uuid in uuids}
    done = [row for row in cloud.migrations() if row.instance_uuid in uuids]
    assert [row.status for row in done] == ["done"] * 3
    assert overlaps(cloud.guest_history()) == []


def test_a_host_that_returns_drops_what_was_evacuated(cloud: Cloud) -> None:
    client = cloud.client()
    assert cloud.definitions("compute-1"), "a dead host keeps its disk"
    cloud.start_compute("compute-1", wait=False)
    deadline = time.monotonic() + 30
    while cloud.definitions("compute-1"):
        assert time.monotonic() < deadline, "the copies are still defined on compute-1"
        time.sleep(0.2)
    client.unforce("compute-1")
    client.wait_up(["compute-1"])
    assert {row.status for row in cloud.migrations()} == {"completed"}


def test_guests_outlive_nova_compute(cloud: Cloud) -> None:
    (uuid,) = cloud.client().boot("steady", host="compute-2")
    cloud.stop_compute("compute-2")
    assert _hosts_of(cloud, [uuid]) == {uuid: ["compute-2"]}
    cloud.start_compute("compute-2")
    cloud.client().action(uuid, "os-stop").expect(202)
    cloud.client().wait([uuid], "stopped")
    assert _hosts_of(cloud, [uuid]) == {uuid: []}


def test_a_frozen_service_comes_back(cloud: Cloud) -> None:
    cloud.freeze("nova-api")
    assert cloud.status()["nova-api"] == "frozen"
    with pytest.raises(TimeoutError):
        cloud.client().call("GET", "/os-services", timeout=1)
    cloud.thaw("nova-api")
    assert set(HOSTS) <= set(cloud.client().services())


def test_the_plain_user_is_refused_what_needs_the_admin_role(cloud: Cloud) -> None:
    assert cloud.client(PLAIN).call("GET", "/os-services").status == 403
