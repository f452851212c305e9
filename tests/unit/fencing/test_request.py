from __future__ import annotations

import pytest

from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.options import OPTIONS, read_stdin
from vmha_ocf.fencing.request import (
    FenceRequest,
    Mode,
    Patience,
    decide_mode,
    host_of,
    read_request,
)
from vmha_ocf.model import NodeName

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
        ("compute-1", "XEN.org", "compute-1.XEN.org"),
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
        ({"power_timeout": "-1"}, "power_timeout=-1 is not possible"),
        ({"login_timeout": "-1"}, "login_timeout=-1 is not possible"),
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


BMC = {"action": "off", "ip": "192.0.2.7"}


def test_what_is_not_said_is_as_documented() -> None:
    assert read_request(BMC) == FenceRequest(
        "off", Mode.POWER, Patience(30.0, 0.0, 1.0, 1), access=BmcAccess("192.0.2.7", 623)
    )


def test_everything_that_pacemaker_may_pass() -> None:
    assert read_request(
        BMC
        | {
            "plug": "compute-1",
            "nodename": "node-1",
            "domain": "example.com",
            "separator": ";",
            "delay": "2.5",
            "power_timeout": "60",
            "power_wait": "1",
            "stonith_status_sleep": "3",
            "retry_on": "4",
        }
    ) == FenceRequest(
        "off",
        Mode.POWER,
        Patience(60.0, 1.0, 3.0, 4),
        "compute-1",
        NodeName("node-1"),
        "example.com",
        BmcAccess("192.0.2.7"),
        separator=";",
        delay=2.5,
    )


def test_a_device_for_all_hosts_has_an_inventory_and_no_bmc() -> None:
    request = read_request({"action": "on", "inventory": "/etc/bmc"})
    assert (request.mode, request.access, request.inventory) == (Mode.POWER, None, "/etc/bmc")


@pytest.mark.parametrize("bmc", [{"ip": "192.0.2.7"}, {"inventory": "/etc/bmc"}])
def test_a_device_that_is_disabled_asks_no_bmc(bmc: dict[str, str]) -> None:
    request = read_request({"action": "off", "record_only": "2", **bmc})
    assert (request.mode, request.access, request.inventory) == (Mode.DISABLED, None, "")


def test_a_plug_may_be_anything_but_several() -> None:
    assert read_request(BMC | {"plug": "a,b", "plug_separator": ";"}).plug == "a,b"
    with pytest.raises(ParameterError, match="plug=a;b names several hosts"):
        read_request(BMC | {"plug": "a;b", "plug_separator": ";"})


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("ipport", ["1", " 623 ", "65535"], ["0", "65536", "-1", "000623", "x"]),
        ("username", ["a" * 16], ["a" * 17, "\u00e4" * 9, "a\rb"]),
        ("password", ["a" * 20], ["a" * 21, "a\nb", "a\rb", "a\0"]),
        ("cipher", ["3", "17", "auto", "AUTO", ""], ["1", "16"]),
        ("hexadecimal_kg", ["ab" * 20, "0Xab", ""], ["ab" * 21, "ab cd", "abc", "xy"]),
        ("privlvl", ["operator", " USER ", ""], ["OEM"]),
        ("power_timeout", ["0", "0.5", "86400"], ["-0.1", "nan", "inf", "86401", "soon"]),
        ("login_timeout", ["0"], ["-1", "9999999999", "-inf", "1e400"]),
        ("shell_timeout", ["0"], ["-1", "nan"]),
        ("delay", ["0"], ["inf", "9999999999"]),
        ("retry_on", ["0"], ["inf", "nan"]),
    ],
)
def test_values_at_their_bounds(name: str, allowed: list[str], refused: list[str]) -> None:
    for text in allowed:
        read_request(BMC | {name: text})
    for text in refused:
        with pytest.raises(ParameterError):
            read_request(BMC | {name: text})


def test_looks_are_never_without_a_pause() -> None:
    assert read_request(BMC | {"stonith_status_sleep": "0"}).patience.between == 0.1


def test_neither_yes_nor_no_says_of_which_parameter() -> None:
    with pytest.raises(ParameterError, match="record_only: 'maybe'") as refused:
        decide_mode({"record_only": "maybe"})
    assert refused.value.hint


@pytest.mark.parametrize(
    ("access", "name"),
    [
        (BmcAccess("192.0.2.7"), "192.0.2.7"),
        (BmcAccess("192.0.2.7", 6230), "192.0.2.7 port 6230"),
    ],
)
def test_a_bmc_is_told_by_its_address_and_an_unusual_port(access: BmcAccess, name: str) -> None:
    assert str(access) == name


def test_a_port_and_a_suite_are_what_was_written() -> None:
    access = read_request(BMC | {"ipport": "6230", "cipher": "auto", "privlvl": "user"}).access
    assert access == BmcAccess("192.0.2.7", 6230, privilege=2)


def test_a_name_that_nobody_knows_is_told_and_what_may_be_a_value_is_not() -> None:
    given = read_stdin("pasword=swordfish\nip=1\nsword fish=x\nswordfish\n", KNOWN, BOOLEANS)
    assert given.lines == "ip=1\n"
    assert given.ignored == (
        "unknown option pasword in line 1 of the input",
        "unknown text in line 3 of the input",
        "unknown text in line 4 of the input",
    )


def test_what_follows_a_line_of_pacemakers_is_read() -> None:
    assert read_stdin("\nnodeid=3\n#x\nagent=y\nip=1\n", KNOWN, BOOLEANS).lines == "ip=1\n"


def test_a_wrong_privilege_is_told_with_the_right_ones() -> None:
    with pytest.raises(ParameterError) as refused:
        read_request(BMC | {"privlvl": "root"})
    assert "callback, user, operator, administrator;" in refused.value.hint


def test_whence_a_host_says_that_it_dumps() -> None:
    request = read_request(BMC | {"kdump_wait": "90", "kdump_address": "a.lan, 192.0.2.9  b"})
    assert (request.kdump_wait, request.kdump_address) == (90.0, ("a.lan", "192.0.2.9", "b"))
    assert read_request(BMC).kdump_wait == 0


def test_a_device_that_switches_nothing_waits_for_no_dump() -> None:
    with pytest.raises(
        ParameterError, match="kdump_wait is set, and nothing is switched off here"
    ):
        read_request({"action": "off", "record_only": "1", "kdump_wait": "60"})
