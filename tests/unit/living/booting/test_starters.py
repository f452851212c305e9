from __future__ import annotations

from pathlib import Path

import pytest

from vmha_ocf.backends.compute.guest_starters import guest_starters
from vmha_ocf.living.booting import starters

NOVA_CONF = "etc/nova/nova.conf"


def put(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(root: Path) -> list[str]:
    return list(guest_starters(str(root / NOVA_CONF), str(root)))


def test_a_host_without_any_of_it_starts_nothing(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("guest", "starts"), [("instance-00000001.xml", ["autostart"]), ("firewall.xml", [])]
)
def test_libvirts_autostart_counts_for_guests_of_nova(
    tmp_path: Path, guest: str, starts: list[str]
) -> None:
    put(tmp_path, f"etc/libvirt/qemu/autostart/{guest}")
    assert found(tmp_path) == starts


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        (None, True),
        ("#ON_BOOT=ignore\n", True),
        ("ON_BOOT=start\n", True),
        ("ON_BOOT=ignore\n", False),
        ("ON_BOOT=start\n ON_BOOT='ignore'\n", False),
    ],
)
def test_libvirt_guests_starts_them_unless_it_is_told_otherwise(
    tmp_path: Path, settings: str | None, starts: bool
) -> None:
    if settings is not None:
        put(tmp_path, "etc/default/libvirt-guests", settings)
    assert found(tmp_path) == []
    put(tmp_path, "etc/systemd/system/multi-user.target.wants/libvirt-guests.service")
    assert found(tmp_path) == (["libvirt-guests"] if starts else [])


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("[DEFAULT]\nresume_guests_state_on_host_boot = true\n", ["resume"]),
        ("[DEFAULT]\nresume_guests_state_on_host_boot = maybe\n", []),
        ("[DEFAULT]\nresume_guests_state_on_host_boot\n", []),
        ("[DEFAULT]\n", []),
    ],
)
def test_nova_compute_resumes_guests_if_it_is_told_to(
    tmp_path: Path, text: str, starts: list[str]
) -> None:
    put(tmp_path, NOVA_CONF, text)
    assert found(tmp_path) == starts


def test_what_is_kept_is_told_with_its_end() -> None:
    text = starters.format_starters(["autostart", "resume"])
    assert text == "autostart,resume"
    (_, disable), (_, configure) = starters.told(text)
    assert "virsh autostart --disable" in disable
    assert "resume_guests_state_on_host_boot = false" in configure


@pytest.mark.parametrize("text", ["", starters.format_starters([]), "typed by somebody"])
def test_nothing_is_told_of_nothing(text: str) -> None:
    assert starters.told(text) == []


def test_what_pcs_status_shows_is_not_cut_off() -> None:
    assert all(len(sentence) <= 128 for sentence in starters.SHOWN.values())
