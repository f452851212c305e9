"""Guests that run on a flagged host, and what is noted of a host's boots."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmha_ocf.backends.compute import probe
from vmha_ocf.errors import (
    OCF_ERR_GENERIC,
    OCF_NOT_RUNNING,
    ClusterUnavailable,
    CommandUnavailable,
    NotInstalled,
)
from vmha_ocf.living.booting import gate, keeper
from vmha_ocf.living.booting.keeper import Found
from vmha_ocf.sim import World

FLAGGED = gate.Wait("ctl1 evacuates compute-1", True, 1000.5)
UNKNOWN = gate.Wait("whether it is flagged cannot be read", flagged=False)
BEHIND = "guests of Nova run on this host although it is flagged"


class Machine:
    def __init__(self, guests: int = 0, *, silent: bool = False) -> None:
        self.noted: list[str] = []
        self._guests = guests
        self._silent = silent

    def guests(self) -> int:
        return self._guests

    def note_boot(self) -> None:
        self._note("boot")

    def note_served(self) -> None:
        self._note("served")

    def note_guests(self, proof: float) -> None:
        self._note(f"guests {proof}")

    def _note(self, what: str) -> None:
        if self._silent:
            raise ClusterUnavailable("Pacemaker does not answer")
        self.noted.append(what)


class Recovers(Machine):
    """What notes on it is not answered at first."""

    def __init__(self, silent_for: int) -> None:
        super().__init__()
        self._left = silent_for

    def note_served(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise ClusterUnavailable("Pacemaker does not answer")
        super().note_served()


def probed(verdict: gate.Open | gate.Wait, machine: Machine) -> Found:
    return keeper.judge_guests(lambda: verdict, machine, lambda _: None)


class Unit:
    """nova-compute, whose stop is in the order of all that happens."""

    def __init__(self, happened: list[str], *, fails: bool = False) -> None:
        self._happened = happened
        self._fails = fails

    def find(self) -> None:
        pass

    def is_active(self) -> bool:
        return True

    def start(self) -> None:
        raise AssertionError

    def stop(self) -> None:
        self._happened.append("stopped")
        if self._fails:
            raise CommandUnavailable("systemctl does not answer")


def stopped(verdict: gate.Open | gate.Wait, machine: Machine, *, fails: bool = False) -> list[str]:
    """What was logged."""
    said: list[str] = []
    unit = Unit(machine.noted, fails=fails)
    keeper.stop(lambda: unit, machine, lambda: verdict, said.append)
    return said


class TestAStop:
    """Pacemaker stops nova-compute of a host that is flagged: by mistake, if its guests run."""

    def test_notes_them_before_nova_compute_is_gone(self) -> None:
        machine = Machine(2)
        (said,) = stopped(FLAGGED, machine)
        assert BEHIND in said
        assert machine.noted == ["guests 1000.5", "stopped"]

    @pytest.mark.parametrize(("verdict", "guests"), [(gate.Open(), 2), (UNKNOWN, 2), (FLAGGED, 0)])
    def test_only_stops_otherwise(self, verdict: gate.Open | gate.Wait, guests: int) -> None:
        machine = Machine(guests)
        assert stopped(verdict, machine) == []
        assert machine.noted == ["stopped"]

    def test_never_fails(self) -> None:
        def look() -> gate.Open | gate.Wait:
            raise NotInstalled("there is no attrd_updater on this node")

        said: list[str] = []
        machine = Machine(1)
        unit = Unit(machine.noted, fails=True)
        keeper.stop(lambda: unit, machine, look, said.append)
        assert machine.noted == ["stopped"]
        assert said == [
            "whether guests run behind the gate was not noted: there is no attrd_updater on this node",
            "nova-compute is taken for stopped, although it may not be: systemctl does not answer",
        ]

    def test_is_made_although_a_look_breaks_off_by_a_bug(self) -> None:
        def look() -> gate.Open | gate.Wait:
            raise OSError("nova.conf cannot be read")

        said: list[str] = []
        machine = Machine(1)
        keeper.stop(lambda: Unit(machine.noted), machine, look, said.append)
        assert machine.noted == ["stopped"]
        assert said == [
            "whether guests run behind the gate was not noted: nova.conf cannot be read"
        ]

    def test_says_of_nova_compute_what_is_not_known(self) -> None:
        (said,) = stopped(gate.Open(), Machine(1), fails=True)
        assert "although it may not be: systemctl does not answer" in said


class TestAProbe:
    def test_notes_them_with_the_proof_and_tells(self) -> None:
        machine = Machine(2)
        found = probed(FLAGGED, machine)
        assert (found.code, BEHIND in found.reason) == (OCF_NOT_RUNNING, True)
        assert machine.noted == ["guests 1000.5"]

    @pytest.mark.parametrize(("verdict", "guests"), [(gate.Open(), 2), (UNKNOWN, 2), (FLAGGED, 0)])
    def test_has_nothing_to_say_otherwise(
        self, verdict: gate.Open | gate.Wait, guests: int
    ) -> None:
        machine = Machine(guests)
        assert probed(verdict, machine) == Found(OCF_NOT_RUNNING)
        assert machine.noted == []

    def test_tells_them_although_they_cannot_be_noted(self) -> None:
        said: list[str] = []
        machine = Machine(1, silent=True)
        found = keeper.judge_guests(lambda: FLAGGED, machine, said.append)
        assert BEHIND in found.reason
        assert said == ["goes on without a note: Pacemaker does not answer"]

    def test_does_not_fail_where_the_gate_cannot_be_asked(self) -> None:
        def look() -> gate.Open | gate.Wait:
            raise NotInstalled("there is no attrd_updater on this node")

        found = keeper.judge_guests(look, Machine(1), lambda _: None)
        assert found == Found(OCF_NOT_RUNNING, "there is no attrd_updater on this node")

    def test_notes_those_beside_a_nova_compute_that_runs(self) -> None:
        machine = Machine(1)
        found = keeper.judge_running(lambda: FLAGGED, machine, lambda _: None)
        assert found.code == OCF_ERR_GENERIC
        assert machine.noted == ["served", "guests 1000.5"]


class TestAStart:
    def start(self, world: World, machine: Machine) -> list[str]:
        said: list[str] = []
        verdicts: list[gate.Open | gate.Wait] = [FLAGGED, FLAGGED, gate.Open(), gate.Open()]
        keeper.start(
            world.units("compute-1"),
            machine,
            lambda: verdicts.pop(0),
            world.clock(),
            until=60.0,
            log=said.append,
        )
        return said

    def test_notes_guests_once_while_it_waits_and_the_boot_when_it_is_over(self) -> None:
        machine = Machine(1)
        said = self.start(World.with_hosts("compute-1"), machine)
        assert machine.noted == ["guests 1000.5", "served", "boot", "served"]
        assert any(BEHIND in line for line in said)

    def test_starts_all_the_same_if_nothing_can_be_noted(self) -> None:
        world = World.with_hosts("compute-1")
        world.host("compute-1").end_compute()
        said = self.start(world, Machine(silent=True))
        assert world.host("compute-1").compute.running
        assert "goes on without a note: Pacemaker does not answer" in said

    @pytest.mark.parametrize(("silent_for", "noted"), [(1, True), (5, True), (1000, False)])
    def test_notes_the_boot_later_where_that_fails_at_first(
        self, silent_for: int, noted: bool
    ) -> None:
        """Without that note nobody is told what the boot has left off. It takes no start too long."""
        world, machine = World.with_hosts("compute-1"), Recovers(silent_for)
        world.host("compute-1").end_compute()
        began = world.now
        keeper.start(
            world.units("compute-1"),
            machine,
            gate.Open,
            world.clock(),
            until=60.0,
            log=lambda _: None,
        )
        assert ("served" in machine.noted) is noted
        assert world.now - began <= keeper.NOTING + 2 * keeper.BETWEEN

    @pytest.mark.parametrize("verdict", [FLAGGED, UNKNOWN, gate.Open()])
    def test_looks_once_more_when_it_runs(self, verdict: gate.Open | gate.Wait) -> None:
        """Flagged between the look and the start: it is stopped, and waits. Not to know stops nothing."""
        world, said = World.with_hosts("compute-1"), list[str]()
        world.host("compute-1").end_compute()
        verdicts = [gate.Open(), verdict, FLAGGED, gate.Open(), gate.Open()]
        keeper.start(
            world.units("compute-1"),
            Machine(),
            lambda: verdicts.pop(0),
            world.clock(),
            until=60.0,
            log=said.append,
        )
        assert world.host("compute-1").compute.running
        stopped = any("flagged while nova-compute started" in line for line in said)
        assert (stopped, len(verdicts)) == (verdict is FLAGGED, 0 if verdict is FLAGGED else 3)


class TestTheKernel:
    def test_tells_the_boot(self, tmp_path: Path) -> None:
        path = tmp_path / "boot_id"
        assert probe.boot_id(str(path)) == ""
        path.write_text("0b1c2d3e-0000-4000-8000-0123456789ab\n")
        assert probe.boot_id(str(path)) == "0b1c2d3e-0000-4000-8000-0123456789ab"

    def test_tells_the_guests_that_nova_has_named(self, tmp_path: Path) -> None:
        for pid, argv in {
            "1": b"/sbin/init",
            "70": b"qemu-system-x86_64\0-name\0guest=instance-00000001,debug-threads=on\0-S\0",
            "71": b"qemu-system-x86_64\0-name\0guest=firewall\0",
            "self": b"qemu\0guest=instance-00000002\0",
        }.items():
            (tmp_path / pid).mkdir()
            (tmp_path / pid / "cmdline").write_bytes(argv)
        (tmp_path / "72").mkdir()
        assert probe.guests(str(tmp_path)) == 1

    def test_is_told_to_pacemaker_for_as_long_as_the_node_is_connected(
        self, tmp_path: Path
    ) -> None:
        tool = tmp_path / "attrd_updater"
        tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\n')
        tool.chmod(0o755)
        probe.tell_boot("compute-1", str(tool))
        said = (tmp_path / "said").read_text().split()
        assert said[:2] == ["--name=evacuation-booted", "--node=compute-1"]
        assert said[2] == f"--update={probe.boot_id()}"
        probe.tell_boot("compute-1", str(tmp_path / "nowhere"))
