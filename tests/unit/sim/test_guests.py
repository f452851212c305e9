"""Guests of hosts that live, simulated: how they fail, what is told of it, what Nova makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import ATTRIBUTE, Report, parse_report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import InstanceId
from vmha_ocf.sim.base.journal import GuestFailed
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import (
    EventSpec,
    FaultSpec,
    GroupSpec,
    HostSpec,
    PacemakerSpec,
    Scenario,
    ScenarioError,
)
from vmha_ocf.sim.play.run import Play, begin, run

HOSTS = tuple(HostSpec(f"compute-{number}") for number in (1, 2, 3))
CRASH = EventSpec(20, "crash_guests", instances="web-1")
ONE = InstanceId("00000001-0000-4000-8000-000000000000")


def scenario(*events: EventSpec, **about: object) -> Scenario:
    group = GroupSpec("web", "compute-1", **{"count": 2, **about})  # type: ignore[arg-type]
    return Scenario(
        "guests",
        120.0,
        host=HOSTS,
        instances=(group,),
        event=events,
        pacemaker=PacemakerSpec(watches_guests=True),
        latency=Latency("none"),
    )


def at(
    time: float, *events: EventSpec, faults: tuple[FaultSpec, ...] = (), **about: object
) -> Play:
    play = begin(replace(scenario(*events, **about), fault=faults))
    play.world.run_until(time)
    return play


def report(play: Play, host: str = "compute-1") -> Report | None:
    text = play.world.attrd.truth(ATTRIBUTE).get(host)
    return parse_report(text) if text else None


def failed(play: Play) -> Mapping[InstanceId, Trouble]:
    found = report(play)
    assert found is not None
    return found.failed


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("crash_guests", Kind.CRASHED),
        ("watchdog_guests", Kind.WATCHDOG),
        ("panic_guests", Kind.PANICKED),
        ("pause_guests", Kind.IO_ERROR),
    ],
)
def test_a_failure_is_told_at_once(event: str, kind: Kind) -> None:
    play = at(20.4, EventSpec(20, event, instances="web-1"))
    assert {uuid: one.kind for uuid, one in failed(play).items()} == {ONE: kind}


def test_a_qemu_that_answers_nobody_is_told_once_it_has_hung_for_its_time() -> None:
    freezes = EventSpec(20, "freeze_guests", instances="web-1")
    assert not failed(at(45, freezes))
    assert {one.kind for one in failed(at(65, freezes)).values()} == {Kind.HUNG}
    thaws = EventSpec(40, "go_on_guests", instances="web-1")
    assert not failed(at(65, freezes, thaws))


def test_nova_stops_what_has_crashed_in_a_while_and_as_nobody() -> None:
    play = at(34.9, CRASH)
    server = play.world.instance(ONE)
    assert server.vm_state == "active"
    play.world.run_until(35.1)
    assert (server.vm_state, server.actions[-1].name, server.actions[-1].user) == (
        "stopped",
        "stop",
        "",
    )


def test_nova_leaves_what_runs_again_by_then() -> None:
    play = at(60, CRASH, EventSpec(25, "reboot_instances", instances="web-1"))
    assert play.world.instance(ONE).vm_state == "active"
    assert play.world.runs_on(ONE) == ["compute-1"]
    assert not failed(play)


@pytest.mark.parametrize("wanted", ["always", "crash"])
def test_a_guest_that_shuts_itself_down_has_failed_where_its_owner_wants_it_back(
    wanted: str,
) -> None:
    shuts_down = EventSpec(20, "shut_down_guests", instances="web-1")
    play = at(60, shuts_down, metadata={"recovery": wanted})
    assert {one.kind for one in failed(play).values()} == {Kind.SHUT_DOWN}
    facts = play.world.core.journal.of(GuestFailed)
    assert [one.kind for one in facts] == (["shut-down"] if wanted == "always" else [])
    assert play.world.instance(ONE).vm_state == "stopped"


def test_a_wreck_is_found_and_has_not_failed() -> None:
    play = at(20, vm_state="stopped", wreck=True)
    found = report(play)
    assert found is not None
    assert (len(found.found), len(found.failed)) == (2, 0)


def test_a_reboot_may_end_in_error() -> None:
    fails = FaultSpec("nova.host", "reboot-fails", host="compute-1", times=1)
    reboot = EventSpec(25, "reboot_instances", instances="web-1")
    play = at(30, CRASH, reboot, faults=(fails,))
    assert play.world.instance(ONE).vm_state == "error"
    assert play.world.runs_on(ONE) == []


def test_a_reboot_waits_for_a_nova_compute_that_is_away() -> None:
    reboot = EventSpec(21, "reboot_instances", instances="web-1")
    play = at(25, EventSpec(20.5, "kill_compute", host="compute-1"), CRASH, reboot)
    assert play.world.instance(ONE).task_state == "rebooting_hard"
    play.world.run_until(60)  # Pacemaker has started it again.
    assert play.world.instance(ONE).task_state is None
    assert play.world.runs_on(ONE) == ["compute-1"]


def test_a_guest_crashes_again_and_again_until_it_is_mended() -> None:
    loop = EventSpec(20, "crash_guests", instances="web-1", value="5")
    reboots = [EventSpec(time, "reboot_instances", instances="web-1") for time in (25, 40, 55)]
    mends = EventSpec(50, "mend_guests", instances="web-1")
    play = at(90, loop, *reboots, mends)
    assert str([line.what for line in play.world.log]).count("web-1 crashes") == 3
    assert play.world.runs_on(ONE) == ["compute-1"]


def test_what_was_told_goes_with_the_connection_and_is_told_again() -> None:
    play = at(23, CRASH, EventSpec(22, "move_connection", host="compute-1"))
    assert report(play) is None
    play.world.run_until(33)
    assert ONE in failed(play)


def test_a_controller_that_dies_takes_its_connections_along() -> None:
    play = at(29.5, CRASH, EventSpec(20, "kill_controller", controller="ctl1"))
    assert report(play) is None


def test_a_fenced_host_tells_nothing() -> None:
    play = at(80, CRASH, EventSpec(40, "power_cut", host="compute-1"))
    assert report(play) is None


def test_a_watcher_that_was_killed_is_started_again_and_knows_what_ran() -> None:
    kill = EventSpec(19, "kill_watcher", host="compute-1")
    play = at(19.9, kill, CRASH)
    assert report(play) is not None  # The last word of the one that is dead.
    play.world.run_until(35)
    assert ONE in failed(play)


@pytest.mark.parametrize("how", ["away", "hangs"])
def test_what_libvirt_does_not_tell_is_unknown(how: str) -> None:
    away = EventSpec(15, "lose_libvirt", host="compute-1", value=how)
    back = EventSpec(50, "bring_libvirt_back", host="compute-1")
    play = at(40, away, CRASH, back)
    found = report(play)
    assert found is not None
    assert found.unknown is not None
    assert not found.failed
    play.world.run_until(62)
    assert ONE in failed(play)


def test_a_dead_qemu_that_awaited_a_guest_is_found_on_the_other_host() -> None:
    play = at(22, EventSpec(20, "fail_incoming", instances="web-1", host="compute-2"))
    there = report(play, "compute-2")
    assert there is not None
    assert ONE in there.found
    play.world.run_until(36)  # Nova has taken it back.
    after = report(play, "compute-2")
    assert after is not None
    assert not after.found
    assert play.world.runs_on(ONE) == ["compute-1"]


def test_what_no_event_can_be_is_said() -> None:
    with pytest.raises(ScenarioError) as raised:
        run(
            scenario(
                EventSpec(5, "crash_guests", instances="web-1", value="soon"),
                EventSpec(5, "lose_libvirt", host="compute-1", value="hang"),
                EventSpec(5, "stop_instances", instances="web-1", value="long"),
            )
        )
    assert "value is 'soon': seconds from each start to the next crash" in raised.value.problems[0]
    assert "did you mean hangs?" in raised.value.problems[1]
    assert "value is 'long': seconds that a guest takes to shut down" in raised.value.problems[2]
