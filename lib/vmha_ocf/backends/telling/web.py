"""The page, the read-only API and the metrics over HTTP, on threads of its own, bounded in every way.

A client that sends nothing, reads nothing or comes too often costs one of a few connections for a few
seconds; the worker's rounds know nothing of it.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from vmha_ocf.backends.telling.answers import EVENTS, Answers
from vmha_ocf.backends.telling.door import Door
from vmha_ocf.backends.telling.streams import Streams

CONNECTIONS_MOST = 24
"""At once; more are closed as they come. Pages that stay open are counted apart."""
LONGEST = 10.0
"""Seconds from the first byte to the last one of the answer."""
LOOK = 1.0
"""Seconds between two looks at connections that last too long."""
_LAST = 1.0
"""Seconds for the pages when it stops."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # a proxy hands on each event as it comes
}


class Web:
    def __init__(self, address: tuple[str, int], door: Door, answers: Answers) -> None:
        """Listens. Raises OSError (the address is taken, or is not this node's)."""
        self.streams = Streams(answers.parts)
        self._server = _Server(address, door, answers, self.streams)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK,), name="web", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self.streams.start()
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.streams.stop(_LAST)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], door: Door, answers: Answers, streams: Streams
    ) -> None:
        self.door, self.answers, self.streams = door, answers, streams
        self._open: dict[Any, float] = {}
        """Connections, and until when they may last."""
        self.adopted: set[Any] = set()
        """Connections that are a stream's, and closed by it."""
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, numbers = found[0][0], found[0][4]
        super().__init__((str(numbers[0]), int(numbers[1])), _Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's own, which asks the DNS for this node's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        del client_address
        if len(self._open) >= CONNECTIONS_MOST:
            return False
        self._open[request] = time.monotonic() + LONGEST
        return True

    def service_actions(self) -> None:
        now = time.monotonic()
        for request, until in list(self._open.items()):
            if now > until:
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        if request in self.adopted:
            self.adopted.discard(request)
            return
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, as a rule. It is not worth a word in the log."""


class _Handler(BaseHTTPRequestHandler):
    timeout = LONGEST
    server: _Server
    server_version = "vmha-ocf"
    sys_version = ""
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        door, head = self.server.door, self.headers.get
        refused = door.refused(path, head)
        names = door.names(head) if refused is None and path.startswith("/v1/") else False
        if refused is not None or not isinstance(names, bool):
            self._refuse(*(refused or names))  # type: ignore[misc] # one of the two says no
        elif path == EVENTS:
            self._follow(names=names)
        elif found := self.server.answers.at(path, names=names):
            self._send(200, *found)
        else:
            self._refuse(404, "there is nothing here: /openapi.json says what there is")

    def _follow(self, *, names: bool) -> None:
        """The connection is the stream's from now on."""
        if not self.server.streams.has_room:
            self._refuse(503, "too many pages are open: close some of them")
            return
        self._head(200, "text/event-stream", {})
        if self.command == "GET":
            self.server.adopted.add(self.request)
            if not self.server.streams.adopt(self.request, names=names):
                self.server.adopted.discard(self.request)

    def _refuse(self, code: int, why: str) -> None:
        self._send(code, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _send(self, code: int, kind: str, body: bytes) -> None:
        self._head(code, kind, {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, code: int, kind: str, more: dict[str, str]) -> None:
        self.send_response(code, HTTPStatus(code).phrase)
        for name, value in {"Content-Type": kind, **more, **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is nobody's business."""
