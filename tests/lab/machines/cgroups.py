"""The control group of a node: all that systemd starts in it, and nothing else.

Of the unified hierarchy (cgroup2), which is there, with controllers or without, on every machine of
today; systemd needs none of them to know its processes.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.layout import Lab
from tests.lab.wait import wait_until

_MOUNTS = Path("/proc/self/mounts")


def hierarchy(mounts: str) -> Path | None:
    """Where the unified hierarchy is, by the text of /proc/self/mounts (proc(5))."""
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2" and "rw" in options.split(","):
            return Path(place)
    return None


def require() -> Path:
    found = hierarchy(_MOUNTS.read_text())
    if found is None:
        raise LabError(
            "hosts that systemd boots need the unified control groups, which are not mounted here",
            "mkdir -p /sys/fs/cgroup/unified; mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
        )
    return found


def join(lab: Lab, name: str) -> None:
    """Whoever calls is in the node's own from now on, with all that it starts."""
    folder = require() / _of(lab) / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.procs").write_text("0")


def end(lab: Lab, name: str = "") -> None:
    """Kill what is left in the node's, or in those of all nodes, and remove it. Nothing where none is."""
    folder = of(lab, name)
    if folder is None:
        return
    with contextlib.suppress(FileNotFoundError):  # Since Linux 5.14.
        (folder / "cgroup.kill").write_text("1")
    wait_until(f"the end of control group {folder}", lambda: _removed(folder), 10.0, 0.01)


def of(lab: Lab, name: str = "") -> Path | None:
    """The node's, or that of all nodes, if it is there."""
    root = hierarchy(_MOUNTS.read_text())
    folder = root / _of(lab) / name if root else None
    return folder if folder and folder.is_dir() else None


def _of(lab: Lab) -> str:
    return f"vmha-lab-{lab.prefix}"


def _removed(folder: Path) -> bool:
    below = [path for path in folder.rglob("*") if path.is_dir()]
    try:
        for path in [*sorted(below, reverse=True), folder]:
            path.rmdir()
    except OSError:  # Whoever was killed is still ending.
        return not folder.exists()
    return True
