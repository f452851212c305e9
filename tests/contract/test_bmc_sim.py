"""The Bmc contract on the simulator."""

from __future__ import annotations

import pytest

from tests.contract.bmc import BmcContract
from vmha_ocf.model import Power
from vmha_ocf.sim import World


class SimStage:
    def __init__(self) -> None:
        self.world = World.with_hosts("compute-1")
        self.bmc = self.world.bmc("compute-1")
        self.stranger = self.world.bmc("compute-1", trusted=False)

    def host(self) -> Power:
        return self.world.host("compute-1").power

    def set_host(self, power: Power) -> None:
        if power is Power.OFF:
            self.world.power_cut("compute-1")
        else:
            self.world.boot_host("compute-1")

    def wait(self) -> None:
        self.world.run(2)

    def silence(self) -> None:
        self.world.fault("bmc", "silent")

    def restart(self) -> None:
        """It keeps no sessions."""


class TestSimBmc(BmcContract):
    @pytest.fixture
    def stage(self) -> SimStage:
        return SimStage()
