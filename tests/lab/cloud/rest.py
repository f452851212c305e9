"""JSON over HTTP into the cloud's network namespace, whichever namespace we are in."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any

    def expect(self, *wanted: int) -> Any:
        if self.status not in wanted:
            raise HttpError(self)
        return self.body


class HttpError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}: {answer.body}")
        self.answer = answer


@contextlib.contextmanager
def entered(netns: str | None) -> Iterator[None]:
    """This thread alone works in the namespace; what it opens there stays there."""
    if netns is None:
        yield
        return
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{netns}") as away:
        _setns(away.fileno())
        try:
            yield
        finally:
            _setns(home.fileno())


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def connect(address: str, port: int, netns: str | None, timeout: float) -> socket.socket:
    with entered(netns):
        channel = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    channel.settimeout(timeout)
    try:
        channel.connect((address, port))
    except OSError:
        channel.close()
        raise
    return channel


def listens(address: str, port: int, netns: str | None) -> bool:
    try:
        connect(address, port, netns, 1).close()
    except OSError:
        return False
    return True


def call(
    method: str,
    url: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    netns: str | None = None,
    timeout: float = 90,
) -> Answer:
    """One request on a connection of its own. Connection failures are OSError."""
    parts = urlsplit(url)
    address, port = str(parts.hostname), parts.port or 80
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    connection.sock = connect(address, port, netns, timeout)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    payload = None if body is None else json.dumps(body)
    sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
    try:
        connection.request(method, path or "/", payload, sent)
        response = connection.getresponse()
        text = response.read().decode()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, _parse(text))
    finally:
        connection.close()


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
