"""What starts guests on this host when it boots: libvirt's autostart, libvirt-guests, nova-compute."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from vmha_ocf.backends.compute.nova_conf import resumes_guests
from vmha_ocf.booting.starters import AUTOSTART, LIBVIRT_GUESTS, RESUME
from vmha_ocf.errors import LocalParameterError

_AUTOSTART = "etc/libvirt/qemu/autostart"
_SETTINGS = ("etc/default/libvirt-guests", "etc/sysconfig/libvirt-guests")
_ENABLED = "etc/systemd/system/multi-user.target.wants/libvirt-guests.service"
_ON_BOOT = re.compile(r"""^\s*(?:export\s+)?ON_BOOT=["']?(\w+)""", re.MULTILINE)


def guest_starters(nova_conf: str, root: str = "/") -> Sequence[str]:
    """Words of booting/starters.py. What cannot be read starts nothing, as far as anybody can tell."""
    return list(_found(nova_conf, root))


def _found(nova_conf: str, root: str) -> Iterator[str]:
    if any(name.startswith("instance-") for name in _listed(os.path.join(root, _AUTOSTART))):
        yield AUTOSTART
    if os.path.lexists(os.path.join(root, _ENABLED)) and _starts_at_boot(root):
        yield LIBVIRT_GUESTS
    try:
        if resumes_guests(nova_conf):
            yield RESUME
    except LocalParameterError:
        return


def _listed(folder: str) -> Sequence[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return ()


def _starts_at_boot(root: str) -> bool:
    """libvirt-guests.sh starts them where nobody has said otherwise; the last assignment wins."""
    said = [word for name in _SETTINGS for word in _assigned(os.path.join(root, name))]
    return not said or said[-1] == "start"


def _assigned(path: str) -> Sequence[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return _ON_BOOT.findall(file.read(100_000))
    except OSError:
        return ()
