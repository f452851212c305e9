"""What every Bmc has to do, on the simulator and on BMCs that speak IPMI.

A subclass brings a ``stage`` fixture; no test knows more of it than this Protocol.
"""

from __future__ import annotations

from typing import Protocol

import pytest

from vmha_ocf.errors import BmcDenied, BmcUnavailable
from vmha_ocf.model import Power
from vmha_ocf.ports import Bmc


class BmcStage(Protocol):
    """One host and its BMC, and a hand on both."""

    bmc: Bmc
    """Logs in as an administrator."""
    stranger: Bmc
    """Has the wrong password."""

    def host(self) -> Power:
        """The true power of the host, not by way of the BMC."""

    def set_host(self, power: Power) -> None:
        """Somebody presses the button."""

    def wait(self) -> None:
        """As long as a power change may take."""

    def silence(self) -> None:
        """The BMC answers nothing from now on."""

    def restart(self) -> None:
        """The BMC forgets all sessions; the host keeps its power. It has looked at its host when this
        returns."""


class BmcContract:
    @pytest.mark.parametrize("power", list(Power))
    def test_it_answers_what_the_host_has(self, stage: BmcStage, power: Power) -> None:
        stage.set_host(power)
        assert stage.bmc.power() is power

    def test_it_asks_anew_each_time(self, stage: BmcStage) -> None:
        stage.set_host(Power.ON)
        assert stage.bmc.power() is Power.ON
        stage.set_host(Power.OFF)
        assert stage.bmc.power() is Power.OFF

    @pytest.mark.parametrize("wanted", list(Power))
    def test_a_request_takes_effect(self, stage: BmcStage, wanted: Power) -> None:
        stage.set_host(Power.OFF if wanted is Power.ON else Power.ON)
        stage.bmc.set_power(wanted)
        stage.wait()
        assert stage.host() is wanted
        assert stage.bmc.power() is wanted

    @pytest.mark.parametrize("wanted", list(Power))
    def test_a_repeated_request_changes_nothing(self, stage: BmcStage, wanted: Power) -> None:
        for _ in range(3):
            stage.bmc.set_power(wanted)
            stage.wait()
        assert stage.host() is wanted

    def test_a_wrong_password_is_refused_and_switches_nothing(self, stage: BmcStage) -> None:
        stage.set_host(Power.ON)
        with pytest.raises(BmcDenied):
            stage.stranger.power()
        with pytest.raises(BmcDenied):
            stage.stranger.set_power(Power.OFF)
        stage.wait()
        assert stage.host() is Power.ON

    def test_silence_is_unknown(self, stage: BmcStage) -> None:
        assert stage.bmc.power() in Power
        stage.silence()
        with pytest.raises(BmcUnavailable):
            stage.bmc.power()
        with pytest.raises(BmcUnavailable):
            stage.bmc.set_power(Power.OFF)

    def test_a_lost_session_is_opened_again(self, stage: BmcStage) -> None:
        stage.set_host(Power.ON)
        assert stage.bmc.power() is Power.ON
        stage.restart()
        assert stage.bmc.power() is Power.ON
        stage.bmc.set_power(Power.OFF)
        stage.wait()
        assert stage.host() is Power.OFF

    def test_a_session_that_is_lost_after_a_request_is_told(self, stage: BmcStage) -> None:
        """What is read in another one may be of a BMC that knows nothing of the request."""
        stage.set_host(Power.ON)
        stage.bmc.set_power(Power.OFF)
        stage.wait()
        stage.restart()
        with pytest.raises(BmcUnavailable):
            stage.bmc.power()
        assert stage.bmc.power() is Power.OFF

    def test_it_says_that_it_is_in_service(self, stage: BmcStage) -> None:
        assert stage.bmc.in_service() is True

    def test_closed_it_opens_a_new_session_for_the_next_question(self, stage: BmcStage) -> None:
        stage.set_host(Power.OFF)
        assert stage.bmc.power() is Power.OFF
        stage.bmc.close()
        assert stage.bmc.in_service() is True
        assert stage.bmc.power() is Power.OFF

    def test_it_can_be_closed_twice(self, stage: BmcStage) -> None:
        stage.bmc.power()
        stage.bmc.close()
        stage.bmc.close()
