"""systemd over a systemctl of our own, the operator's commands over real ones."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fakes.container import Container
from tests.fakes.systemd import Systemd
from vmha_ocf.backends.compute import probe
from vmha_ocf.errors import NotInstalled, ParameterError, UnitFailed, UnitUnavailable


@pytest.fixture(name="systemd")
def _systemd(tmp_path: Path) -> Systemd:
    return Systemd(tmp_path)


class TestSystemd:
    @pytest.mark.parametrize("unit", probe.UNITS)
    def test_it_finds_the_unit_of_each_distribution(self, systemd: Systemd, unit: str) -> None:
        systemd.has(unit)
        assert systemd.unit().find() == unit
        assert not systemd.unit().is_active()
        systemd.unit().start()
        assert systemd.unit().is_active()
        systemd.unit().stop()
        assert (systemd.unit().is_active(), systemd.state(unit)) == (False, "inactive")

    def test_a_unit_can_be_named(self, systemd: Systemd) -> None:
        systemd.has("nova-compute.service", "active")
        systemd.has("nova-kvm.service")
        unit = systemd.unit("nova-kvm.service")
        assert not unit.is_active()
        unit.start()
        unit.stop()
        assert systemd.state("nova-compute.service") == "active"

    def test_no_unit_is_not_installed(self, systemd: Systemd) -> None:
        assert not systemd.unit().is_active()
        for action in (systemd.unit().find, systemd.unit().start):
            with pytest.raises(NotInstalled, match=r"no unit nova-compute.service or openstack-"):
                action()

    def test_a_failed_start_says_what_systemd_said(self, systemd: Systemd) -> None:
        systemd.has("nova-compute.service", "broken")
        with pytest.raises(UnitFailed, match=r"Job for nova-compute.service failed.*journalctl"):
            systemd.unit().start()

    def test_a_stop_is_term_and_then_kill_of_the_main_process_in_time(
        self, systemd: Systemd
    ) -> None:
        systemd.has("nova-compute.service", "stubborn")
        before = time.monotonic()
        systemd.unit(seconds=3.0).stop()
        assert time.monotonic() - before < 4
        assert systemd.state("nova-compute.service") == "failed"
        assert "kill --kill-who=main --signal=KILL" in systemd.calls()

    def test_what_is_not_ready_yet_runs_and_is_not_started_for_that(
        self, systemd: Systemd
    ) -> None:
        """RDO's unit is of Type=notify. The gate has to see it, and a start to wait until it is ready."""
        systemd.has("nova-compute.service", "activating notify")
        assert systemd.unit().is_active()
        systemd.unit().start()
        assert systemd.state("nova-compute.service") == "active"

    def test_a_start_is_not_done_while_what_runs_is_being_stopped(self, systemd: Systemd) -> None:
        systemd.has("nova-compute.service", "deactivating stubborn")
        assert systemd.unit().is_active()
        with pytest.raises(UnitFailed, match="did not start"):
            systemd.unit().start()

    def test_a_stop_does_not_say_done_while_nova_compute_is_there(self, systemd: Systemd) -> None:
        """For systemctl is-active a unit whose stop hangs is as inactive as one that has ended."""
        systemd.has("nova-compute.service", "unkillable")
        with pytest.raises(UnitFailed, match="still runs after KILL"):
            systemd.unit(seconds=3.0).stop()
        assert systemd.unit().is_active()
        assert systemd.state("nova-compute.service") == "deactivating unkillable"

    def test_the_units_own_command_that_hangs_is_ended_too(self, systemd: Systemd) -> None:
        """Or the next start waits for it for ever."""
        systemd.has("nova-compute.service", "stubborn")
        systemd.unit(seconds=3.0).stop()
        assert "kill --kill-who=control --signal=KILL" in systemd.calls()

    def test_stopping_what_is_stopped_is_fine(self, systemd: Systemd) -> None:
        systemd.unit().stop()

    def test_what_systemd_would_start_later_is_stopped_too(self, systemd: Systemd) -> None:
        systemd.has("nova-compute.service", "activating")
        assert not systemd.unit().is_active()
        systemd.unit().stop()
        assert systemd.state("nova-compute.service") == "inactive"

    def test_no_answer_is_neither_yes_nor_no(self, systemd: Systemd) -> None:
        systemd.has_no_bus()
        with pytest.raises(UnitUnavailable, match="ended with 1"):
            systemd.unit().is_active()
        systemd.has_no_bus(False)
        systemd.is_silent()
        with pytest.raises(UnitUnavailable, match="did not end in 1 s"):
            systemd.unit(seconds=1.0).is_active()

    @pytest.mark.parametrize("systemctl", ["/no/such/systemctl", "/bin/false"])
    def test_a_node_without_systemd_says_so(self, tmp_path: Path, systemctl: str) -> None:
        with pytest.raises(NotInstalled, match="systemd does not run this node"):
            probe.unit_runs(probe.UNITS, systemctl=systemctl, booted=str(tmp_path / "no"))


@pytest.fixture(name="container")
def _container(tmp_path: Path) -> Container:
    return Container(tmp_path)


