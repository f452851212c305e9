from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.agent.endpoint import Endpoint, ambiguous, parse_endpoint, unclear


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.7", Endpoint("192.0.2.7")),
        (" bmc_1.example.com. ", Endpoint("bmc_1.example.com.")),
        ("192.0.2.7:6230", Endpoint("192.0.2.7", "6230")),
        ("2001:db8::7", Endpoint("2001:db8::7")),
        ("[2001:db8::7]", Endpoint("2001:db8::7")),
        ("[fe80::1%eno1]:623", Endpoint("fe80::1%eno1", "623")),
        ("fe80::1%eno1", Endpoint("fe80::1%eno1")),
        ("ipmi://[2001:db8::7]:6230", Endpoint("2001:db8::7", "6230", "ipmi")),
        ("HTTPS://bmc/", Endpoint("bmc", "", "https", "/")),
        (
            "redfish+https://192.0.2.7:8443/redfish/v1/Systems/1",
            Endpoint("192.0.2.7", "8443", "redfish+https", "/redfish/v1/Systems/1"),
        ),
    ],
)
def test_what_people_write_for_a_place(text: str, found: Endpoint) -> None:
    assert parse_endpoint(text) == found


@pytest.mark.parametrize(
    "text",
    ["", ":623", "a b", '"192.0.2.7"', "192.0.2.7 # the first", "[2001:db8::7", "[bmc]:623", "bmc:",
     "bmc:x", "bmc:٣", "a:b:c", "::", "fe80::1%", "fe80::1%a b", "root@bmc", "https://root:calvin@192.0.2.7",
     "https://root:1@192.0.2.7/", "-h", ".", "{{ bmc }}", "a\nb", "bmc:123456",
     "192.0.2.7/24", "://bmc", "https://bmc/a\nb"],
)  # fmt: skip
def test_what_is_no_place(text: str) -> None:
    assert parse_endpoint(text) is None


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("10.0.0.010", "a zero in front"),
        ("10.0.0.08", "a zero in front"),
        ("10.0.0.012", "a zero in front"),
        ("10.0.0.07", ""),
        ("10.00.0.1", ""),
        ("192.0.2", ""),
        ("192.0.2.7", ""),
        ("bmc.010", ""),
    ],
)
def test_what_the_system_reads_as_another_address(address: str, says: str) -> None:
    assert says in ambiguous(address)
    assert bool(ambiguous(address)) is bool(says)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("10.0.0.010", "a zero in front"),
        ("10.0.0.07", "a zero in front"),
        ("192.0.2", "no IPv4 address"),
        ("192.0.2.300", "no IPv4 address"),
        ("3221225991", "no IPv4 address"),
        ("192.0.2.7.", "no IPv4 address"),
    ],
)
def test_what_nobody_should_have_to_guess(address: str, says: str) -> None:
    assert says in unclear(address)


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "0.0.0.1", "bmc", "2001:db8::7", "7.example.com"]
)
def test_what_is_clear(address: str) -> None:
    assert unclear(address) == ""


@given(st.lists(st.from_regex(r"0?[0-9]{1,3}", fullmatch=True), min_size=4, max_size=4))
def test_what_is_not_ambiguous_is_what_the_system_reads(parts: list[str]) -> None:
    address = ".".join(parts)
    if ambiguous(address) or any(int(part) > 255 for part in parts):
        return
    assert socket.inet_aton(address) == bytes(map(int, parts))
