"""A file system of its own for a node: layers that others may share, and what the node writes.

Without one a node sees this machine's files. What it writes stays over a power-off, as on a disk.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.lab.layout import REPOSITORY, Lab

_LAYERS = "layers"
_SHARED = (REPOSITORY, Path("/var/cache/vmha-lab"))
"""The lab's own programs, and its Nova's."""
_KERNEL = ("/dev", "/sys")


def give(lab: Lab, name: str, layers: str) -> None:
    """``layers`` as ``lowerdir`` of an overlay has them: the topmost first, by colons."""
    (lab.home(name) / _LAYERS).write_text(layers)


def has(lab: Lab, name: str) -> bool:
    return (lab.home(name) / _LAYERS).exists()


def installed(lab: Lab, name: str, path: Path) -> Path:
    """Where this machine has a file that the node sees as installed, were ours not over it."""
    layers = (lab.home(name) / _LAYERS).read_text().split(":") if has(lab, name) else ["/"]
    found = [Path(one, path.relative_to("/")) for one in layers if Path(one) != lab.root]
    return next((one for one in found if one.exists()), path)


def bind_kernel(root: Path) -> None:
    """This machine's devices and /sys."""
    for kernel in _KERNEL:
        _run("mount", "--rbind", kernel, f"{root}{kernel}")


def enter(lab: Lab, name: str, give_kernel: Callable[[Path], None] = bind_kernel) -> None:
    """For process 1 of a node, in a mount namespace of its own."""
    home = lab.home(name)
    root, own, work = (home / part for part in ("root", "own", "work"))
    for folder in (root, own, work):
        folder.mkdir(exist_ok=True)
    layers = (home / _LAYERS).read_text()
    options = f"lowerdir={layers},upperdir={own},workdir={work}"
    _run("mount", "-t", "overlay", "-o", options, "overlay", str(root))
    for place in (lab.state, *_SHARED):
        inside = root / place.relative_to("/")
        inside.mkdir(parents=True, exist_ok=True)
        _run("mount", "--rbind", str(place), str(inside))
    give_kernel(root)
    _run("mount", "-t", "proc", "proc", f"{root}/proc")
    before = root / "mnt"
    _run("pivot_root", str(root), str(before))
    os.chdir("/")
    _run("umount", "--lazy", "/mnt")


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True)
