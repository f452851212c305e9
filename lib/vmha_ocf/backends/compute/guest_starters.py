"""What starts guests on this host when it boots: libvirt's autostart, libvirt-guests, nova-compute."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from vmha_ocf.backends.compute import libvirts_marks
from vmha_ocf.backends.compute.nova_conf import resumes_guests
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.living.booting.starters import RESUME


def guest_starters(nova_conf: str, root: str = os.sep) -> Sequence[str]:
    """Words of booting/starters.py. What cannot be read starts nothing, as far as anybody can tell."""
    return list(_found(nova_conf, root))


def _found(nova_conf: str, root: str) -> Iterator[str]:
    yield from libvirts_marks.starters(root)
    try:
        if resumes_guests(nova_conf):
            yield RESUME
    except LocalParameterError:
        return
