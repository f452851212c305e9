"""``vmha history`` on the simulated cluster."""

from __future__ import annotations

import pytest

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Epoch, NovaHost
from vmha_ocf.operator.commands.history import COMMAND
from vmha_ocf.operator.timeline import lasting, moment
from vmha_ocf.sim import World
from vmha_ocf.sim.base.timeline import EPOCH


def fail(world: World, host: str = "compute-1", seconds: float = 300, count: int = 2) -> Driven:
    for _ in range(count):
        world.boot(host, tags=TAGS)
    world.fence(host, reboot=True)
    driven = Driven(world)
    driven.run(seconds)
    return driven


ID = f"compute-1@{int(EPOCH + 100)}"


class TestTheList:
    def test_before_the_first_failure(self, desk: Desk) -> None:
        assert desk.run(COMMAND).first == "OK  no incident is known"

    def test_a_recovery_with_its_time(self, world: World, desk: Desk) -> None:
        fail(world)
        told = desk.run(COMMAND)
        assert told.code == 0
        assert told.first.startswith(
            "OK  1 incident, the last one: compute-1 on 2026-11-21 00:01:40Z"
        )
        assert "2 instances elsewhere in" in told.first
        assert "back in service" in told.first
        assert ID in told.out

    def test_one_that_goes_on(self, world: World, desk: Desk) -> None:
        world.fault("nova.destination", "slow", seconds=100)
        fail(world, seconds=20)
        assert "0 instances elsewhere so far; evacuation goes on" in desk.run(COMMAND).first

    def test_one_that_waits_for_a_person(self, world: World, desk: Desk) -> None:
        world.fence("compute-2")
        world.fence("compute-1")
        Driven(world, storm_limit=1).run(20)
        assert "waits for a person" in desk.run(COMMAND).out


class TestOneIncident:
    @pytest.mark.parametrize("wanted", ["compute-1", ID])
    def test_its_timeline(self, world: World, desk: Desk, wanted: str) -> None:
        fail(world)
        told = desk.run(COMMAND, wanted).out.splitlines()
        what = [line.strip().split("  ")[-1].strip() for line in told if "+" in line]
        assert what == [
            "BMC of compute-1 answered off, fenced by ctl1",
            "claimed by ctl1",
            "forced down in Nova",
            "the first of 2 requests that Nova accepted",
            "the first instance elsewhere",
            "the last of 2 instances elsewhere",
            "evacuation is over",
            "back, un-forced in Nova",
            "back in service",
        ]

    def test_what_was_not_evacuated_and_why(self, world: World, desk: Desk) -> None:
        world.boot("compute-1", tags=TAGS, vm_state="resized", name="half-resized")
        fail(world, seconds=30)
        told = desk.run(COMMAND, "compute-1").out
        assert "1 not evacuated" in told
        assert "half-resized" in told
        assert "Nova does not evacuate it while resized" in told

    def test_each_instance_from_novas_own_records(self, world: World, desk: Desk) -> None:
        fail(world)
        fail(world, count=1)
        newest, oldest = desk.data(COMMAND, "compute-1", "--instances")["incidents"]
        assert [len(one["evacuations"]) for one in (oldest, newest)] == [2, 1]
        assert {record["dest"] for record in oldest["evacuations"]} == {"compute-2", "compute-3"}
        assert "completed" in desk.run(COMMAND, ID, "--instances").out

    def test_each_instance_has_its_name_and_its_id(self, world: World, desk: Desk) -> None:
        """A record of Nova's has the id alone, and nobody knows the name of what is gone since."""
        kept = world.boot("compute-1", tags=TAGS, name="web-1")
        gone = world.boot("compute-1", tags=TAGS, name="web-2")
        fail(world, count=0)
        world.requests.delete(gone)
        (one,) = desk.data(COMMAND, ID, "--instances")["incidents"]
        named = {record["instance"]: record["name"] for record in one["evacuations"]}
        assert named == {kept: "web-1", gone: None}
        shown = desk.run(COMMAND, ID, "--instances").out
        rows = [line.split()[:2] for line in shown.splitlines()]
        assert ["web-1", kept] in rows
        assert ["-", gone] in rows

    def test_one_that_nobody_knows(self, desk: Desk) -> None:
        told = desk.run(COMMAND, "compute-9")
        assert told.code == 64
        assert "there is no incident 'compute-9'" in told.err


class TestAsData:
    def test_times_are_seconds(self, world: World, desk: Desk) -> None:
        fail(world)
        (one,) = desk.data(COMMAND)["incidents"]
        assert one["id"] == ID
        assert (one["began"], one["state"], one["moved"]) == (EPOCH + 100, "ended", 2)
        assert one["time_to_recover"] == pytest.approx(one["last_moved"] - one["began"], abs=0.001)
        assert list(one["steps"])[0] in ("claimed", "fenced")
        assert one["workers"] == ["ctl1"]

    def test_what_does_not_answer_is_unknown(self, world: World, desk: Desk) -> None:
        world.fault("history", "down")
        assert desk.run(COMMAND).code == 3


def test_names_cannot_steer_the_terminal(world: World, desk: Desk) -> None:
    world.history.write(0, Incident(NovaHost("compute-\x1b[31m1"), Epoch(5.0)))
    assert "\x1b" not in desk.run(COMMAND).out


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-1, "0.0 s"),
        (8.34, "8.3 s"),
        (99.9, "99.9 s"),
        (99.96, "1 min 40 s"),
        (723, "12 min 3 s"),
        (7500, "2 h 5 min"),
        (9e5, "250 h 0 min"),
    ],
)
def test_a_duration(seconds: float, told: str) -> None:
    assert lasting(seconds) == told


def test_a_moment_that_no_calendar_has() -> None:
    assert moment(9e11) == "900000000000"
