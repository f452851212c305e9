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
SYSTEMD = "-m tests.lab.suite power-loss --hosts"
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"


@pytest.fixture(autouse=True)
def _healthy() -> None:
    """Nothing is up, and nothing comes up."""


@pytest.mark.parametrize(
    ("hiding", "what", "told"),
    [
        ("mount --bind /dev/null /usr/bin/virsh", f"{DEMO} real", "is not installed: libvirt-clients"),
        (
            "mount -t tmpfs none /usr/lib/x86_64-linux-gnu/libvirt",
            f"{DEMO} real-without-locks",
            "need what is not installed: libvirt-daemon-driver-qemu",
        ),
        ("mount --bind /dev/null /usr/sbin/mariadbd", f"{DEMO} processes", "mariadb-server-core"),
        ("mount --bind /dev/null /usr/sbin/pcs", f"{DEMO} processes", "not installed: pcs"),
        (f"set -- {NOBODY}", f"{DEMO} real", "the lab needs root"),
        (f"set -- {NOBODY}", f"{DEMO} processes", "the lab needs root"),
        (
            "mount -t tmpfs none /var/cache/vmha-lab; set -- unshare --net",
            f"{DEMO} real",
            "cannot download: E: ",
        ),
        ("umount -R /sys/fs/cgroup", f"{SYSTEMD} systemd", "need the unified control groups"),
    ],
)  # fmt: skip
def test_it_is_one_sentence_with_what_to_do(hiding: str, what: str, told: str) -> None:
    """In a mount namespace that hides it, or as somebody who may not."""
    play = f'set --; {hiding}; exec "$@" {sys.executable} {what}'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", play],
        cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": "lib:."}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done
    sentence, hint = done.stderr.splitlines()
    assert sentence.startswith("error: "), done.stderr
    assert told in sentence, done.stderr
    assert hint.startswith("  "), done.stderr
    assert left(lab_from_environment(), Places(frozenset())) == []
