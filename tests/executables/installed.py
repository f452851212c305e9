"""What `make install` installs, seen as installed by some processes only. Needs root.

Pacemaker and pcs look for agents in fixed places. These are mounted over, in a mount namespace of
their own; the machine itself has nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.process import command
from vmha_ocf.backends.process.command import Result

PLACES = ("usr/lib/ocf/resource.d", "usr/lib/python3/dist-packages", "usr/sbin", "usr/share")
AGENTS = "/usr/lib/ocf/resource.d/openstack"
_FIRST = 'eval "$1"; shift; exec "$@"'


class Installed:
    def __init__(self, folder: Path) -> None:
        self.root = folder
        made = command.run(
            ["make", "-s", "-C", str(REPOSITORY), "install", f"DESTDIR={folder}"], timeout=120
        )
        assert made.rc == 0, made
        lower = {place: f"lowerdir={folder}/{place}:/{place}" for place in PLACES}
        mounts = [
            f"mount -t overlay -o 'ro,{option}' overlay /{place}"
            for place, option in lower.items()
        ]
        self.mounts = "set -e; " + "; ".join(mounts)
        """A shell's commands, for a mount namespace that already is one's own."""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 60,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        own = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _FIRST, "sh"]
        return command.run([*own, self.mounts, *argv], timeout=timeout, input=input, env=env)
