"""The Units contract on the simulator."""

from __future__ import annotations

import pytest

from tests.contract.units import UnitsContract
from vmha_ocf.ports import Units
from vmha_ocf.sim import World

HOST = "compute-1"


class SimStage:
    def __init__(self) -> None:
        self.world = World.with_hosts(HOST)
        self.world.units(HOST).stop()

    def units(self, seconds: float = 20.0) -> Units:
        return self.world.units(HOST)

    def runs(self) -> bool:
        return self.world.host(HOST).compute.running

    def begin(self) -> None:
        self.world.start_compute(HOST)

    def crash(self) -> None:
        self.world.host(HOST).end_compute()

    def break_start(self) -> None:
        self.world.fault("units", "start-fails")

    def make_unkillable(self) -> None:
        self.world.fault("units", "stop-fails")

    def silence(self) -> None:
        self.world.fault("units", "silent")

    def uninstall(self) -> None:
        self.world.fault("units", "missing")


class TestSimUnits(UnitsContract):
    @pytest.fixture
    def stage(self) -> SimStage:
        return SimStage()