class TestCommands:
    def test_start_and_stop_and_both_again(self, container: Container) -> None:
        units = container.units()
        assert not units.is_active()
        units.start()
        assert units.is_active()
        units.stop()
        assert not units.is_active()
        units.stop()

    def test_a_start_is_waited_for(self, container: Container) -> None:
        slowly = f"sh -c '(sleep 1; sleep 60 & echo $! >{container.pid}) >/dev/null 2>&1 &'"
        container.units(start=slowly).start()
        assert container.units().is_active()
        container.units().stop()

    def test_a_start_that_starts_nothing_fails_in_time(self, container: Container) -> None:
        with pytest.raises(UnitFailed, match="status_command does not see nova-compute"):
            container.units(seconds=2.0, start="true").start()
        with pytest.raises(UnitFailed, match=r"start_command failed: no such container"):
            container.units(start="sh -c 'echo no such container >&2; exit 125'").start()

    def test_a_stop_that_stops_nothing_fails_in_time(self, container: Container) -> None:
        for stop in ("true", "false"):
            with pytest.raises(UnitFailed, match="still runs after stop_command"):
                container.units(seconds=1.5, status="true", stop=stop).stop()

    def test_a_stop_that_hangs_is_told(self, container: Container) -> None:
        container.units().start()
        with pytest.raises(UnitUnavailable, match="stop_command: sleep did not end within"):
            container.units(seconds=1.0, stop="sleep 30").stop()
        container.units().stop()

    def test_what_is_stopped_is_not_stopped_again(self, container: Container) -> None:
        container.units(stop=f"touch {container.pid}.touched").stop()
        assert not Path(f"{container.pid}.touched").exists()

    def test_a_status_that_hangs_is_killed_with_all_that_it_started(
        self, container: Container
    ) -> None:
        hangs = f"sh -c 'sleep 30 & echo $! >{container.pid}; wait'"
        with pytest.raises(UnitUnavailable, match="status_command did not end in 1 s"):
            container.units(seconds=1.0, status=hangs).is_active()
        left = int(container.pid.read_text())
        state = Path(f"/proc/{left}/stat")
        deadline = time.monotonic() + 5
        while state.exists() and " Z " not in state.read_text():
            assert time.monotonic() < deadline, f"{left} still runs"
            time.sleep(0.05)

    def test_without_a_status_command_nothing_is_known(self, container: Container) -> None:
        with pytest.raises(UnitUnavailable, match="no status_command"):
            container.units(status="").is_active()

    def test_a_missing_program_is_not_installed(self, container: Container) -> None:
        missing = "/no/such/podman ps"
        units = container.units(start=missing, stop=missing, status=missing)
        for action in (units.is_active, units.find, units.start, units.stop):
            with pytest.raises(NotInstalled, match="/no/such/podman"):
                action()

    def test_programs_are_sought_where_they_are_run(self, container: Container) -> None:
        container.units(start="sh", stop="sh", status="sh").find()

    @pytest.mark.parametrize("command", ["sh -c 'exit", 'podman "', "podman \\"])
    def test_an_open_quote_is_a_sentence(self, command: str) -> None:
        with pytest.raises(ParameterError, match="cannot be split into words"):
            probe.command_runs(command)

    @pytest.mark.parametrize("command", ["", "''", "'' x"])
    def test_so_is_no_program(self, command: str) -> None:
        with pytest.raises(ParameterError, match="names no program"):
            probe.command_runs(command)


class TestProbe:
    def test_a_link_of_the_boot_target_is_a_unit_that_starts_by_itself(
        self, tmp_path: Path
    ) -> None:
        at_boot = str(tmp_path)
        assert probe.enabled(probe.UNITS, f"{at_boot}/none") == ""
        assert probe.enabled(probe.UNITS, at_boot) == ""
        (tmp_path / "openstack-nova-compute.service").symlink_to("/gone")
        assert probe.enabled(probe.UNITS, at_boot) == "openstack-nova-compute.service"
        assert probe.enabled(["nova-compute"], at_boot) == ""
        assert probe.enabled(["openstack-nova-compute"], at_boot)

    @pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill $$", -15)])
    def test_it_is_the_exit_code(self, script: str, code: int) -> None:
        assert probe.exit_code(["sh", "-c", script], 5.0) == code

    def test_what_cannot_be_run_is_not_found(self, tmp_path: Path) -> None:
        for path in ("no-such-program", str(tmp_path), f"{__file__}/x", __file__):
            assert probe.exit_code([path], 5.0) == probe.NOT_FOUND

    def test_it_passes_nothing_of_our_environment_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCF_RESKEY_password", "secret")
        assert probe.exit_code(["sh", "-c", 'exit "${OCF_RESKEY_password:-0}"'], 5.0) == 0

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            ("podman start nova", ["podman", "start", "nova"]),
            ("sh -c 'a b'", ["sh", "-c", "a b"]),
            ('x "" #y', ["x", "", "#y"]),
        ],
    )
    def test_commands_are_split_as_a_shell_does(self, command: str, words: list[str]) -> None:
        assert probe.words(command) == words
