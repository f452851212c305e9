from __future__ import annotations

import pytest

from vmha_ocf.errors import ParameterError
from vmha_ocf.fence_options import OPTIONS, read_stdin
from vmha_ocf.fence_request import Mode, decide_mode, host_of, read_request

UPSTREAM = {
    "auth_url": "http://keystone:5000/v3",
    "username": "nova",
    "password": "x",
    "tenant_name": "service",
    "domain": "example.com",
    "no_shared_storage": "0",
}


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({"ip": "192.0.2.7"}, Mode.POWER),
        ({"ip": "192.0.2.7", "record_only": "False"}, Mode.POWER),
        ({"ip": "192.0.2.7", "record_only": "0"}, Mode.POWER),
        ({"ip": "192.0.2.7", "auth_url": "http://keystone"}, Mode.POWER),
        ({"inventory": "/etc/bmc"}, Mode.POWER),
        ({"record_only": "1"}, Mode.RECORD),
        ({"record_only": "True"}, Mode.RECORD),
        ({**UPSTREAM, "record_only": "1"}, Mode.RECORD),
        (UPSTREAM, Mode.RECORD),
        ({"record_only": "2"}, Mode.DISABLED),
        ({**UPSTREAM, "record_only": "Disabled"}, Mode.DISABLED),
        ({"ip": "192.0.2.7", "record_only": "disabled"}, Mode.DISABLED),
    ],
)
def test_what_a_device_does(options: dict[str, str], mode: Mode) -> None:
    assert decide_mode(options) is mode


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "no BMC to ask"),
        ({"username": "admin", "password": "x"}, "no BMC to ask"),
        ({"tenant_name": "service", "domain": "example.com"}, "no BMC to ask"),
        ({"record_only": "0"}, "no BMC to ask"),
        ({**UPSTREAM, "record_only": "False"}, "no BMC to ask"),
        ({"ip": "192.0.2.7", "record_only": "1"}, "record_only is set, and ip too"),
        ({"inventory": "/etc/bmc", "record_only": "yes"}, "record_only is set, and inventory too"),
        ({"ip": "192.0.2.7", "inventory": "/etc/bmc"}, "both ip and inventory"),
        ({"record_only": "maybe"}, "neither yes nor no"),
    ],
)
def test_what_is_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence) as refused:
        decide_mode(options)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("plug", "domain", "host"),
    [
        ("compute-1", "", "compute-1"),
        ("compute-1", "example.com", "compute-1.example.com"),
        ("compute-1", ".example.com", "compute-1.example.com"),
        ("compute-1.other.org", "example.com", "compute-1.other.org"),
    ],
)
def test_a_short_plug_gets_the_domain(plug: str, domain: str, host: str) -> None:
    assert host_of(plug, domain) == host


def test_upstream_s_former_domain_name_counts() -> None:
    request = read_request({"action": "off", **UPSTREAM, "domain": "", "compute_domain": "x.org"})
    assert request.domain == "x.org"


def test_the_bmc_s_parameters() -> None:
    options = {
        "action": "off",
        "ip": "192.0.2.7",
        "ipport": "6230",
        "username": "admin",
        "password": "swordfish",
        "cipher": "17",
        "privlvl": "OPERATOR",
        "hexadecimal_kg": "0xAABB",
        "nodename": "compute-1",
    }
    request = read_request(options)
    access = request.access
    assert access is not None
    assert (access.port, access.suite, access.privilege, access.kg) == (6230, 17, 3, "aabb")
    assert request.plug == "compute-1"
    assert "swordfish" not in repr(request)
    assert "aabb" not in repr(request)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"cipher": "0"}, "cipher=0 is not possible"),
        ({"privlvl": "root"}, "not a privilege level"),
        ({"ipport": "70000"}, "not a UDP port"),
        ({"hexadecimal_kg": "secret!"}, "hexadecimal_kg is not a K_g"),
        ({"password": "a password with more than 20 bytes"}, "the password has 34 bytes"),
        ({"username": "a-name-longer-than-16"}, "the username has 21 bytes"),
        ({"plug": "compute-1,compute-2"}, "several hosts"),
        ({"power_timeout": "-1"}, "power_timeout=-1 is negative"),
        ({"login_timeout": "-1"}, "login_timeout=-1 is negative"),
    ],
)
def test_bad_values_get_a_sentence_without_secrets(option: dict[str, str], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence) as refused:
        read_request({"action": "off", "ip": "192.0.2.7", **option})
    assert refused.value.hint
    assert "secret!" not in str(refused.value)
    assert "a password" not in str(refused.value)


KNOWN = {option.name for option in OPTIONS} | {"ip", "password", "plug", "verbose"}
BOOLEANS = {option.name for option in OPTIONS if option.boolean} | {"verbose"}


@pytest.mark.parametrize("no", ["0", "false", "False", "no", "off", " NO "])
def test_booleans_on_stdin_are_read_not_looked_for(no: str) -> None:
    given = read_stdin(f"insecure={no}\nno_shared_storage={no}\n", KNOWN, BOOLEANS)
    assert given.lines == "insecure=0\nno_shared_storage=0\n"


def test_a_boolean_that_is_neither_is_ignored_aloud() -> None:
    given = read_stdin("insecure=maybe\n", KNOWN, BOOLEANS)
    assert given.lines == ""
    assert given.ignored == ("option insecure that is neither yes nor no",)


def test_names_with_hyphens_are_the_same() -> None:
    assert read_stdin("auth-url=http://x\n", KNOWN, BOOLEANS).lines == "auth_url=http://x\n"


def test_a_value_may_hold_anything() -> None:
    assert read_stdin("password= a=b#c \n", KNOWN, BOOLEANS).lines == "password= a=b#c\n"


@pytest.mark.parametrize("line", ["pasword=swordfish", "swordfish", "sword fish=x", "-swordfish="])
def test_what_is_unknown_is_told_without_its_value(line: str) -> None:
    given = read_stdin(f"ip=192.0.2.7\n{line}\n", KNOWN, BOOLEANS)
    assert given.lines == "ip=192.0.2.7\n"
    assert len(given.ignored) == 1
    assert "fish" not in given.ignored[0]
    assert "line 2" in given.ignored[0]


def test_what_pacemaker_always_passes_is_no_news() -> None:
    assert read_stdin("nodeid=3\n# a comment\n\n", KNOWN, BOOLEANS).ignored == ()


def test_options_have_hyphens_on_the_command_line() -> None:
    spelled = {option.name: option.long for option in OPTIONS}
    assert spelled["record_only"] == "record-only"
    assert spelled["domain"] == "domain"
