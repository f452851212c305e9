"""The Bmc contract on the simulator."""

from __future__ import annotations

import pytest

from tests.contract.bmc import BmcContract
from vmha_ocf.errors import BmcAlready, BmcBusy
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
        self.world.host("compute-1").bmc_starts += 1


class TestSimBmc(BmcContract):
    @pytest.fixture
    def stage(self) -> SimStage:
        return SimStage()

    def test_one_that_starts_says_that_it_is_not_in_service(self, stage: SimStage) -> None:
        stage.world.fault("bmc", "not-in-service", times=1)
        assert stage.bmc.in_service() is False
        assert stage.bmc.in_service() is True

    def test_a_state_that_it_believes_to_have_is_refused(self, stage: SimStage) -> None:
        stage.world.fault("bmc", "already", times=1)
        with pytest.raises(BmcAlready):
            stage.bmc.set_power(Power.OFF)
        stage.wait()
        assert stage.host() is Power.ON

    def test_one_that_is_busy_does_nothing(self, stage: SimStage) -> None:
        stage.world.fault("bmc", "busy", times=1)
        with pytest.raises(BmcBusy):
            stage.bmc.set_power(Power.OFF)
        stage.wait()
        assert stage.host() is Power.ON
        assert stage.bmc.power() is Power.ON

    def test_one_that_says_it_cannot_may_have_done_it(self, stage: SimStage) -> None:
        stage.world.fault("bmc.set_power", "unclear", times=1)
        with pytest.raises(BmcBusy):
            stage.bmc.set_power(Power.OFF)
        stage.wait()
        assert stage.host() is Power.OFF
