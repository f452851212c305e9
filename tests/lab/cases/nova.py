"""Nova and what it stands on: down before, while and after; slow; full."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator

from tests.lab.cases.case import Case, Inject, case
from tests.lab.cases.scene import Scene
from tests.lab.guests.capacity import carried
from tests.lab.promises import Expected

_LASTS = 10.0
_LOST_AFTER = 90.0
"""Seconds. Nova has begun with a request long before, or never will."""


def _down_before(scene: Scene, *services: str) -> Expected:
    tagged = scene.boot("compute-1")
    scene.stop_service(*services)
    scene.cut_power("compute-1")
    scene.until_fenced("compute-1")
    scene.until_flagged("compute-1")
    scene.pause(_LASTS)
    scene.start_service(*services)
    return Expected({"compute-1"}, tagged)


def _down_during(scene: Scene, service: str) -> Expected:
    tagged = scene.in_the_middle("compute-2", spawns=6)
    scene.stop_service(service, kill=True)
    scene.pause(_LASTS)
    scene.start_service(service)
    return Expected({"compute-2"}, tagged)


def _down_after(scene: Scene, service: str) -> Expected:
    tagged = scene.boot("compute-3")
    scene.cut_power("compute-3")
    scene.until_moved("compute-3", tagged)
    scene.stop_service(service)
    scene.pause(_LASTS)
    scene.start_service(service)
    return Expected({"compute-3"}, tagged)


_SERVICES = {
    "keystone": "Keystone",
    "nova-api": "Nova's API",
    "rabbitmq": "the message bus",
    "conductor": "nova-conductor",
}
_MOMENTS: dict[str, tuple[Callable[[Scene, str], Expected], str]] = {
    "before": (_down_before, "is down when the host dies"),
    "during": (_down_during, "goes down while instances are being rebuilt"),
    "after": (_down_after, "is down when the host wants back into service"),
}


def _bus_down_before(scene: Scene, bus: str) -> Expected:
    """What Nova's API sends on before its conductor has a queue again is lost: a race within Nova, and
    an operator's to end. What has not been lost is evacuated."""
    expected = _down_before(scene, bus)
    tagged, back = expected.evacuated, time.time()

    def decided() -> bool:
        begun = len(scene.asked("compute-1")) >= len(tagged) and not scene.in_flight("compute-1")
        return begun or time.time() - back > _LOST_AFTER

    scene.until("an end of all evacuations, or none", decided, 2 * _LOST_AFTER)
    lost = {row.instance_uuid for row in scene.asked("compute-1") if row.status == "accepted"}
    if lost:
        scene.say(f"{len(lost)} of {len(tagged)} requests were lost with the bus")
        _end_lost(scene, "compute-1", lost)
    return Expected({"compute-1"}, [each for each in tagged if each not in lost], lost)


def _outages() -> Iterator[Case]:
    for service, called in _SERVICES.items():
        for moment, (inject, text) in _MOMENTS.items():
            if (service, moment) == ("conductor", "during"):
                continue  # It takes what it has in hand with it: see requests_lost_with_the_bus.
            if (service, moment) == ("rabbitmq", "before"):
                inject = _bus_down_before
            told = f"{called[0].upper()}{called[1:]} {text}"
            yield Case(f"{service}-down-{moment}", told, _of(inject, service), "nova")


def _of(inject: Callable[[Scene, str], Expected], service: str) -> Inject:
    return lambda scene: inject(scene, service)


def conductor_stands_still_during(scene: Scene) -> Expected:
    """nova-conductor is stopped for 15 s while instances are being rebuilt, and goes on."""
    tagged = scene.in_the_middle("compute-2", spawns=6)
    scene.say("conductor stands still")
    scene.stage.cloud.freeze("conductor")
    scene.pause(15)
    scene.say("conductor goes on")
    scene.stage.cloud.thaw("conductor")
    return Expected({"compute-2"}, tagged)


def keystone_and_nova_api_down_before(scene: Scene) -> Expected:
    """Neither Keystone nor Nova's API is up when the host dies: fencing and flagging need neither."""
    return _down_before(scene, "keystone", "nova-api")


def nova_answers_slowly(scene: Scene) -> Expected:
    """Every answer of Nova's API takes 3 s more."""
    tagged = scene.boot("compute-4")
    scene.delay_nova(before=3.0)
    scene.cut_power("compute-4")
    return Expected({"compute-4"}, tagged)


def nova_answers_too_late(scene: Scene) -> Expected:
    """Nova does what it is asked for, and answers when nobody waits any more."""
    tagged = scene.boot("compute-1")
    scene.delay_nova(after=12.0, only="POST")
    scene.cut_power("compute-1")
    scene.until_asked("compute-1", len(tagged))
    scene.pause(20)
    scene.delay_nova()
    return Expected({"compute-1"}, tagged)


def nova_hears_late(scene: Scene) -> Expected:
    """A proxy holds each request longer than its client waits, and delivers it then."""
    tagged = scene.boot("compute-2")
    scene.delay_nova(before=12.0, only="POST")
    scene.cut_power("compute-2")
    scene.until_asked("compute-2", len(tagged))
    scene.delay_nova()
    return Expected({"compute-2"}, tagged)


