"""A file on storage that does not answer: who reads it waits in the kernel, and no signal ends that.

By FUSE, of which the kernel alone is needed: who mounts answers the first request, takes the next, and says
nothing more. Also who is killed waits for an answer to what was taken; that is state D.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from tests.lab.command import must
from tests.lab.processes import Process

_MOST = 1 << 20
_UNIQUE = struct.Struct("<8xQ")
_ANSWER = struct.Struct("<IiQ")
_INIT = struct.Struct("<IIIIHHII32x")
"""FUSE_INIT's answer: version 7.31, and how much at once."""


class SilentFile:
    """In the place of a file on a node, for all that runs there."""

    def __init__(self, init: Process, path: Path) -> None:
        # umount reads /proc/self, which a process of another process namespace has not.
        self._inside = ["nsenter", f"--target={init.pid}", "--mount", "--pid", "--"]
        self._path = str(path)
        self._kernel = -1

    def __enter__(self) -> SilentFile:
        self._kernel = os.open("/dev/fuse", os.O_RDWR | os.O_NONBLOCK)
        options = f"fd={self._kernel},rootmode=100644,user_id=0,group_id=0"
        mount = ["mount", "-i", "-t", "fuse", "-o", options, "silent", self._path]
        must([*self._inside, *mount], keep=(self._kernel,))
        (unique,) = _UNIQUE.unpack_from(os.read(self._kernel, _MOST))
        said = _INIT.pack(7, 31, 0, 0, 16, 12, 65536, 0)
        os.write(self._kernel, _ANSWER.pack(_ANSWER.size + len(said), 0, unique) + said)
        return self

    def asked(self) -> bool:
        """Somebody reads it. As long as nobody has asked us, a reader can be killed."""
        try:
            return bool(os.read(self._kernel, _MOST))
        except BlockingIOError:
            return False

    def __exit__(self, *_: object) -> None:
        """Who waits gets an error, and ends if it was killed."""
        os.close(self._kernel)
        must([*self._inside, "umount", "--lazy", self._path])
