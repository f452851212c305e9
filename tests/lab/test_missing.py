"""A machine that lacks something is told so in one sentence, before anything is built on it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.lab.layout import REPOSITORY, lab_from_environment
from tests.lab.leftovers import Places, left

pytestmark = pytest.mark.lab
DEMO = "-m tests.lab.demo --guests"
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"


@pytest.fixture(autouse=True)
def _healthy() -> None:
    """Nothing is up, and nothing comes up."""


@pytest.mark.parametrize(
    ("hiding", "guests", "told"),
    [
        ("mount --bind /dev/null /usr/bin/virsh", "real", "need what is not installed: libvirt-clients"),
        (
            "mount -t tmpfs none /usr/lib/x86_64-linux-gnu/libvirt",
            "real-without-locks",
            "need what is not installed: libvirt-daemon-driver-qemu",
        ),
        ("mount --bind /dev/null /usr/sbin/mariadbd", "processes", "not installed: mariadb-server-core"),
        ("mount --bind /dev/null /usr/sbin/pcs", "processes", "not installed: pcs"),
        (f"set -- {NOBODY}", "real", "the lab needs root"),
        (f"set -- {NOBODY}", "processes", "the lab needs root"),
        (
            "mount -t tmpfs none /var/cache/vmha-lab; set -- unshare --net",
            "real",
            "cannot download: E: ",
        ),
    ],
)  # fmt: skip
def test_it_is_one_sentence_with_what_to_do(hiding: str, guests: str, told: str) -> None:
    """In a mount namespace that hides it, or as somebody who may not."""
    play = f'set --; {hiding}; exec "$@" {sys.executable} {DEMO} {guests}'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", play],
        cwd=REPOSITORY, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done
    sentence, hint = done.stderr.splitlines()
    assert sentence.startswith("error: "), done.stderr
    assert told in sentence, done.stderr
    assert hint.startswith("  "), done.stderr
    assert left(lab_from_environment(), Places(frozenset())) == []
