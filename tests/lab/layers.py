"""Layers of a node's root, each made once and kept in the lab's cache."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable

from tests.lab.cloud.site import CACHE
from tests.packages.clean_root import CleanRoot

_WEEK = 7 * 86400.0


def layer(
    below: CleanRoot, name: str, key: str, make: Callable[[CleanRoot], None], shared: str = ""
) -> CleanRoot:
    """A layer above another one, whole or not there. Those that nobody has asked for in a week go."""
    folder = CACHE / f"{name}-{key}"
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make(below.copy(unfinished, shared))
        unfinished.rename(folder)
    folder.touch()
    for other in CACHE.glob(f"{name}-*"):
        if other.stat().st_mtime < time.time() - _WEEK:
            shutil.rmtree(other)
    return CleanRoot(folder, (below.own, *below.layers) if below.layers else (below.folder,))


def key(words: Iterable[str]) -> str:
    """Of what a layer is made of."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()[:16]
