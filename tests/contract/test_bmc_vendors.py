"""What BMCs of iLO, iDRAC, XCC and Supermicro are known to answer over Redfish, played on the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.fakes.certificate import make_certificate
from tests.fakes.redfish import PASSWORD, USER, RedfishBmcFake, answer_of, recorded
from tests.fakes.web_server import Answer
from vmha_ocf.backends.bmc.child import Deadlines
from vmha_ocf.backends.bmc.redfish import RedfishBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import BmcAlready, BmcRefused, BmcUnavailable, PowerNotVerified
from vmha_ocf.fencing import switch as power_switch
from vmha_ocf.fencing.bmc_access import BmcAccess, Protocol
from vmha_ocf.fencing.request import Patience
from vmha_ocf.model import Power

pytestmark = pytest.mark.real
VENDORS = ("ilo4", "ilo5", "idrac9", "xcc", "supermicro")
COMMON = recorded("common")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def bmc_of(fake: RedfishBmcFake, **other: object) -> Iterator[RedfishBmc]:
    own = {"port": fake.port, "username": USER, "password": PASSWORD}
    trust = {"protocol": Protocol.REDFISH, "ca_file": str(fake.certificate.with_name("ca.pem"))}
    access = BmcAccess("127.0.0.1", **{**own, **trust, **other})  # type: ignore[arg-type]
    deadlines = Deadlines(login=15, command=3)
    with closing(RedfishBmc(access, SystemClock(), deadlines)) as bmc:
        yield bmc


def fake_of(vendor: str, certificate: Path) -> RedfishBmcFake:
    return RedfishBmcFake(vendor, certificate)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_host_is_switched_off_by_one_request_and_its_session_deleted(
    vendor: str, certificate: Path
) -> None:
    with fake_of(vendor, certificate) as fake:
        with bmc_of(fake) as bmc:
            power_switch.off(bmc, SystemClock(), Patience())
        assert fake.power == "Off"
        done = [one.body for one in fake.asked("POST", "Reset")]
        assert done in ([{"ResetType": "ForceOff"}], [{"ResetType": "ForceOff"}] * 2)
        assert fake.sessions == {}
        assert len(fake.asked("POST", "Sessions")) == len(fake.asked("DELETE")) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_off_host_that_is_told_off_is_told_as_that(vendor: str, certificate: Path) -> None:
    with fake_of(vendor, certificate) as fake, bmc_of(fake) as bmc:
        fake.power = "Off"
        with pytest.raises(BmcAlready, match="has this power state already: HTTP 4"):
            bmc.set_power(Power.OFF)


@pytest.mark.parametrize("vendor", ["idrac9", "ilo5"])
def test_an_off_host_is_believed_when_it_was_watched_in_a_new_session(
    vendor: str, certificate: Path
) -> None:
    with fake_of(vendor, certificate) as fake:
        fake.power = "Off"
        before = time.monotonic()
        with bmc_of(fake) as bmc:
            power_switch.off(bmc, SystemClock(), Patience())
        assert time.monotonic() - before > power_switch.STEADY
        assert len(fake.asked("POST", "Sessions")) == 2
        assert fake.asked("GET", "Managers")
        assert fake.sessions == {}


def test_a_manager_that_starts_is_not_believed(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.power, fake.manager_state = "Off", "Starting"
        assert bmc.in_service() is False
        with pytest.raises(PowerNotVerified, match="not in service"):
            power_switch.off(bmc, SystemClock(), Patience(power=1))
        fake.manager_state = None
        assert bmc.in_service() is True, "one that says nothing of its state"


def test_what_needs_an_etag_gets_it(certificate: Path) -> None:
    with fake_of("xcc", certificate) as fake, bmc_of(fake) as bmc:
        bmc.set_power(Power.OFF)
        told = [one.headers.get("If-Match") for one in fake.asked("POST", "Reset")]
        assert told == [None, fake.etag]


def test_where_sessions_are_used_up_it_is_asked_with_user_and_password(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake:
        fake.on("POST", "Sessions", answer_of(fake.vendor["sessions_used_up"]))
        with bmc_of(fake) as bmc:
            power_switch.off(bmc, SystemClock(), Patience())
        assert fake.power == "Off"
        assert fake.asked("GET", "Managers"), "in doubt, as no session vouches for it"
        assert not fake.asked("DELETE")


def test_a_wrong_password_is_tried_once(certificate: Path) -> None:
    with fake_of("xcc", certificate) as fake, bmc_of(fake, password="wrong") as bmc:
        with pytest.raises(BmcRefused, match="does not let in user fencing") as refused:
            bmc.power()
        assert "wrong" not in str(refused.value)
        assert len(fake.asked("POST")) == 1
        assert not any("Authorization" in one.headers for one in fake.received)


def test_a_bmc_with_graceful_shutdown_alone_cannot_fence(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.vendor["reset_types"] = ["On", "GracefulShutdown", "GracefulRestart"]
        with pytest.raises(BmcRefused, match=r"no power-off that needs no help.*GracefulShutdown"):
            bmc.set_power(Power.OFF)
        assert not fake.asked("POST", "Reset")
        fake.power = "Off"
        with pytest.raises(BmcAlready, match="would take only On"):
            bmc.set_power(Power.OFF)


SYSTEM, CHASSIS = "/redfish/v1/Systems/System.Embedded.1", "/redfish/v1/Chassis/1"


def chassis(*systems: str, **links: object) -> dict[str, object]:
    """As its BMC shows one that offers to be switched off."""
    action = {
        "target": f"{CHASSIS}/Actions/Chassis.Reset",
        "ResetType@Redfish.AllowableValues": ["On", "ForceOff"],
    }
    has = {"ComputerSystems": [{"@odata.id": each} for each in systems], **links}
    return {"Links": has, "Actions": {"#Chassis.Reset": action}}


def test_a_system_without_forceoff_goes_off_with_the_chassis_that_it_has_for_itself(
    certificate: Path,
) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.vendor["reset_types"] = ["On", "GracefulShutdown"]
        fake.chassis = {CHASSIS: chassis(f"{SYSTEM}/")}
        power_switch.off(bmc, SystemClock(), Patience())
        assert fake.power == "Off"
        (told,) = fake.asked("POST", "Reset")
        assert (told.path, told.body) == (
            f"{CHASSIS}/Actions/Chassis.Reset",
            {"ResetType": "ForceOff"},
        )


@pytest.mark.parametrize(
    "other",
    [
        chassis(SYSTEM, "/redfish/v1/Systems/2"),
        chassis(SYSTEM, Contains=[{"@odata.id": "/redfish/v1/Chassis/Blade2"}]),
        chassis(),
        {**chassis(SYSTEM), "Actions": {}},
        {**chassis(SYSTEM), "Actions": {"#Chassis.Reset": {"target": CHASSIS}}},
    ],
    ids=["of-two-systems", "contains-another", "says-of-none", "no-action", "says-not-what"],
)
def test_a_chassis_that_may_have_neighbours_or_offers_nothing_is_not_switched(
    certificate: Path, other: dict[str, object]
) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.vendor["reset_types"] = ["On", "GracefulShutdown"]
        fake.chassis = {CHASSIS: other}
        with pytest.raises(BmcRefused, match="no power-off that needs no help"):
            bmc.set_power(Power.OFF)
        assert not fake.asked("POST", "Reset")


@pytest.mark.parametrize("status", [403, 404])
def test_a_chassis_that_is_not_shown_is_none(certificate: Path, status: int) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.vendor["reset_types"] = ["On", "GracefulShutdown"]
        fake.chassis = {CHASSIS: chassis(SYSTEM)}
        fake.on("GET", "Chassis", Answer(status, None))
        with pytest.raises(BmcRefused, match="no power-off that needs no help"):
            bmc.set_power(Power.OFF)


def test_a_chassis_is_not_asked_where_the_system_takes_forceoff(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.chassis = {CHASSIS: chassis(SYSTEM)}
        bmc.set_power(Power.OFF)
        assert not fake.asked("GET", "Chassis")


def test_of_several_systems_none_is_guessed(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake:
        fake.systems = ["/redfish/v1/Systems/1", "/redfish/v1/Systems/2"]
        with (
            bmc_of(fake) as bmc,
            pytest.raises(BmcRefused, match=r"several.*Systems/1, .*Systems/2"),
        ):
            bmc.power()
        with bmc_of(fake, systems_uri="/redfish/v1/Systems/2") as bmc:
            assert bmc.power() is Power.ON
        assert fake.sessions == {}


def test_one_that_cannot_now_is_unknown_and_its_session_deleted(certificate: Path) -> None:
    with fake_of("supermicro", certificate) as fake:
        with bmc_of(fake) as bmc:
            fake.on("GET", "Systems/1", answer_of(COMMON["busy"]))
            with pytest.raises(BmcUnavailable, match="cannot answer now: HTTP 503 .*Unavailable"):
                bmc.power()
            fake.calm()
            fake.on("POST", "Reset", answer_of(COMMON["busy"]))
            with pytest.raises(BmcUnavailable, match="cannot answer now"):
                bmc.set_power(Power.OFF)
            assert fake.power == "On"
        assert fake.sessions == {}


def test_a_user_that_may_only_look_is_refused(certificate: Path) -> None:
    with fake_of("idrac9", certificate) as fake, bmc_of(fake) as bmc:
        fake.on("POST", "Reset", answer_of(COMMON["no_privilege"]))
        with pytest.raises(BmcRefused, match="does not give user fencing the privilege"):
            bmc.set_power(Power.OFF)
        assert len(fake.asked("POST", "Reset")) == 1


def test_a_400_of_another_meaning_is_a_refusal(certificate: Path) -> None:
    with fake_of("supermicro", certificate) as fake, bmc_of(fake) as bmc:
        fake.on("POST", "Reset", answer_of(fake.vendor["already"]))
        with pytest.raises(BmcRefused, match="refused the request: HTTP 400") as refused:
            bmc.set_power(Power.OFF)
        assert not isinstance(refused.value, BmcAlready), "its host is on"


def test_an_answer_that_drips_ends_in_time_and_its_session_is_deleted(certificate: Path) -> None:
    with fake_of("supermicro", certificate) as fake:
        with bmc_of(fake) as bmc:
            bmc.power()
            fake.on("GET", "Systems/1", Answer(200, {}, delay=8))
            before = time.monotonic()
            bmc.set_power(Power.OFF)
            with pytest.raises(BmcUnavailable, match="no whole answer over Redfish within 3 s"):
                bmc.power()
            assert time.monotonic() - before < 5
        assert fake.sessions == {}
