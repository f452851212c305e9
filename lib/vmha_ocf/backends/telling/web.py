"""The read-only API and the metrics over HTTP, on threads of their own, bounded in every way.

A client that sends nothing, reads nothing or comes too often costs one of a few connections for a few
seconds; the worker's rounds know nothing of it.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from vmha_ocf.incidents.status import Picture, answer

CONNECTIONS_MOST = 8
"""At once; more are closed as they come."""
LONGEST = 10.0
"""Seconds from the first byte to the last one of the answer."""
LOOK = 1.0
"""Seconds between two looks at connections that last too long."""

Body = tuple[str, bytes]
"""Its content type, and itself."""
Metrics = Callable[[Picture], Body]


class Web:
    """``picture`` is asked once for each request."""

    def __init__(
        self, address: tuple[str, int], picture: Callable[[], Picture], metrics: Metrics | None
    ) -> None:
        """Listens. Raises OSError (the address is taken, or is not this node's)."""
        self._server = _Server(address, partial(_body, picture, metrics))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK,), name="web", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], body_of: Callable[[str], Body | None]) -> None:
        self.body_of = body_of
        self._open: dict[Any, float] = {}
        """Connections, and until when they may last."""
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
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, as a rule. It is not worth a word in the log."""


class _Handler(BaseHTTPRequestHandler):
    timeout = LONGEST
    server_version = "vmha-ocf"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        assert isinstance(self.server, _Server)
        found = self.server.body_of(self.path.partition("?")[0])
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, body = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is nobody's business."""


def _body(picture: Callable[[], Picture], metrics: Metrics | None, path: str) -> Body | None:
    if path == "/metrics":
        return metrics(picture()) if metrics else None
    found = answer(path, picture())
    return ("application/json", json.dumps(found).encode() + b"\n") if found else None
