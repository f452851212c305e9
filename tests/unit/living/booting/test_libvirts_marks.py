"""What libvirt would start at boot is found, and Nova's guests among it are taken away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vmha_ocf.backends.compute import libvirts_marks
from vmha_ocf.errors import LocalParameterError

DEFINITIONS = "etc/libvirt/qemu"
STOPPED = "var/lib/libvirt/libvirt-guests"
NOVAS = """<domain><name>{name}</name><uuid>{uuid}</uuid><metadata>
<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"/></metadata></domain>
"""
OTHERS = "<domain><name>{name}</name><uuid>{uuid}</uuid></domain>\n"
WEB, CUSTOM, FIREWALL = (f"{number}c6bd9e6-0000-4000-8000-00000000000{number}" for number in "123")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host with two guests of Nova, one by another template of names, and one of somebody else."""
    define(tmp_path, "instance-00000001", WEB, NOVAS)
    define(tmp_path, "vm-2", CUSTOM, NOVAS)
    define(tmp_path, "firewall", FIREWALL, OTHERS)
    return tmp_path


def define(root: Path, name: str, uuid: str, text: str) -> None:
    put(root, f"{DEFINITIONS}/{name}.xml", text.format(name=name, uuid=uuid))


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def mark(root: Path, *names: str) -> None:
    folder = root / DEFINITIONS / "autostart"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.xml").symlink_to(f"/{DEFINITIONS}/{name}.xml")


def marked(root: Path) -> list[str]:
    return sorted(path.stem for path in (root / DEFINITIONS / "autostart").iterdir())


@pytest.mark.parametrize(
    ("names", "starts"),
    [(["vm-2"], True), (["firewall", "instance-00000001"], True), (["firewall"], False)],
)
def test_a_guest_of_nova_is_known_by_its_definition(
    root: Path, names: list[str], starts: bool
) -> None:
    mark(root, *names)
    assert libvirts_marks.autostart(str(root)) is starts


def test_one_without_a_definition_is_known_by_novas_usual_name(root: Path) -> None:
    mark(root, "instance-0000abcd")
    assert libvirts_marks.autostart(str(root))


def test_only_marks_of_novas_guests_are_taken_away(root: Path) -> None:
    mark(root, "firewall", "instance-00000001", "vm-2")
    told = libvirts_marks.take_away(str(root))
    assert marked(root) == ["firewall"]
    assert [sentence.split()[0] for sentence in told] == ["instance-00000001", "vm-2"]
    assert libvirts_marks.take_away(str(root)) == []


def test_novas_guests_are_taken_off_the_list_of_libvirt_guests(root: Path) -> None:
    put(root, STOPPED, f"default {WEB} {FIREWALL} {CUSTOM}\nqemu:///session {WEB}\n")
    (told,) = libvirts_marks.take_away(str(root))
    assert "3 guests of Nova" in told
    assert (root / STOPPED).read_text() == f"default {FIREWALL}\n"
    assert os.listdir(root / "var/lib/libvirt") == ["libvirt-guests"]


@pytest.mark.parametrize("text", [f"default {FIREWALL}\n", "", "no list of libvirt's"])
def test_a_list_without_them_stays_as_it_is(root: Path, text: str) -> None:
    put(root, STOPPED, text)
    assert libvirts_marks.take_away(str(root)) == []
    assert (root / STOPPED).read_text() == text


def test_a_host_without_libvirt_has_nothing_to_be_taken_away(tmp_path: Path) -> None:
    assert libvirts_marks.take_away(str(tmp_path)) == []


def test_what_cannot_be_taken_away_is_an_error_that_names_it(root: Path) -> None:
    """A folder where libvirt has its links: unlink(2) refuses it, root or not."""
    (root / DEFINITIONS / "autostart/instance-00000001.xml").mkdir(parents=True)
    with pytest.raises(LocalParameterError, match=r"autostart/instance-00000001\.xml would start"):
        libvirts_marks.take_away(str(root))


@pytest.mark.parametrize("unit", ["libvirtd", "virtqemud"])
def test_behind_the_gate_they_start_nothing(root: Path, unit: str) -> None:
    mark(root, "vm-2")
    put(root, "etc/systemd/system/multi-user.target.wants/libvirt-guests.service", "")
    assert libvirts_marks.autostart(str(root))
    assert libvirts_marks.libvirt_guests(str(root))
    put(root, f"etc/systemd/system/{unit}.service.d/vmha-gate.conf", "")
    assert not libvirts_marks.autostart(str(root))
    assert not libvirts_marks.libvirt_guests(str(root))


@pytest.mark.parametrize(
    ("line", "starts"),
    [("export ON_BOOT=ignore", False), ('ON_BOOT="ignore" # ours', False), ("ON_BOOT=", True)],
)
def test_the_settings_of_libvirt_guests_are_read_as_a_shell_reads_them(
    root: Path, line: str, starts: bool
) -> None:
    put(root, "etc/systemd/system/multi-user.target.wants/libvirt-guests.service", "")
    put(root, "etc/sysconfig/libvirt-guests", f"{line}\n")
    assert libvirts_marks.libvirt_guests(str(root)) is starts
