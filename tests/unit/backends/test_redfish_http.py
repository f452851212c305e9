"""The Redfish child's way to a BMC: which connection is kept, and what is never sent twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.certificate import make_certificate
from tests.fakes.redfish import RedfishBmcFake
from tests.fakes.web_server import DROP, Answer, Request
from tests.unit.backends.test_redfish_child import session_with
from vmha_ocf.backends.bmc import redfish_child as child
from vmha_ocf.backends.bmc import redfish_http

LIBRARY = Path(__file__).resolve().parents[3] / "lib"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def fake(certificate: Path) -> Iterator[RedfishBmcFake]:
    with RedfishBmcFake("idrac9", certificate) as fake:
        yield fake


def test_one_connection_serves_all_looks(fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        before = fake.connections
        for _ in range(4):
            assert session.power() == "on"
        assert fake.connections == before


def test_what_switches_begins_a_connection_of_its_own(fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        session.power()
        before = fake.connections
        session.set_power("off")
        assert session.power() == "off"
        assert fake.connections == before + 1
        assert len(fake.asked("POST", "Reset")) == 1


def test_a_look_that_a_kept_connection_lost_is_asked_for_once_more(fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        session.power()
        fake.on("GET", "Systems/", DROP, fake.usual)
        assert session.power() == "on"
        before = fake.connections
        assert session.power() == "on"
        assert fake.connections == before + 1, "no connection is kept with such a one"
        assert fake.received[-1].headers["Connection"] == "close"


def test_what_a_new_connection_loses_too_is_silence(fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        session.power()
        fake.on("GET", "Systems/", DROP)
        asked = len(fake.received)
        for times in (2, 3):
            with pytest.raises(Exception) as told:  # noqa: PT011 whatever a library raises
                session.power()
            assert child.explain(told.value, session)[0] == "silent"
            assert len(fake.received) == asked + times
        fake.calm()


def test_a_request_to_switch_that_is_lost_is_not_sent_again(fake: RedfishBmcFake) -> None:
    with session_with(fake) as session:
        session.power()
        fake.on("POST", "Reset", DROP)
        with pytest.raises(Exception) as told:  # noqa: PT011
            session.set_power("off")
        assert child.explain(told.value, session)[0] == "silent"
        assert len(fake.asked("POST", "Reset")) == 1
        fake.calm()
        assert session.power() == "on"


def test_a_bmc_that_ends_each_connection_without_a_word_is_asked_all_the_same(
    fake: RedfishBmcFake,
) -> None:
    """On each connection it answers once."""
    seen: set[int] = set()

    def once(request: Request) -> Answer:
        served = fake.connections
        if served in seen:
            return DROP
        seen.add(served)
        return fake.usual(request)

    for method in ("GET", "POST", "DELETE"):
        fake.on(method, "", once)
    with session_with(fake) as session:
        assert session.power() == "on"
        session.set_power("off")
        assert session.power() == "off"
    assert len(fake.asked("POST", "Reset")) == 1
    assert fake.sessions == {}


def test_a_connection_that_was_quiet_for_a_while_is_not_used_again(
    fake: RedfishBmcFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redfish_http, "KEPT", 0.05)
    with session_with(fake) as session:
        session.power()
        before = fake.connections
        time.sleep(0.1)
        session.power()
        assert fake.connections == before + 1


def test_a_sushy_that_wants_what_it_is_spared_gets_it(tmp_path: Path) -> None:
    package = tmp_path / "sushy"
    package.mkdir()
    (tmp_path / "pkg_resources.py").write_text("real = 'yes'\n")
    (package / "__init__.py").write_text("import pkg_resources\nseen = pkg_resources.real\n")
    (package / "auth.py").write_text("class SessionAuth: pass\n")
    (package / "connector.py").write_text("class Connector: pass\n")
    (package / "exceptions.py").touch()
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(LIBRARY)!r}]\n"
        "from vmha_ocf.backends.bmc import redfish_http\n"
        "print(redfish_http.sushy.seen)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("yes\n", "")


def test_what_stands_in_for_a_library_is_gone_when_sushy_is_loaded() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(LIBRARY)!r})\n"
        "from vmha_ocf.backends.bmc import redfish_http\n"
        "print(set(redfish_http.stand_ins()) & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
