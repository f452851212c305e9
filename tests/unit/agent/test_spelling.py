from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vmha_ocf.agent.spelling import one_spelling


@pytest.mark.parametrize(
    "same",
    [
        ("::1", "0:0:0:0:0:0:0:1", "0000:0000::0001", "[::1]", " ::1 "),
        ("127.0.0.1", "127.1", "0x7f.1", "0177.0.0.01", "2130706433", "0x7F000001", "127.0.1"),
        ("192.0.2.7", "192.0.2.07", "192.0.519", "::ffff:192.0.2.7", "::ffff:c000:207"),
        ("fe80::1%eth0", "FE80:0::0001%eth0"),
        ("bmc-1.example.com", "BMC-1.Example.COM", "bmc-1.example.com."),
        ("256.1.1.1", "256.1.1.1."),
        ("1.2.3.4.5", "1.2.3.4.5."),
        ("08.1.1.1", "08.1.1.1."),
    ],
)
def test_spellings_of_one_address_are_one(same: tuple[str, ...]) -> None:
    assert len({one_spelling(each) for each in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("::1", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1%eth1"),
        ("fe80::1", "fe80::1%eth1"),
        ("bmc-1", "bmc-1.example.com"),
        ("127.1", "127.0.1.0"),
        ("1.0x1000000", "1.0"),
    ],
)
def test_what_may_differ_is_two(one: str, other: str) -> None:
    assert one_spelling(one) != one_spelling(other)


PARTS = st.sampled_from(["0", "1", "07", "08", "0x1F", "0X", "255", "256", "65536", "", "a", "-1"])


@given(st.lists(PARTS, min_size=1, max_size=5).map(".".join))
@example("4294967296")
@example("1.16777216")
@example("0" * 40)
def test_ipv4_is_read_as_the_c_library_reads_it(text: str) -> None:
    expected = text.rstrip(".").casefold()
    with suppress(OSError):
        expected = str(IPv4Address(socket.inet_aton(text)))
    assert one_spelling(text) == expected or len(text) > 12


@given(st.text())
def test_every_text_has_one_spelling(text: str) -> None:
    assert one_spelling(one_spelling(text)) is not None
