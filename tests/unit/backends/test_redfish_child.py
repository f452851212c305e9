"""What the Redfish child makes of answers, without the process around it: on the wire of the loopback."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.certificate import make_certificate
from tests.fakes.redfish import PASSWORD, USER, RedfishBmcFake, answer_of, recorded
from tests.fakes.web_server import Answer
from vmha_ocf.backends.bmc import redfish_child as child
from vmha_ocf.backends.bmc import redfish_http
from vmha_ocf.backends.bmc.redfish_errors import _SENTENCES


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def fake(certificate: Path) -> Iterator[RedfishBmcFake]:
    with RedfishBmcFake("ilo5", certificate) as fake:
        yield fake


@contextmanager
def session_with(fake: RedfishBmcFake, **other: object) -> Iterator[child.Session]:
    request = {"address": "127.0.0.1", "port": fake.port, "username": USER, "password": PASSWORD}
    ca = str(fake.certificate.with_name("ca.pem"))
    asked = {"root": "/redfish/v1", "system": "", "verify": ca}
    session = child.Session({**request, **asked, **other})
    yield session
    session.close()


@pytest.mark.parametrize("state", [None, "Reset", "", 3, "off"])
def test_a_power_state_that_nobody_knows_is_no_off(state: object, fake: RedfishBmcFake) -> None:
    fake.power = state  # type: ignore[assignment]
    with session_with(fake) as session, pytest.raises(child.Failed) as told:
        session.power()
    assert child.explain(told.value, session) == ("garbled", f"PowerState {state}")


@pytest.mark.parametrize("state", ["PoweringOff", "PoweringOn", "Paused", "On"])
def test_a_host_that_is_going_off_is_still_on(state: str, fake: RedfishBmcFake) -> None:
    fake.power = state
    with session_with(fake) as session:
        assert session.power() == "on"


def test_off_is_off(fake: RedfishBmcFake) -> None:
    fake.power = "Off"
    with session_with(fake) as session:
        assert session.power() == "off"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, b"<html>It works!</html>"), "garbled"),
        (Answer(200, b"[]"), "garbled"),
        (Answer(200, b"null"), "garbled"),
        (Answer(200, b""), "garbled"),
        (Answer(200, b"\xff\xfe"), "garbled"),
        (Answer(200, {"Members": "none"}), "garbled"),
        (Answer(200, {"Members": []}), "no-system"),
        (Answer(302, None, {"Location": "https://192.0.2.1/login.html"}), "no-system"),
        (Answer(302, None), "garbled"),
        (Answer(400, {"error": "text"}), "garbled"),
        (Answer(400, {"error": {"@Message.ExtendedInfo": {"MessageId": "alone"}}}), "refused"),
        (Answer(400, {"error": {"@Message.ExtendedInfo": ["text"]}}), "garbled"),
        (Answer(400, None), "refused"),
        (Answer(401, None), "session"),
        (Answer(403, None), "privilege"),
        (Answer(404, None), "no-system"),
        (Answer(429, None), "busy"),
        (Answer(500, None), "busy"),
        (answer_of(recorded("common")["busy"]), "busy"),
    ],
)
def test_each_answer_has_its_meaning(answer: Answer, kind: str, fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        fake.on("GET", "Systems", answer)
        with pytest.raises(Exception) as told:  # noqa: PT011 whatever a library raises
            session.power()
        found, detail = child.explain(told.value, session)
    assert found == kind
    assert found in _SENTENCES
    assert "\n" not in detail
    assert len(detail) <= 200
    assert PASSWORD not in detail


def test_a_root_that_is_none_is_no_redfish(fake: RedfishBmcFake) -> None:
    for body in (b"<html>", b"[]", b"{}", b'{"Id": "x", "Links": 3}'):
        fake.calm()
        fake.on("GET", ".", Answer(200, body))
        with pytest.raises(Exception) as told, session_with(fake):  # noqa: PT011
            pass
        assert child.explain(told.value, None)[0] in ("garbled", "password"), body


def test_the_bmcs_word_about_other_addresses_is_not_followed(fake: RedfishBmcFake) -> None:
    """iLO redirects to a name of its own, and says that its sessions are there."""
    with session_with(fake) as session:
        assert session.power() == "on"
    assert fake.asked("GET", "/Systems/1/$")
    assert fake.sessions == {}
    assert redfish_http.within("https://elsewhere:9/redfish/v1/x?$top=1") == "/redfish/v1/x?$top=1"


def test_the_time_of_a_request_ends_it_and_not_the_session(fake: RedfishBmcFake) -> None:
    before = signal.getsignal(signal.SIGALRM)
    try:
        with session_with(fake) as session:
            fake.on("GET", "Systems", Answer(200, {}, delay=3))
            begun = time.monotonic()
            child.limit(0.5)
            with pytest.raises(child.TooSlow) as told:
                session.power()
            assert time.monotonic() - begun < 2
            assert child.explain(told.value, session) == ("deadline", "0")
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert fake.sessions == {}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_certificate_for_another_name_is_told_as_that(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "DNS:bmc.example.com")
    with RedfishBmcFake("ilo5", other) as fake:
        with pytest.raises(Exception) as told, session_with(fake):  # noqa: PT011
            pass
        kind, detail = child.explain(told.value, None)
        assert kind == "certificate"
        assert "127.0.0.1" in detail
        assert fake.received == [], "no password was sent"
