"""Open pages: each is told what has changed, all of them by one thread, and none can hold up another.

What is sent is made once for all. A page that reads slowly gets the newest of each part when it has read
what came before; one that reads nothing is dropped. Nobody open: the thread sleeps, and nothing is made.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

OPEN_MOST = 64
"""Pages at once."""
PACE = 1.0
"""Seconds between two looks at what has changed."""
STALLED = 20.0
"""Seconds in which a page that is sent something reads nothing of it, before it is dropped."""
LONGEST = 3600.0
"""Seconds. The page comes again by itself; a token that was changed counts by then."""
_BUFFER = 65536
"""Bytes that the kernel keeps for each."""

Parts = Mapping[str, bytes]
"""What there is to be told, by its name, ready to be sent."""


@dataclass(eq=False)
class _Page:
    connection: socket.socket
    names: bool
    since: float
    moved: float
    """When it last took something."""
    left: bytes = b""
    told: dict[str, bytes] = field(default_factory=dict)
    """The last of each part that it was given."""


class Streams:
    """``parts``: what there is to be told now, with or without names of instances."""

    def __init__(self, parts: Callable[[bool], Parts]) -> None:
        self._parts = parts
        self._pages: dict[socket.socket, _Page] = {}
        self._coming: list[_Page] = []
        self._lock = threading.Lock()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="pages", daemon=True)

    @property
    def count(self) -> int:
        return len(self._pages) + len(self._coming)

    @property
    def has_room(self) -> bool:
        return self._running and self.count < OPEN_MOST

    def start(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._selector.register(self._ours, selectors.EVENT_READ)
        self._running = True
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._running = False
        self._wake()
        self._thread.join(timeout)

    def adopt(self, connection: socket.socket, *, names: bool) -> bool:
        """Its head has been sent. False: there are too many, and it stays with whoever asks."""
        now = time.monotonic()
        with self._lock:
            if not self.has_room:
                return False
            self._coming.append(_Page(connection, names, now, now))
        self._wake()
        return True

    def _wake(self) -> None:
        with suppress(OSError):
            self._theirs.send(b"!")

    def _run(self) -> None:
        due = 0.0
        while self._running:
            wait = max(0.0, due - time.monotonic()) if self._pages else None
            for key, events in self._selector.select(wait):
                self._serve(key.fileobj, events)
            new = self._welcome()
            if self._pages and (new or time.monotonic() >= due):
                due = time.monotonic() + PACE
                self._tell()
        self._welcome()
        for page in list(self._pages.values()):
            self._drop(page)
        for each in (self._ours, self._theirs, self._selector):
            each.close()

    def _serve(self, connection: object, events: int) -> None:
        if connection is self._ours:
            with suppress(OSError):
                self._ours.recv(4096)
            return
        page = self._pages.get(connection)  # type: ignore[call-overload] # of our own making
        if page is not None and events & selectors.EVENT_READ and self._has_left(page):
            self._drop(page)
        elif page is not None and events & selectors.EVENT_WRITE:
            self._send(page)

    def _welcome(self) -> bool:
        with self._lock:
            coming, self._coming = self._coming, []
            for page in coming:
                self._pages[page.connection] = page
        for page in coming:
            try:
                page.connection.setblocking(False)
                page.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
                self._selector.register(page.connection, selectors.EVENT_READ)
            except (OSError, ValueError):
                self._drop(page)
        return bool(coming)

    def _tell(self) -> None:
        now = time.monotonic()
        parts = {
            names: self._parts(names) for names in {page.names for page in self._pages.values()}
        }
        for page in list(self._pages.values()):
            if now - page.since > LONGEST or (page.left and now - page.moved > STALLED):
                self._drop(page)
            elif not page.left:
                self._give(page, parts[page.names], now)

    def _give(self, page: _Page, parts: Parts, now: float) -> None:
        new = {name: part for name, part in parts.items() if page.told.get(name) != part}
        if new:
            page.told.update(new)
            page.left, page.moved = b"".join(new.values()), now
            self._send(page)

    def _send(self, page: _Page) -> None:
        try:
            sent = page.connection.send(page.left)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(page)
            return
        if sent:
            page.left, page.moved = page.left[sent:], time.monotonic()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if page.left else 0)
        if events != self._selector.get_key(page.connection).events:
            self._selector.modify(page.connection, events)

    def _has_left(self, page: _Page) -> bool:
        """A page says nothing once it has asked."""
        try:
            return not page.connection.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _drop(self, page: _Page) -> None:
        self._pages.pop(page.connection, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(page.connection)
        with suppress(OSError):
            page.connection.close()
