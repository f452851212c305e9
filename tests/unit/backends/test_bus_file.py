"""The file that says which bus is told: what is wrong with it is said without its password."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.worker.test_options import DEFAULTS
from vmha_ocf.backends.telling import bus_file
from vmha_ocf.errors import LocalParameterError, NotInstalled, VmhaError
from vmha_ocf.programs import wiring

PASSWORD = "swordfish"
URL = f"rabbit://vmha:{PASSWORD}@mq1:5672,vmha:{PASSWORD}@mq2:5672/"
GOOD = f"[oslo_messaging_notifications]\ntransport_url = {URL}\ntopics = notifications\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "bus.conf", GOOD)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_good_one(path: Path) -> None:
    bus_file.verify_file(str(path))


def test_the_url_of_all_of_oslo_messaging_will_do(path: Path) -> None:
    bus_file.verify_file(str(written(path, f"[DEFAULT]\ntransport_url = {URL}\n")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no transport_url that names a host"),
        ("[oslo_messaging_notifications]\ntransport_url =\n", "has no transport_url"),
        ("[oslo_messaging_notifications]\ntransport_url\n", "is not understood, line 2"),
        ("[DEFAULT]\ntransport_url\n  " + PASSWORD, "is not understood, line 2"),
        (f"[oslo_messaging_notifications]\ntransport_url = {PASSWORD}\n", "has no transport_url"),
        (f"[oslo_messaging_notifications]\ntransport_url = rabbit://[{PASSWORD}\n", "has no tr"),
        (f"transport_url = {URL}\n", "is not understood, line 1"),
        ("é".encode("latin-1").decode("latin-1") * 3, "is not understood, line 1"),
    ],
)
def test_what_is_wrong_with_it_is_said_and_what_to_write(path: Path, text: str, said: str) -> None:
    with pytest.raises(LocalParameterError, match=said) as error:
        bus_file.verify_file(str(written(path, text)))
    assert "transport_url = rabbit://USER:PASSWORD@HOST" in error.value.hint
    assert PASSWORD not in f"{error.value} {error.value.hint}"


def test_no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LocalParameterError, match="is not UTF-8 text"):
        bus_file.verify_file(str(path))


def test_others_may_neither_read_nor_write_it(path: Path, tmp_path: Path) -> None:
    path.chmod(0o644)
    with pytest.raises(LocalParameterError, match="can be read by others") as error:
        bus_file.verify_file(str(path))
    assert error.value.hint == f"chmod 600 {path}"
    path.chmod(0o622)
    with pytest.raises(LocalParameterError, match="can be written by others"):
        bus_file.verify_file(str(path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LocalParameterError, match="is not a file"):
        bus_file.verify_file(str(tmp_path / "pipe"))
    with pytest.raises(LocalParameterError, match="No such file"):
        bus_file.verify_file(str(tmp_path / "none"))


def test_without_the_library_it_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_file, "LIBRARY", "no_such_library")
    with pytest.raises(NotInstalled) as error:
        wiring.verify_bus({**DEFAULTS, "bus": str(path)})
    assert "python3-oslo.messaging" in error.value.hint
    assert "python3-oslo.messaging" in bus_file.problem(str(path))
    wiring.verify_bus(DEFAULTS)  # nobody has asked for it


def test_with_it_nothing_is_wrong(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_file, "LIBRARY", "json")
    assert bus_file.problem(str(path)) == ""
    path.chmod(0o644)
    with pytest.raises(VmhaError, match="can be read by others"):
        wiring.verify_bus({**DEFAULTS, "bus": str(path)})
