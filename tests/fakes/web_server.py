"""A web server on a port of 127.0.0.1 that a test has a hand on: what services are made of here."""

from __future__ import annotations

import json
import re
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Body = dict[str, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    @property
    def microversion(self) -> str:
        return self.headers.get("OpenStack-API-Version", "").removeprefix("compute ")


@dataclass(frozen=True)
class Answer:
    status: int
    body: object = None
    """Text and bytes go as they are, all else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""


DROP = Answer(0)
"""The connection ends after the request was read, without an answer."""
Responder = Callable[[Request], Answer]


class WebServer(ABC):
    """Start it with ``with``. Everything it was asked is in ``received``."""

    def __init__(self, certificate: str = "", address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        """``certificate`` is a file with key and certificate: the server then speaks TLS."""
        self.received: list[Request] = []
        self.connections = 0
        self._faults: list[tuple[str, str, list[Answer | Responder]]] = []
        self._server = _Server(address, _Handler)
        self._server.owner = self
        self._scheme = "http"
        if certificate:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @abstractmethod
    def usual(self, request: Request) -> Answer:
        """What it answers while it is well."""

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, method: str, path: str, *answers: Answer | Responder) -> None:
        """The next requests that match the pattern get these, in turn; the last one stays."""
        self._faults.insert(0, (method, path, list(answers)))

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def asked(self, method: str, path: str = "") -> list[Request]:
        return [one for one in self.received if one.method == method and re.search(path, one.path)]

    def respond(self, request: Request) -> Answer:
        self.received.append(request)
        for method, path, answers in self._faults:
            if method == request.method and re.search(path, request.path):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                return answer if isinstance(answer, Answer) else answer(request)
        return self.usual(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: WebServer

    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up, or does not trust us, is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise an answer in several segments waits 40 ms for an acknowledgement.
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        answer = self.server.owner.respond(self._request())
        if answer is DROP:
            self.close_connection = True
            return
        if answer.delay:
            # A real clock: what is tested is the client's.
            threading.Event().wait(answer.delay)
        self._write(answer)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        form = self.headers.get("Content-Type", "").endswith("urlencoded")
        body = json.loads(text) if text and not form else None
        return Request(self.command, parts.path, query, body, dict(self.headers.items()))

    def _write(self, answer: Answer) -> None:
        kind, data = _encoded(answer.body)
        self.send_response(answer.status)
        for name, value in ({"Content-Type": kind} | dict(answer.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:  # a client that is not told uses it once more
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is in ``received``."""


def _encoded(body: object) -> tuple[str, bytes]:
    """Its media type, and how it goes over the wire."""
    if isinstance(body, bytes):
        return "application/json", body
    if isinstance(body, str):
        return "text/html", body.encode()
    return "application/json", b"" if body is None else json.dumps(body).encode()
