"""The Units contract on SystemdUnit: a stand-in for systemctl here, the real one where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.units import UnitsContract
from tests.fakes.systemd import Systemd
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.systemd import SystemdUnit
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import NotInstalled
from vmha_ocf.ports import Units

UNIT = "nova-compute.service"


class SystemdStage:
    def __init__(self, systemd: Systemd) -> None:
        self.systemd = systemd
        systemd.has(UNIT)

    def units(self, seconds: float = 20.0) -> Units:
        return self.systemd.unit(seconds=seconds)

    def runs(self) -> bool:
        return (self.systemd.folder / UNIT).exists() and self.systemd.state(UNIT) in (
            "active",
            "unkillable",
            "deactivating unkillable",
        )

    def begin(self) -> None:
        self.systemd.has(UNIT, "active")

    def crash(self) -> None:
        self.systemd.has(UNIT, "failed")

    def break_start(self) -> None:
        self.systemd.has(UNIT, "broken")

    def make_unkillable(self) -> None:
        self.systemd.has(UNIT, "unkillable")

    def silence(self) -> None:
        self.systemd.is_silent()

    def uninstall(self) -> None:
        self.systemd.lacks(UNIT)


class TestSystemd(UnitsContract):
    @pytest.fixture(params=[4, 3], ids=["systemd-253", "systemd-252"])
    def stage(self, tmp_path: Path, request: pytest.FixtureRequest) -> SystemdStage:
        return SystemdStage(Systemd(tmp_path, unknown=request.param))


class TestSystemdWithoutItsBus(UnitsContract):
    """The same where a silent systemd makes systemctl fail at once."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> SystemdStage:
        return _NoBusStage(Systemd(tmp_path))


class _NoBusStage(SystemdStage):
    def silence(self) -> None:
        self.systemd.has_no_bus()


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed")
@pytest.mark.skipif(Path(probe.BOOTED).is_dir(), reason="systemd runs this machine")
def test_the_real_systemctl_is_useless_where_systemd_does_not_run() -> None:
    clock = SystemClock()
    units = SystemdUnit("", clock, until=clock.monotonic() + 20)
    with pytest.raises(NotInstalled, match="systemd does not run this node"):
        units.is_active()
    with pytest.raises(NotInstalled):
        units.start()
