"""Files that an operator wrote, or somebody else: configuration, inventory, clouds.yaml, pulse."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, refusal, texts
from vmha_ocf.backends.bmc.inventory_file import read_inventory
from vmha_ocf.backends.compute.nova_conf import read_nova_host
from vmha_ocf.backends.openstack.clouds_file import read_cloud
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.backends.openstack.way import way_of
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.backends.telling.bus_file import verify_file
from vmha_ocf.errors import LocalParameterError, ParameterError

SECRET = "swordfish"
contents = st.binary(max_size=200) | texts().map(str.encode)
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@one_folder
@given(contents)
@example(b"[DEFAULT]\nkey\n  goes on\n")
@example(b"key = value\n[DEFAULT]\n")
@example(b"[DEFAULT]\nhost = '\n")
def test_a_nova_conf_names_a_host_or_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(content)
    with suppress(LocalParameterError):
        assert read_nova_host(str(path))


@one_folder
@given(texts())
def test_a_host_of_nova_conf_is_one_that_a_flag_can_have(tmp_path: Path, host: str) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(f"[DEFAULT]\nhost = {host}\n")
    with suppress(LocalParameterError):
        found = read_nova_host(str(path))
        assert found.isprintable()
        assert " " not in found
        assert len(found) <= 255


@one_folder
@given(contents)
def test_an_inventory_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "inventory.ini"
    path.write_bytes(content)
    path.chmod(0o600)
    with suppress(ParameterError):
        read_inventory(str(path), "")


@one_folder
@given(contents | texts().map(lambda text: f"[DEFAULT]\ntransport_url = {text}\n".encode()))
@example(b"[DEFAULT]\ntransport_url\n  swordfish\n")
@example(b"[DEFAULT]\ntransport_url = rabbit://[swordfish\n")
def test_a_bus_file_is_understood_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bus.conf"
    path.write_bytes(content)
    path.chmod(0o600)
    with suppress(LocalParameterError):
        verify_file(str(path))


@pytest.mark.parametrize(
    "path", ["\x00", "a\x00b", "/" * 5000, "a" * 5000, "\ud800", "/proc/self"]
)
def test_a_path_that_cannot_be_one_is_refused(path: str) -> None:
    with pytest.raises(LocalParameterError):
        read_inventory(path, "")


def test_a_pipe_is_no_inventory_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(LocalParameterError, match="is not a file"):
        read_inventory(str(tmp_path / "pipe"), "")


def test_an_inventory_is_not_read_without_end(tmp_path: Path) -> None:
    path = tmp_path / "inventory.ini"
    path.touch(mode=0o600)
    os.truncate(path, 2**34)
    with pytest.raises(LocalParameterError, match="too long"):
        read_inventory(str(path), "")


@settings(one_folder, max_examples=20)
@given(contents | texts().map(lambda text: f"clouds:\n  vmha:\n    auth: {text}\n".encode()))
@example(b"clouds: &a [*a]")
@example(b"clouds: !!python/object/apply:os.system ['touch /tmp/vmha-owned']")
@example(b"[" * 5000)
@example(b"clouds: {vmha: {auth: swordfish, password: swordfish}}")
@example(b"clouds: {vmha: {auth_type: none}}")
def test_a_clouds_file_is_read_or_refused_without_repeating_it(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_bytes(content)
    credentials = Credentials(cloud="vmha", clouds_file=str(path))
    assert SECRET not in refusal(lambda: read_cloud(credentials))
    assert SECRET not in refusal(lambda: way_of(credentials))
    assert not Path("/tmp/vmha-owned").exists()


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[PulseFile]:
    """Of a worker that lives."""
    pulse = PulseFile(str(tmp_path / "pulse"))
    with open(f"{pulse.path}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield pulse


@one_folder
@given(contents)
@example(b"-1\n1\n1\nidle\n")
@example(b"0\n1\n1\nidle\n")
@example(b"1\n1\n1\nidle\n")
@example(b"99999999999999999999\n1\n1\nidle\n")
@example(b"77\nnan\n1\nidle\n")
@example(b"77\ninf\n1\nidle\n")
@example(b"77\n" + b"9" * 400 + b"\n1\nidle\n")
def test_a_pulse_names_a_process_that_may_be_ended_or_is_none(
    pulse: PulseFile, content: bytes
) -> None:
    """The process id gets a signal: -1 would be every process there is."""
    Path(pulse.path).write_bytes(content)
    found = pulse.read(5.0)
    if found is not None:
        assert 1 < found.pid < 2**22 + 1
        assert f"{found.age:.0f} {found.troubled:.0f}".lstrip("-").replace(" ", "")
        assert abs(found.age) < 10**12


@one_folder
@given(any_texts(), st.lists(any_texts(), max_size=3))
def test_a_beat_is_read_as_it_was_meant(
    pulse: PulseFile, sentence: str, problems: list[str]
) -> None:
    pulse.beat(5.0, sentence, problems)
    found = pulse.read(7.0)
    assert found is not None
    assert (found.pid, found.age) == (os.getpid(), 2.0)
    assert len(found.problems) == len(problems)
    assert all(
        line.isprintable() and len(line) <= 1000 for line in [found.sentence, *found.problems]
    )
