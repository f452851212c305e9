"""What may go wrong around a worker that tells others: receivers, scrapers, a full disk."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.lab.cluster import Cluster
from tests.lab.tellers import PORT

_REQUEST = b"GET /metrics HTTP/1.1\r\nHost: lab\r\n\r\n"


class SilentReceiver:
    """A webhook that takes every connection and never answers."""

    def __init__(self, address: str) -> None:
        self._listener = socket.create_server((address, 0))
        self.url = f"http://{address}:{self._listener.getsockname()[1]}/hook"
        self.held: list[socket.socket] = []
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> SilentReceiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Without the shutdown the thread would go on waiting in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for one in self.held:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.held.append(self._listener.accept()[0])


class HangingProgram:
    """A notify_command that never ends."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "hanging"
        self.path = folder / "notify-hangs"
        self.path.write_text(f"#!/bin/sh\necho begun >>{self._notes}\nexec sleep 3600\n")
        self.path.chmod(0o755)

    def started(self) -> bool:
        return self._notes.exists()


class KeepingProgram:
    """A notify_command that keeps what it gets."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "kept"
        self._notes.write_text("")
        self.path = folder / "notify-keeps"
        self.path.write_text(f"#!/bin/sh\n(cat; echo) >>{self._notes}\n")
        self.path.chmod(0o755)

    def got(self, step: str) -> list[Any]:
        """All messages of this step."""
        kept = [json.loads(line) for line in self._notes.read_text().splitlines() if line]
        return [one for one in kept if one["step"] == step]


class LazyScrapers:
    """Connect to the worker's API, half of them without a word, and never read. Who is put out comes
    again."""

    COUNT = 30

    def __init__(self, address: str) -> None:
        self._address = address
        self._open: list[socket.socket] = []
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.connections = 0
        """All that there were."""

    def __enter__(self) -> LazyScrapers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for one in self._open:
            one.close()

    @property
    def held(self) -> int:
        """Those that the worker has not put out."""
        return sum(map(_is_open, list(self._open)))

    def _run(self) -> None:
        while not self._over.wait(0.2):
            for one in [one for one in self._open if not _is_open(one)]:
                self._open.remove(one)
                one.close()
            while len(self._open) < self.COUNT and self._connect():
                pass

    def _connect(self) -> bool:
        with suppress(OSError):
            one = socket.create_connection((self._address, PORT), timeout=2.0)
            self._open.append(one)
            self.connections += 1
            if self.connections % 2:
                one.sendall(_REQUEST)
            return True
        return False


def _is_open(connection: socket.socket) -> bool:
    """Whether the other side still has it open; what it sent is not read."""
    try:
        return len(connection.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT)) > 0
    except BlockingIOError:
        return True
    except OSError:
        return False


class FullDisk:
    """A small disk over a place of some controllers, by default of all; the place is given back."""

    def __init__(self, cluster: Cluster, place: str, *nodes: str) -> None:
        self.place = place
        self._cluster = cluster
        self._nodes: Sequence[str] = nodes or [node.name for node in cluster.lab.controllers]

    def __enter__(self) -> FullDisk:
        place = shlex.quote(self.place)
        for node in self._nodes:
            self._shell(
                node,
                f"mkdir -p {place} && owner=$(stat -c %u:%g {place}) && mode=$(stat -c %a {place}) && "
                f"mount -t tmpfs -o size=64k,mode=$mode none {place} && chown $owner {place}",
            )
        return self

    def __exit__(self, *_: object) -> None:
        for node in self._nodes:
            # A node that lost power meanwhile has lost the mount with it.
            self._cluster.run(node, ["umount", "--lazy", self.place])

    def fill(self) -> None:
        """To the last byte, also of the files that have begun a block."""
        place = shlex.quote(self.place)
        script = f'for one in {place}/ballast {place}/*; do cat /dev/zero >>"$one" || true; done'
        for node in self._nodes:
            self._shell(node, script)

    def is_full(self, node: str) -> bool:
        more = shlex.quote(f"{self.place}/more")
        return self._cluster.run(node, ["sh", "-c", f"echo more >{more}"]).code != 0

    def holds(self, node: str, file: str, words: str) -> bool:
        """Whether a file on it has these words."""
        return self._cluster.run(node, ["grep", "-q", words, f"{self.place}/{file}"]).code == 0

    def _shell(self, node: str, script: str) -> None:
        self._cluster.must(node, ["sh", "-c", script])
