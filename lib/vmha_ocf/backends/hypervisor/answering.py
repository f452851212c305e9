"""Whether libvirt answers, asked over its read-only socket in its own protocol: without its library, which
would wait for ever, and without a child.

https://libvirt.org/internals/rpc.html; the numbers are those of remote_protocol.x, which never change. The
count of the guests goes through QEMU's driver, so a daemon that only accepts connections does not pass.

A monitor imports this: nothing heavy.
"""

from __future__ import annotations

import _socket  # `socket` imports `selectors` and `enum`

from vmha_ocf.backends.process.clock import SystemClock

ANSWERS, REFUSES, SILENT, ABSENT = "answers", "refuses", "silent", "absent"
_PROGRAM, _VERSION = 0x20008086, 1
_AUTH_LIST, _OPEN, _COUNT = 66, 1, 51
_READ_ONLY = 1
_HEAD = 28
_STATUS = slice(20, 24)
"""Of what follows the length."""
_LONGEST = 65536
_CLOCK = SystemClock()


def ask(path: str, uri: str, timeout: float) -> str:
    """One of the four words. ABSENT: nobody listens there. ``timeout``: seconds for all of it."""
    until = _CLOCK.monotonic() + timeout
    try:
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(path)
            opened = _number(1) + _text(uri) + _number(_READ_ONLY)
            steps = ((_AUTH_LIST, b""), (_OPEN, opened), (_COUNT, b""))
            done = [_call(connection, n, *step, until) for n, step in enumerate(steps)]
        finally:
            connection.close()
    except TimeoutError:
        return SILENT
    except (FileNotFoundError, ConnectionRefusedError):
        return ABSENT
    except OSError:
        return REFUSES
    return ANSWERS if all(done) else REFUSES


def _call(
    connection: _socket.socket, serial: int, procedure: int, body: bytes, until: float
) -> bool:
    """Whether it was done, and no error."""
    head = (_HEAD + len(body), _PROGRAM, _VERSION, procedure, 0, serial, 0)
    connection.sendall(b"".join(map(_number, head)) + body)
    length = int.from_bytes(_read(connection, 4, until))
    if not _HEAD <= length <= _LONGEST:
        raise OSError("this is not libvirt")
    return not any(_read(connection, length - 4, until)[_STATUS])


def _read(connection: _socket.socket, count: int, until: float) -> bytes:
    data = b""
    while len(data) < count:
        left = until - _CLOCK.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        got = connection.recv(count - len(data))
        if not got:
            raise OSError("it has hung up")
        data += got
    return data


def _number(value: int) -> bytes:
    return value.to_bytes(4)


def _text(value: str) -> bytes:
    data = value.encode()
    return _number(len(data)) + data + b"\0" * (-len(data) % 4)
