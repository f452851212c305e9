"""The host's name is what nova-compute itself would read."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from vmha_ocf.backends.compute.nova_conf import read_nova_host
from vmha_ocf.errors import LocalParameterError


def written(folder: Path, **files: str) -> str:
    """nova.conf and others; ``__`` in a name is a dot, ``_in_`` the folder that it is in."""
    for name, text in files.items():
        inner, _, outer = name.replace("__", ".").partition("_in_")
        path = folder / outer / inner.replace("_", "-")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return str(folder / "nova.conf")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("[DEFAULT]\nhost = compute-1\n", "compute-1"),
        ("[DEFAULT]\nhost=c1.example.com\n[vnc]\nhost = other\n", "c1.example.com"),
        ("[DEFAULT]\nhost = first\nhost = second\n", "second"),
        ("[DEFAULT]\nhost = 'quoted'\n", "quoted"),
        ('[DEFAULT]\nhost = "quoted"\n', "quoted"),
        ("[DEFAULT]\nhost: colon\n", "colon"),
        ("[DEFAULT]\n# host = comment\nhost = said\nuse_ipv6\n", "said"),
        ("[DEFAULT]\ntransport_url = rabbit://a:p%40ss@b\nhost = said\n", "said"),
        ("[DEFAULT]\nhost = said\n[DEFAULT]\ndebug = true\n", "said"),
    ],
)
def test_it_is_host_of_the_default_section(tmp_path: Path, text: str, host: str) -> None:
    assert read_nova_host(written(tmp_path, nova__conf=text)) == host


@pytest.mark.parametrize("text", ["", "[DEFAULT]\n", "[DEFAULT]\nhost =\n", "[vnc]\nhost = x\n"])
def test_by_default_it_is_the_host_name(tmp_path: Path, text: str) -> None:
    assert read_nova_host(written(tmp_path, nova__conf=text)) == socket.gethostname()


def test_no_file_at_all_is_no_configuration(tmp_path: Path) -> None:
    assert read_nova_host(str(tmp_path / "nova.conf")) == socket.gethostname()
    (tmp_path / "file").write_text("")
    assert read_nova_host(str(tmp_path / "file" / "nova.conf")) == socket.gethostname()


def test_the_last_file_wins(tmp_path: Path) -> None:
    path = written(tmp_path, nova__conf="[DEFAULT]\nhost = 1\n")
    order = ["nova_compute__conf", "1__conf_in_nova__conf__d", "2__conf_in_nova__conf__d"]
    for number, name in enumerate([*order, "1__conf_in_nova-compute__conf__d"]):
        written(tmp_path, **{name: f"[DEFAULT]\nhost = {number}\n"})
        assert read_nova_host(path) == str(number)


def test_only_conf_files_of_the_folder_count(tmp_path: Path) -> None:
    path = written(tmp_path, nova__conf="", old__bak_in_nova__conf__d="[DEFAULT]\nhost = old\n")
    assert read_nova_host(path) == socket.gethostname()


@pytest.mark.parametrize(
    "text", ["host = before any section\n", "[DEFAULT\n", "[DEFAULT]\nhost = $my_ip\n"]
)
def test_what_cannot_be_read_is_never_taken_for_the_host_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(LocalParameterError, match="nova_host"):
        read_nova_host(written(tmp_path, nova__conf=text))


def test_neither_are_other_bytes_nor_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(b"[DEFAULT]\nhost = \xff\n")
    with pytest.raises(LocalParameterError, match="UnicodeDecodeError"):
        read_nova_host(str(path))
    path.unlink()
    path.mkdir()
    with pytest.raises(LocalParameterError, match="IsADirectoryError"):
        read_nova_host(str(path))
