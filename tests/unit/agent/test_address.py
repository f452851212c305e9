from __future__ import annotations

import pytest

from vmha_ocf.agent.address import is_address, is_web_url, parse_address
from vmha_ocf.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9179", ("127.0.0.1", 9179)),
        ("[::1]:80", ("::1", 80)),
        ("[fe80::1%eth0]:80", ("fe80::1%eth0", 80)),
        ("ctl-1.example.com:65535", ("ctl-1.example.com", 65535)),
        ("ctl-1:1", ("ctl-1", 1)),
        ("ctl-1.example.:1", ("ctl-1.example.", 1)),
        (f"{'a' * 63}:1", ("a" * 63, 1)),
    ],
)
def test_the_address_of_a_listener(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "9179", ":9179", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "a:65536", "a:-1", "a:1x",
     "::1:80", "a b:80", "a/b:80", "http://a:80", "a:٣", "a:999999",
     "a:000080", "[a:80", "a]:80", "[ab:80", "ab]:80", "a..b:80", ".a:80", ".:80",
     f"{'a' * 64}.b:80", f"{'a.' * 127}b:80", "[a/::b]:80"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ParameterError):
        parse_address(text)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://alerts", True),
        ("https://user:token@alerts.example.com:8443/x?y=z", True),
        ("https://alerts/?to=http://elsewhere", True),
        ("https://", False),
        ("https:///path", False),
        ("http://:80/", False),
        ("http://?x=y", False),
        ("http://user:token@", False),
        ("http://user@:80/", False),
        ("ftp://alerts/", False),
        ("alerts.example.com", False),
        ("http://a b/", False),
        ("http://a/\n", False),
        ("http://ä/", False),
        ("http://alerts..example/", False),
        ("http://.alerts/", False),
        ("http://alerts.example./", True),
        (f"http://{'a' * 64}/", False),
        ("http://alerts:99999/", False),
        ("http://alerts:/", False),
        ("http://[::1]/", True),
        ("http://[::1]:8080/x", True),
        ("http://[::1/", False),
        ("http://alerts#x", True),
    ],
)
def test_the_url_of_a_webhook(url: str, good: bool) -> None:
    assert is_web_url(url) is good