def requests_lost_with_the_bus(scene: Scene) -> Expected:
    """The bus loses requests that Nova has accepted: never repeated by itself, ended by an operator."""
    tagged = scene.boot("compute-3", 2)
    scene.stop_service("conductor")
    scene.cut_power("compute-3")
    scene.until_asked("compute-3", len(tagged))
    scene.stop_service("rabbitmq", kill=True)
    scene.start_service("rabbitmq", "conductor")
    scene.pause(40)
    assert {row.status for row in scene.asked("compute-3")} == {"accepted"}, "they were not lost"
    assert len(scene.asked("compute-3")) == len(tagged), (
        "asked for again, while Nova may work on it"
    )
    _end_lost(scene, "compute-3", tagged)
    return Expected({"compute-3"}, (), tagged)


def _end_lost(scene: Scene, host: str, lost: Collection[str]) -> None:
    """As docs/operate.rst has it."""
    scene.say("the operator drops the flag")
    scene.drop_flag(host)
    scene.stage.wait_in_service(host)
    scene.say("the operator resets and starts the instances")
    client = scene.stage.cloud.client()
    for uuid in lost:
        client.action(uuid, "os-resetState", {"state": "active"}).expect(202)
        client.action(uuid, "reboot", {"type": "HARD"}).expect(202)
    client.wait(lost, "active")


def no_capacity_then_capacity(scene: Scene) -> Expected:
    """No host takes instances: said in pcs status, tried again, done when there is room."""
    tagged = scene.boot("compute-3")
    scene.keep_off_after_fencing()
    scene.say("no other host takes instances")
    client = scene.stage.cloud.client()
    others = [host for host in scene.stage.hosts if host != "compute-3"]
    for host in others:
        client.update_service(host, status="disabled", disabled_reason="full").expect(200)
    scene.cut_power("compute-3")
    scene.until_status_says("compute-3: ")
    scene.say("there is room again")
    for host in others:
        client.update_service(host, status="enabled").expect(200)
    scene.until_moved("compute-3", tagged)
    scene.stage.cluster.power_on("compute-3")
    return Expected({"compute-3"}, tagged)


def spawns_fail_then_succeed(scene: Scene) -> Expected:
    """Every hypervisor fails to start what it is given, until it is mended."""
    tagged = scene.boot("compute-4")
    scene.keep_off_after_fencing()
    scene.say("no hypervisor can start an instance")
    for host in scene.stage.hosts:
        scene.stage.cloud.knob(host, "spawn_fail", "yes")
    scene.cut_power("compute-4")
    scene.until("attempts that failed", lambda: _failed(scene, "compute-4") >= len(tagged))
    scene.say("the hypervisors are mended")
    for host in scene.stage.hosts:
        scene.stage.cloud.knob(host, "spawn_fail", None)
    scene.until_moved("compute-4", tagged)
    scene.stage.cluster.power_on("compute-4")
    return Expected({"compute-4"}, tagged)


def states_that_nova_refuses(scene: Scene) -> Expected:
    """Paused, suspended, stopped and active instances, one of each, and one that asks not to be moved."""
    client = scene.stage.cloud.client()
    paused, suspended, stopped, active = scene.boot("compute-1", 4)
    refused = client.boot("stay", 1, host="compute-1", metadata={"evacuable": "false"})
    for uuid, action, state in (
        (paused, "pause", "paused"),
        (suspended, "suspend", "suspended"),
        (stopped, "os-stop", "stopped"),
    ):
        client.action(uuid, action).expect(202)
        client.wait([uuid], state)
    scene.cut_power("compute-1")
    return Expected({"compute-1"}, [paused, suspended, stopped, active], refused)


def fifty_instances_and_a_restless_worker(scene: Scene) -> Expected:
    """Fifty instances, one paused, and the worker is killed again and again.

    Of real guests as many as the machine carries."""
    client = scene.stage.cloud.client()
    tagged = scene.boot("compute-4", carried(50, scene.stage.cloud.hypervisor))
    client.action(tagged[0], "pause").expect(202)
    client.wait(tagged[:1], "paused")
    scene.slow_spawns(4)
    scene.say(f"{len(tagged)} instances are on compute-4, one of them paused")
    scene.cut_power("compute-4")
    scene.until_asked("compute-4")
    for _ in range(2):
        scene.kill_worker()
        scene.pause(12)
    return Expected({"compute-4"}, tagged)


def _failed(scene: Scene, host: str) -> int:
    return sum(row.status in ("failed", "error") for row in scene.asked(host))


_RUN = (
    conductor_stands_still_during, keystone_and_nova_api_down_before, nova_answers_slowly,
    nova_answers_too_late, nova_hears_late, requests_lost_with_the_bus, no_capacity_then_capacity,
    spawns_fail_then_succeed, states_that_nova_refuses, fifty_instances_and_a_restless_worker,
)  # fmt: skip
CASES: tuple[Case, ...] = (*_outages(), *map(case, _RUN))
