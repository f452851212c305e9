"""Where a Redfish BMC is and how to log in to it: of a device's parameters and of an inventory."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess, Protocol
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.fencing.request import read_access, read_request

BMC = {"ip": "192.0.2.7", "protocol": "redfish"}


def test_what_is_not_said_is_as_documented() -> None:
    access = read_access(BMC)
    assert access == BmcAccess("192.0.2.7", 443, protocol=Protocol.REDFISH)
    assert (access.redfish_uri, access.systems_uri) == ("/redfish/v1", "")
    assert (access.insecure, access.ca_file) == (False, "")


def test_all_of_it_is_read_and_what_is_ipmis_is_not_looked_at() -> None:
    access = read_access(
        BMC
        | {
            "ipport": "8443",
            "username": "a" * 40,
            "password": "p" * 40,
            "systems_uri": " /redfish/v1/Systems/1/ ",
            "redfish_uri": "/redfish/v2/",
            "ssl_insecure": "0",
            "ssl_ca_file": "/etc/pki/bmc.pem",
            "cipher": "of IPMI",
            "hexadecimal_kg": "of IPMI",
        }
    )
    assert access == BmcAccess(
        "192.0.2.7",
        8443,
        "a" * 40,
        "p" * 40,
        protocol=Protocol.REDFISH,
        systems_uri="/redfish/v1/Systems/1",
        redfish_uri="/redfish/v2",
        ca_file="/etc/pki/bmc.pem",
    )
    assert str(access) == "192.0.2.7 port 8443 /redfish/v1/Systems/1"
    assert "pppp" not in repr(access)


@pytest.mark.parametrize("word", ["redfish", " Redfish ", "REDFISH"])
def test_a_protocol_is_a_word_in_any_case(word: str) -> None:
    assert read_access(BMC | {"protocol": word}).protocol is Protocol.REDFISH


@pytest.mark.parametrize("word", ["", "ipmi", "IPMI"])
def test_ipmi_is_what_is_not_said(word: str) -> None:
    assert read_access(BMC | {"protocol": word}) == BmcAccess("192.0.2.7", 623)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"protocol": "ilo"}, "protocol=ilo is not possible"),
        ({"ip": "https://192.0.2.7"}, "ip=https://192.0.2.7 is no name or address"),
        ({"ipport": "70000"}, "ipport=70000 is not a TCP port"),
        ({"systems_uri": "System.Embedded.1"}, "systems_uri=System.Embedded.1 is not the path"),
        ({"systems_uri": "https://bmc/redfish/v1/Systems/1"}, "is not the path of a resource"),
        ({"redfish_uri": "/redfish/v1/ x"}, "redfish_uri=/redfish/v1/ x is not the path"),
        ({"ssl_insecure": "maybe"}, "ssl_insecure: 'maybe'"),
        ({"ssl_insecure": "1", "ssl_ca_file": "/x"}, "both ssl_insecure and ssl_ca_file are set"),
        ({"ssl_ca_file": "ca.pem"}, "ssl_ca_file=ca.pem is not a path from the root"),
        ({"protocol": "ipmi", "systems_uri": "/redfish/v1/Systems/1"}, "and protocol=ipmi"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(told: dict[str, str], sentence: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_access(BMC | told)
    assert sentence in refused.value.message
    assert refused.value.hint


def test_the_protocol_of_an_inventorys_hosts_is_said_in_the_file() -> None:
    with pytest.raises(ParameterError, match="both protocol and inventory are set"):
        read_request({"action": "monitor", "inventory": "/etc/bmc", "protocol": "redfish"})


class TestInventory:
    TEXT = """\
[DEFAULT]
username = fencing
protocol = redfish
ssl_ca_file = /etc/pki/bmc.pem
[compute-1]
ip = 192.0.2.7
systems_uri = /redfish/v1/Systems/1
[compute-2]
ip = 192.0.2.7
systems_uri = /redfish/v1/Systems/2
[compute-3]
ip = 192.0.2.8
protocol = ipmi
"""

    def test_each_host_has_its_protocol_and_two_may_share_a_bmc(self) -> None:
        inventory = parse_inventory(self.TEXT, "/etc/bmc", "")
        found = [(one.node, one.access) for one in inventory.targets]
        assert [(node, access and str(access)) for node, access in found] == [
            ("compute-1", "192.0.2.7 /redfish/v1/Systems/1"),
            ("compute-2", "192.0.2.7 /redfish/v1/Systems/2"),
            ("compute-3", "192.0.2.8"),
        ]
        assert [access and access.port for _, access in found] == [443, 443, 623]

    def test_the_same_system_of_a_bmc_is_a_double_whatever_the_protocol(self) -> None:
        both = "systems_uri = /redfish/v1/Systems/2\n", "systems_uri = /redfish/v1/Systems/1\n"
        for text in (
            self.TEXT.replace("192.0.2.8", "192.0.2.7"),
            self.TEXT.replace(both[0], ""),
            self.TEXT.replace(both[1], ""),
            self.TEXT.replace(*both),
        ):
            with pytest.raises(LocalParameterError, match="have the same BMC"):
                parse_inventory(text, "/etc/bmc", "")

    def test_a_key_that_is_wrong_is_told_with_its_host(self) -> None:
        text = self.TEXT.replace("protocol = ipmi", "protocol = drac")
        with pytest.raises(LocalParameterError, match=r"\[compute-3\]: protocol=drac"):
            parse_inventory(text, "/etc/bmc", "")
