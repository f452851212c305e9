"""Failures on the real thing, injected from outside and checked from outside."""

from __future__ import annotations

import time

import pytest

from tests.lab.promises import Expected, broken, not_recovered, seconds
from tests.lab.stage import Stage
from tests.lab.wait import wait_until
from vmha_ocf.storm import RELEASE_COMMAND

pytestmark = pytest.mark.lab
TAG = "automatic-recovery"


def _recovered(stage: Stage, expected: Expected, timeout: float = 150.0) -> None:
    """Wait until all is well again; then check every promise."""

    def all_elsewhere() -> bool:
        cloud = stage.cloud
        return not list(not_recovered(cloud.instances(), cloud.migrations(), expected))

    wait_until("all tagged instances elsewhere", all_elsewhere, timeout, 0.5, stage.worker_log)
    for host in expected.hosts:
        stage.wait_in_service(host)
    assert broken(stage, expected) == []


def _some_evacuated(stage: Stage, host: str) -> bool:
    return any(
        row.source_compute == host and row.migration_type == "evacuation"
        for row in stage.cloud.migrations()
    )


def _some_evacuated_since(stage: Stage, host: str, start: float) -> bool:
    return any(
        row.source_compute == host and seconds(row.created_at) >= start - 1
        for row in stage.cloud.migrations()
    )


def _slow_spawn(stage: Stage, seconds: int) -> None:
    for host in stage.hosts:
        stage.cloud.knob(host, "spawn_delay", str(seconds))


def _flagged(stage: Stage, host: str) -> bool:
    return host in stage.records()


def test_a_host_that_loses_power_gives_its_tagged_instances_to_others(stage: Stage) -> None:
    client = stage.cloud.client()
    tagged = client.boot("web", 6, host="compute-1", tags=[TAG])
    plain = client.boot("scratch", 2, host="compute-1")
    stage.cluster.kill("compute-1")
    _recovered(stage, Expected({"compute-1"}, tagged, plain))


def test_the_death_of_the_dc_while_evacuations_are_in_flight(stage: Stage) -> None:
    client = stage.cloud.client()
    tagged = client.boot("web", 8, host="compute-2", tags=[TAG])
    _slow_spawn(stage, 6)
    stage.cluster.kill("compute-2")
    wait_until("the first request", lambda: _some_evacuated(stage, "compute-2"), 60)
    dc = stage.cluster.dc()
    assert dc
    stage.cluster.kill(dc)
    _recovered(stage, Expected({"compute-2"}, tagged))
    stage.cluster.wait_online(dc, timeout=90)


def test_a_full_stop_of_the_cluster_between_fencing_and_evacuation(stage: Stage) -> None:
    client = stage.cloud.client()
    tagged = client.boot("web", 5, host="compute-3", tags=[TAG])
    stage.cluster.pcs("resource", "disable", "nova-evacuate", "--wait=30")
    stage.cluster.kill("compute-3")
    wait_until("the flag", lambda: _flagged(stage, "compute-3"), 60)
    stage.cluster.stop_all()
    assert not _some_evacuated(stage, "compute-3")
    stage.cluster.start_all()
    stage.cluster.pcs("resource", "enable", "nova-evacuate")
    _recovered(stage, Expected({"compute-3"}, tagged))


def test_fencing_and_flagging_need_neither_keystone_nor_nova(stage: Stage) -> None:
    client = stage.cloud.client()
    tagged = client.boot("web", 3, host="compute-1", tags=[TAG])
    for service in ("keystone", "nova-api"):
        stage.cloud.stop(service)
    start = time.time()
    stage.cluster.kill("compute-1")
    stage.cluster.wait_fenced("compute-1", start)
    assert _flagged(stage, "compute-1")
    assert not _some_evacuated_since(stage, "compute-1", start)
    for service in ("keystone", "nova-api"):
        stage.cloud.start(service)
    _recovered(stage, Expected({"compute-1"}, tagged))


def test_a_storm_holds_evacuation_until_an_operator_releases_it(stage: Stage) -> None:
    client = stage.cloud.client()
    hosts = ("compute-1", "compute-2")
    tagged = [uuid for host in hosts for uuid in client.boot("web", 2, host=host, tags=[TAG])]
    stage.cluster.pcs("resource", "update", "nova-evacuate", "storm_limit=1", "--wait=30")
    start = time.time()
    for host in hosts:
        stage.cluster.kill(host)
    wait_until("both flags", lambda: all(_flagged(stage, host) for host in hosts), 90)
    wait_until(
        "the reason in pcs status",
        lambda: "more than storm_limit=1" in stage.cluster.pcs("status", "--full"),
        60,
        2.0,
    )
    asked = [host for host in hosts if _some_evacuated_since(stage, host, start)]
    assert len(asked) <= 1, "the first of them may have begun before the second was down"
    left = [row.uuid for row in stage.cloud.instances() if row.host in hosts]
    assert left
    stage.cluster.must(stage.cluster.controller(), RELEASE_COMMAND.split())
    _recovered(stage, Expected(hosts, tagged))
    stage.cluster.pcs("resource", "update", "nova-evacuate", "storm_limit=5", "--wait=30")


def test_repeated_restarts_of_the_worker_with_fifty_instances_one_of_them_paused(
    stage: Stage,
) -> None:
    """What left 26 of 49 instances broken and 21 on two hosts with the older agents."""
    client = stage.cloud.client()
    tagged = client.boot("web", 50, host="compute-4", tags=[TAG])
    client.action(tagged[0], "pause").expect(202)
    client.wait(tagged[:1], "paused")
    _slow_spawn(stage, 4)
    stage.cluster.kill("compute-4")
    wait_until("the first request", lambda: _some_evacuated(stage, "compute-4"), 60)
    for _ in range(2):
        _kill_worker(stage)
        time.sleep(12)
    _recovered(stage, Expected({"compute-4"}, tagged), timeout=240)
    records = [row.instance_uuid for row in stage.cloud.migrations() if row.status != "error"]
    assert sorted(uuid for uuid in records if uuid in tagged) == sorted(tagged)


def _kill_worker(stage: Stage) -> None:
    for node in stage.lab.controllers:
        stage.cluster.run(node.name, ["pkill", "-KILL", "-f", "vmha_ocf.worker"])
