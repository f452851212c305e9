"""The Bmc contract on sushy-tools' emulator, and what only a Redfish BMC can show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.bmc import BmcContract
from tests.contract.bmc_processes import ADDRESS, RedfishEmulator, free_port
from vmha_ocf.backends.bmc.child import Deadlines
from vmha_ocf.backends.bmc.redfish import RedfishBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import BmcAlready, BmcRefused, BmcUnavailable, PowerNotVerified
from vmha_ocf.fencing import switch as power_switch
from vmha_ocf.fencing.bmc_access import BmcAccess, Protocol
from vmha_ocf.fencing.request import Patience
from vmha_ocf.model import Power

pytestmark = pytest.mark.real


class TestSushyEmulator(BmcContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[RedfishEmulator]:
        stage = RedfishEmulator(tmp_path)
        yield stage
        stage.close()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedfishEmulator]:
    stage = RedfishEmulator(tmp_path_factory.mktemp("emulator"))
    yield stage
    stage.close()


def test_each_session_is_deleted_in_the_end_also_after_a_refusal(
    emulator: RedfishEmulator,
) -> None:
    for _ in range(3):
        with closing(emulator.client()) as bmc:
            bmc.power()
            assert emulator.open_sessions() == 1
    with (
        closing(emulator.client(systems_uri="/redfish/v1/Systems/none")) as bmc,
        pytest.raises(BmcRefused, match="no such system"),
    ):
        bmc.power()
    assert emulator.open_sessions() == 0


def test_a_host_that_is_on_is_off_after_one_request(emulator: RedfishEmulator) -> None:
    emulator.set_host(Power.ON)
    before = time.monotonic()
    with closing(emulator.client()) as bmc:
        power_switch.off(bmc, SystemClock(), Patience())
    assert emulator.host() is Power.OFF
    assert time.monotonic() - before < power_switch.STEADY, "nothing was in doubt"


def test_without_sessions_an_off_is_watched_before_it_is_believed(
    emulator: RedfishEmulator,
) -> None:
    """With Basic authentication a restart between request and answer would not show."""
    emulator.set_host(Power.ON)
    emulator.has_sessions(False)
    before = time.monotonic()
    try:
        with closing(emulator.client()) as bmc:
            power_switch.off(bmc, SystemClock(), Patience())
        assert time.monotonic() - before > power_switch.STEADY
        with (
            closing(emulator.client(password="wrong")) as stranger,
            pytest.raises(BmcRefused, match="does not let in user admin"),
        ):
            stranger.power()
    finally:
        emulator.has_sessions(True)
    assert emulator.host() is Power.OFF


def test_a_bmc_that_has_just_restarted_is_seen_through(emulator: RedfishEmulator) -> None:
    """409 to a request, and a manager that is not enabled: the trap bmc-restarts."""
    emulator.set_host(Power.ON)
    with closing(emulator.client()) as bmc:
        emulator.knows_its_host(False)
        try:
            assert bmc.power() is Power.OFF
            assert bmc.in_service() is False
            with pytest.raises(BmcAlready, match="already: HTTP 409"):
                bmc.set_power(Power.OFF)
            with pytest.raises(PowerNotVerified, match="not in service"):
                power_switch.off(bmc, SystemClock(), Patience(power=1))
        finally:
            emulator.knows_its_host(True)
        assert bmc.in_service() is True
        power_switch.off(bmc, SystemClock(), Patience())
    assert emulator.host() is Power.OFF


def test_a_certificate_that_nobody_vouches_for_gets_no_password(emulator: RedfishEmulator) -> None:
    with (
        closing(emulator.client(ca_file="")) as bmc,
        pytest.raises(BmcRefused, match="not known to be the one .*[(]set ssl_ca_file"),
    ):
        bmc.power()
    with closing(emulator.client(ca_file="", insecure=True)) as bmc:
        assert bmc.power() in Power
    with (
        closing(emulator.client(ca_file=str(emulator.folder / "none.pem"))) as bmc,
        pytest.raises(BmcRefused, match="cannot be read"),
    ):
        bmc.power()


def test_a_port_where_nobody_listens_is_silence() -> None:
    access = BmcAccess(ADDRESS, port=free_port(), protocol=Protocol.REDFISH)
    with (
        closing(RedfishBmc(access, SystemClock(), Deadlines(login=3, command=2))) as bmc,
        pytest.raises(BmcUnavailable, match="does not answer over Redfish"),
    ):
        bmc.power()


def test_a_name_that_does_not_resolve_is_told_so() -> None:
    access = BmcAccess("bmc.of.nobody.invalid", port=443, protocol=Protocol.REDFISH)
    with (
        closing(RedfishBmc(access, SystemClock())) as bmc,
        pytest.raises(BmcUnavailable, match=r"bmc\.of\.nobody\.invalid does not resolve"),
    ):
        bmc.power()
