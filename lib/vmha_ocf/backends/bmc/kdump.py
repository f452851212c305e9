"""Messages of a host's kdump kernel: UDP 7410, from the addresses that are the host's.

Several fencings may listen at once on a controller, each in a process of its own, and a datagram goes to
one UDP socket only, whatever SO_REUSEPORT lets them share. A raw socket gets a copy of each: of all that
arrive for the port by the kernel's filter, also where fence_kdump listens. It takes CAP_NET_RAW, which
root has, and fence agents run as root. What cannot be listened to does not hold up a fencing.
"""

from __future__ import annotations

import ctypes
import logging
import select
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from vmha_ocf.fencing.kdump import PORT, is_message
from vmha_ocf.ports import Clock

log = logging.getLogger(__name__)

RESOLVING = 2.0
"""Seconds for the names of senders: a resolver that hangs does not keep a host running."""
SO_ATTACH_FILTER = 26
LONGEST = 65536
_UDP_HEADER = 8
_TAKE, _DROP = (0x06, 0, 0, LONGEST), (0x06, 0, 0, 0)
_IPV4 = ((0xB1, 0, 0, 0), (0x48, 0, 0, 2), (0x15, 0, 1, PORT), _TAKE, _DROP)
"""Classic BPF: the IP header's length into X; the destination port behind it; if it is ours, all of it."""
_IPV6 = ((0x28, 0, 0, 2), (0x15, 0, 1, PORT), _TAKE, _DROP)
"""There a raw socket sees no IP header."""


class KdumpListener:
    """Listens from its making on."""

    def __init__(self, senders: Sequence[str], clock: Clock) -> None:
        """``senders``: names or addresses of one host."""
        self._clock = clock
        self._sockets = [*_raw(socket.AF_INET, _IPV4), *_raw(socket.AF_INET6, _IPV6)]
        self._addresses = resolve(senders, clock)
        if not self._addresses:
            log.warning(
                "whence %s would say that it dumps is not known, and off does not wait for that (no "
                "address: set kdump_address)",
                senders[0],
            )

    def heard(self, seconds: float) -> bool:
        if not (self._sockets and self._addresses):
            return False
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) >= 0:
            for ready in select.select(self._sockets, [], [], left)[0]:
                if self._is_from_host(ready):
                    return True
        return False

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets = []

    def _is_from_host(self, ready: socket.socket) -> bool:
        with suppress(OSError):
            data, sender = ready.recvfrom(LONGEST)
            udp = data[(data[0] & 0xF) * 4 :] if ready.family == socket.AF_INET else data
            return is_message(udp[_UDP_HEADER:]) and plain(sender[0]) in self._addresses
        return False


def resolve(names: Sequence[str], clock: Clock) -> frozenset[str]:
    """All their addresses that are known within RESOLVING."""
    found: set[str] = set()

    def ask(name: str) -> None:
        with suppress(OSError, UnicodeError):
            infos = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
            found.update(plain(str(info[4][0])) for info in infos)

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in names if name]
    until = clock.monotonic() + RESOLVING
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - clock.monotonic()))
    return frozenset(found.copy())


def plain(address: str) -> str:
    """One spelling of it, without the interface, and IPv4 as that."""
    with suppress(ValueError):
        parsed = ip_address(address.partition("%")[0])
        mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
        return str(mapped or parsed)
    return address


def _raw(family: int, program: Sequence[tuple[int, int, int, int]]) -> list[socket.socket]:
    code = b"".join(struct.pack("=HBBI", *one) for one in program)
    buffer = ctypes.create_string_buffer(code)
    try:
        made = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_UDP)
        fprog = struct.pack("@HP", len(program), ctypes.addressof(buffer))
        made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
        made.setblocking(False)
    except OSError as error:
        if family == socket.AF_INET:  # IPv6 may be switched off
            log.warning("nobody can listen for a dump here, and off does not wait: %s", error)
        return []
    return [made]
