"""The older agents on the nodes of a lab, in the place of ours, until they are upgraded.

fence_compute and fence_evacuate are those of Debian's fence-agents, changed only where they do not run with
Debian's own Python any more. The resource agents, which Debian does not have, are stood for.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab import own_root
from tests.lab.errors import LabError
from tests.lab.layout import REPOSITORY
from tests.lab.stage import Stage

_FENCE = Path("/usr/sbin")
_NAMES = {
    "fence_compute": _FENCE,
    "fence_evacuate": _FENCE,
    "NovaEvacuate": Path("/usr/lib/ocf/resource.d/openstack"),
    "NovaCompute": Path("/usr/lib/ocf/resource.d/openstack"),
}
_PYTHON = {
    # Gone since Python 3.11.
    "inspect.getargspec": "inspect.getfullargspec",
    # A dependency that Debian's package does not have.
    "from keystoneclient import discover": "from older_discover import discover",
}
_DISCOVER = '''
class discover:
    """keystoneclient's, for a Keystone that has version 3 only."""

    available_versions = staticmethod(lambda url: [{"id": "v3.14"}])
    version_match = staticmethod(lambda wanted, found: found.startswith(wanted))
'''


class OlderAgents:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._folder = stage.lab.state / "older"
        self._hook = stage.lab.boot_hooks / "older-agents"

    def install(self) -> None:
        """On all nodes, and again whenever one of them boots."""
        self._folder.mkdir()
        for name in _NAMES:
            self._write(name, self._text(name))
        (self._folder / "older_discover.py").write_text(_DISCOVER)
        mounts = []
        for place in (_NAMES[one] / one for one in _NAMES):
            mounts.append(f"[ -e {place} ] || touch {place}")
            mounts.append(f"mount --bind {self._folder / place.name} {place}")
        self._hook.write_text("\n".join(["#!/bin/sh", "set -e", *mounts, ""]))
        self._hook.chmod(0o755)
        for node in self._stage.lab.nodes:
            self._stage.cluster.must(node.name, [str(self._hook), node.name])

    def upgrade(self) -> None:
        """Ours come to light. What runs of the older ones runs on."""
        self._hook.unlink()
        for node in self._stage.lab.nodes:
            for name, place in _NAMES.items():
                self._stage.cluster.must(node.name, ["umount", "--lazy", str(place / name)])

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)
        (self._folder / name).chmod(0o755)

    def _text(self, name: str) -> str:
        if _NAMES[name] != _FENCE:
            text = (Path(__file__).parent / name).read_text()
            state = str(self._stage.lab.state)
            return text.replace("@REPOSITORY@", str(REPOSITORY)).replace("@STATE@", state)
        lab = self._stage.lab
        text = own_root.installed(lab, lab.controllers[0].name, _FENCE / name).read_text()
        if any(old not in text for old in _PYTHON):
            raise LabError(f"{_FENCE / name} is not the one of fence-agents", "make setup")
        for old, new in _PYTHON.items():
            text = text.replace(old, new)
        return text.replace("import sys\n", f"import sys\nsys.path.append('{self._folder}')\n", 1)
