"""The lab's judge finds what is broken: each check is shown a world in which its promise is not kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest

from tests.lab.cloud.guests import Guest, Run
from tests.lab.cloud.observe import InstanceRow, MigrationRow, ServiceRow
from tests.lab.events import Event
from tests.lab.layout import BMC_PASSWORD, Node
from tests.lab.promises import Expected, broken, holds_any, seconds
from tests.lab.stage import Stage

_AT = "2026-01-01 00:00:10"
T = seconds(_AT)
_STOP = '<cib><lrm_rsc_op operation_key="{key}" on_node="ctl1" rc-code="{code}"/></cib>'


@dataclass
class World:
    """One instance, web, that was moved from compute-1 to compute-2; what a Stage shows of it."""

    state: Path
    rows: list[InstanceRow] = field(default_factory=lambda: [_instance("compute-2")])
    moves: list[MigrationRow] = field(default_factory=lambda: [_move(1, "compute-1", "compute-2")])
    lives: list[Run] = field(
        default_factory=lambda: [_life("compute-1", -9, 0), _life("compute-2", 4)]
    )
    happened: list[Event] = field(
        default_factory=lambda: [_event(0, "power-off"), _event(9, "nova-compute-start")]
    )
    running: dict[str, list[Guest]] = field(default_factory=dict)
    states: list[ServiceRow] = field(default_factory=lambda: [_service()])
    flags: dict[str, str] = field(default_factory=dict)
    configuration: str = "<cib/>"
    nodes: tuple[Node, ...] = ()
    observer: None = None

    # What promises.py asks a stage, its cluster and its cloud for.
    cluster = cloud = lab = property(lambda self: self)

    def instances(self) -> list[InstanceRow]:
        return self.rows

    def migrations(self) -> list[MigrationRow]:
        return self.moves

    def guest_history(self) -> list[Run]:
        return self.lives

    def events(self) -> list[Event]:
        return self.happened

    def guests(self) -> dict[str, list[Guest]]:
        return self.running

    def services(self) -> list[ServiceRow]:
        return self.states

    def records(self) -> dict[str, str]:
        return self.flags

    def cib(self) -> ET.Element:
        return ET.fromstring(self.configuration)


def _instance(host: str, vm_state: str = "active") -> InstanceRow:
    return InstanceRow("web", "web", host, vm_state, None, 1, None)


def _move(number: int, source: str, dest: str, status: str = "completed") -> MigrationRow:
    return MigrationRow(number, "web", "evacuation", status, source, dest, _AT, None)


def _life(host: str, start: float, end: float | None = None) -> Run:
    """Seconds around the request."""
    stop = None if end is None else int((T + end) * 1000)
    return Run("web", host, int((T + start) * 1000), stop)


def _event(at: float, kind: str) -> Event:
    return Event(T + at, "compute-1", kind, "bmc")


def _service() -> ServiceRow:
    return ServiceRow("1", "compute-1", "nova-compute", False, None, False, None, None)


def _judged(world: World, expected: Expected | None = None) -> list[str]:
    return broken(cast(Stage, world), expected or Expected({"compute-1"}, ["web"]))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_recovery_that_kept_them_all(world: World) -> None:
    assert _judged(world) == []


def test_p1_a_host_that_was_not_off(world: World) -> None:
    world.happened = [_event(5, "power-off")]
    assert "P1" in _judged(world)[0]


def test_p1_a_power_off_before_the_guest_was_started_is_no_proof(world: World) -> None:
    world.happened = [_event(-20, "power-off")]
    assert "P1" in _judged(world)[0]


def test_p2_a_guest_on_two_hosts_at_once(world: World) -> None:
    world.lives = [_life("compute-1", -9, 6), _life("compute-2", 4)]
    assert "P2" in _judged(world)[0]


def test_p2_a_guest_that_runs_twice_now(world: World) -> None:
    guests = {host: [Guest("web", host, 1)] for host in ("compute-1", "compute-2")}
    world.running = guests
    assert "P2" in _judged(world)[0]


def test_p2_two_evacuations_off_one_host(world: World) -> None:
    world.moves.append(_move(2, "compute-1", "compute-3"))
    assert any("which it had left" in told for told in _judged(world))


def test_p2_two_open_evacuations(world: World) -> None:
    world.moves += [_move(2, "compute-1", "compute-3", "accepted"), _move(3, "x", "y", "accepted")]
    assert any("2 open evacuations" in told for told in _judged(world))


def test_p4_a_gate_that_opened_too_early(world: World) -> None:
    world.happened = [_event(0, "power-off"), _event(2, "nova-compute-start")]
    assert "P4" in _judged(world)[0]


def test_p6_an_instance_that_was_left(world: World) -> None:
    world.rows, world.moves = [_instance("compute-1")], []
    assert "P6" in _judged(world)[0]


def test_p6_an_instance_that_is_broken(world: World) -> None:
    world.rows = [_instance("compute-2", "error")]
    assert "P6" in _judged(world)[0]


def test_an_instance_that_was_to_stay(world: World) -> None:
    assert "moved" in _judged(world, Expected({"compute-1"}, (), ["web"]))[0]


@pytest.mark.parametrize("changes", [{"disabled": True}, {"forced_down": True}])
def test_a_host_that_is_not_back(world: World, changes: dict[str, Any]) -> None:
    world.states = [replace(_service(), **changes)]
    assert "still" in _judged(world)[0]


def test_a_flag_that_is_left(world: World) -> None:
    world.flags = {"compute-1": "host=compute-1"}
    assert "flagged" in _judged(world)[0]


def test_p8_a_stop_that_failed(world: World) -> None:
    world.configuration = _STOP.format(key="nova-compute_stop_0", code=1)
    assert "P8" in _judged(world)[0]


def test_p8_a_stop_that_a_dead_host_never_answered(world: World) -> None:
    world.configuration = _STOP.format(key="nova-compute_stop_0", code=189)
    assert _judged(world) == []


def test_p10_a_secret_in_a_log(world: World) -> None:
    log = world.state / "nodes" / "ctl1" / "log" / "console.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"login with {BMC_PASSWORD}\n")
    assert "P10" in _judged(world)[0]


_CHANGED = (
    "(cib_perform_op) info: +  /cib/configuration/resources/primitive[@id='{device}']/"
    "instance_attributes[@id='a']/nvpair[@id='p']:  @id=p, @name=password, @value={secret}\n"
)


@pytest.mark.parametrize(("device", "told"), [("ipmi-ctl1", False), ("fence-computes", True)])
def test_p10_what_pacemaker_3_logs_of_the_labs_own_devices_is_not_ours(
    device: str, told: bool
) -> None:
    log = _CHANGED.format(device="ipmi-ctl2", secret=BMC_PASSWORD)
    log += _CHANGED.format(device=device, secret=BMC_PASSWORD)
    assert holds_any(log.encode(), [BMC_PASSWORD, "another"]) == told


def test_what_happened_in_an_earlier_case_is_not_this_ones(world: World) -> None:
    world.happened = []
    assert broken(cast(Stage, world), Expected({"compute-1"}, ()), T + 5) == []
