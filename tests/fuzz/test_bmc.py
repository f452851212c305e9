"""What answers at a BMC's address and is none: any bytes give an error of ours, in bounded time."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from vmha_ocf.backends.bmc.child import Deadlines
from vmha_ocf.backends.bmc.ipmi import IpmiBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import BmcRefused, BmcUnavailable
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.model import Power

SECRET = "swordfish"
RMCP_PLUS = bytes.fromhex("0600ff0706")
OPEN_SESSION_RESPONSE = RMCP_PLUS + bytes([0x11]) + bytes(10)
Reply = Callable[[random.Random, bytes], bytes]
REPLIES: dict[str, Reply] = {
    "noise": lambda seed, _asked: seed.randbytes(seed.randrange(1, 200)),
    "an echo": lambda _seed, asked: asked,
    "one byte": lambda _seed, _asked: b"\x06",
    "the largest datagram": lambda seed, _asked: RMCP_PLUS + seed.randbytes(60_000),
    "RMCP+ and noise": lambda seed, _asked: RMCP_PLUS + seed.randbytes(40),
    "a session that is cut off": lambda _seed, _asked: OPEN_SESSION_RESPONSE,
    "a session of noise": lambda seed, asked: (
        OPEN_SESSION_RESPONSE[:14] + b"\x24\x00" + asked[16:18] + seed.randbytes(34)
    ),
}


@contextmanager
def answering(reply: Reply) -> Iterator[int]:
    """A port of this machine; each datagram gets its reply."""
    seed = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    asked, who = udp.recvfrom(65536)
                except TimeoutError:
                    continue
                udp.sendto(reply(seed, asked), who)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield udp.getsockname()[1]
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_it_is_never_taken_for_a_power_state(reply: Reply) -> None:
    with answering(reply) as port:
        access = BmcAccess("127.0.0.1", port, "admin", SECRET)
        deadlines = Deadlines(login=1.0, command=0.5)
        with closing(IpmiBmc(access, SystemClock(), deadlines)) as bmc:
            for ask in (bmc.power, lambda: bmc.set_power(Power.OFF)):
                with pytest.raises((BmcUnavailable, BmcRefused)) as raised:
                    ask()
                told = str(raised.value)
                assert SECRET not in told
                assert told.isprintable()
                assert len(told) < 600
