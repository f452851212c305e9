"""The listener for dumps, with the real sender of fence-agents, on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from vmha_ocf.backends.bmc.kdump import KdumpListener, plain, resolve
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.fencing.kdump import PORT, await_dump

pytestmark = pytest.mark.real
SENDER = "/usr/libexec/fence-agents/fence_kdump_send"


@contextmanager
def listener(*senders: str) -> Iterator[KdumpListener]:
    with closing(KdumpListener(senders, SystemClock())) as messages:
        yield messages


def send(to: str, count: int = 1) -> None:
    assert os.path.exists(SENDER), "fence_kdump_send is missing: install the package fence-agents"
    subprocess.run([SENDER, "--count", str(count), "--interval", "1", to], check=True, timeout=20)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_real_senders_message_is_heard(address: str) -> None:
    with listener(address) as messages:
        assert not messages.heard(0.1)
        send(address)
        assert messages.heard(5)
        assert not messages.heard(0.1), "it was one"


def test_two_fencings_at_once_hear_it_both_beside_fence_kdump_itself() -> None:
    """A datagram goes to one UDP socket, and fence_kdump has bound the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", PORT))
        bound.settimeout(5)
        with listener("127.0.0.1") as one, listener("localhost") as other:
            send("127.0.0.1")
            assert one.heard(5)
            assert other.heard(5)
        assert len(bound.recv(100)) == 8


def test_another_hosts_dump_is_not_ours() -> None:
    with listener("192.0.2.7") as messages:
        send("127.0.0.1")
        assert not messages.heard(0.3)


@pytest.mark.parametrize(
    ("port", "data"),
    [
        (PORT, b""),
        (PORT, b"@*0\x1b\x02\x00\x00\x00"),
        (PORT, b"@*0\x1b\x01\x00\x00\x00\x00"),
        (PORT, b"x" * 60000),
        (PORT + 1, b"@*0\x1b\x01\x00\x00\x00"),
    ],
)
def test_what_is_no_message_is_not_heard(port: int, data: bytes) -> None:
    with listener("127.0.0.1") as messages:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, ("127.0.0.1", port))
        assert not messages.heard(0.3)


def test_a_message_of_a_machine_of_the_other_byte_order_is_one() -> None:
    with listener("127.0.0.1") as messages:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(bytes.fromhex("1b302a4000000001"), ("127.0.0.1", PORT))
        assert messages.heard(1)


def test_a_dump_of_the_real_sender_is_waited_for() -> None:
    with listener("127.0.0.1") as messages:
        sending = threading.Thread(target=send, args=("127.0.0.1", 3))
        before = time.monotonic()
        sending.start()
        told = await_dump(messages, SystemClock(), 30)
        waited = time.monotonic() - before
        sending.join()
    assert told.startswith("dumped for ")
    assert 7 <= waited < 15


def test_names_are_resolved_in_bounded_time_and_an_unknown_one_delays_nothing() -> None:
    assert resolve(["127.0.0.1", "no.such.host.invalid", "::1"], SystemClock()) >= {
        "127.0.0.1",
        "::1",
    }
    with listener("no.such.host.invalid") as messages:
        before = time.monotonic()
        assert not messages.heard(5)
        assert time.monotonic() - before < 1, "nobody can say it, so nobody is waited for"


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("x", "x"),
    ],
)
def test_an_address_has_one_spelling(address: str, spelled: str) -> None:
    assert plain(address) == spelled


def test_who_may_not_listen_does_not_wait(tmp_path: Path) -> None:
    """Not root: it is said, and off is sent at once."""
    program = (
        "import os, time\n"
        "from vmha_ocf.backends.bmc.kdump import KdumpListener\n"
        "from vmha_ocf.backends.process.clock import SystemClock\n"
        "os.setresuid(65534, 65534, 65534)\n"
        "begun = time.monotonic()\n"
        "print(KdumpListener(['127.0.0.1'], SystemClock()).heard(5), time.monotonic() - begun < 2)\n"
    )
    lib = str(Path(__file__).parents[2] / "lib")
    done = subprocess.run(
        ["/usr/bin/python3", "-c", program],
        env={"PYTHONPATH": lib, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.stdout == "False True\n", done.stderr
    assert "nobody can listen for a dump here" in done.stderr
