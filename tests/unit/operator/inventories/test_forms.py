"""What each form says, and what is refused in it, with its place and without a secret."""

from __future__ import annotations

import json

import pytest

from tests.unit.operator.inventories.reads import PATH, chosen_of, hosts_of, machines_of
from vmha_ocf.backends.desk.deployment_file import parse_yaml
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.operator.inventories.choose import Wishes
from vmha_ocf.operator.inventories.deployment import DeployedHost
from vmha_ocf.operator.inventories.reading import read_machines

OURS = """
domain: example.com
bmc: {username: fencing, password: sword-fish}
hosts:
  - name: compute-1
    address: 192.0.2.101
    bmc: {address: 192.0.2.7}
  - name: compute-2
    node: remote-2
    host: two.example.org
    bmc: {address: 192.0.2.8, port: 6230, username: admin, cipher: 17}
"""


def test_ours_with_what_is_common_to_all() -> None:
    assert hosts_of(OURS) == [
        DeployedHost(
            NodeName("compute-1"),
            "192.0.2.101",
            NovaHost("compute-1.example.com"),
            BmcAccess("192.0.2.7", username="fencing", password="sword-fish"),
            {"username": "fencing", "password": "sword-fish", "ip": "192.0.2.7"},
            "the file is of compute hosts",
        ),
        DeployedHost(
            NodeName("remote-2"),
            "remote-2",
            NovaHost("two.example.org"),
            BmcAccess("192.0.2.8", 6230, "admin", "sword-fish", 17),
            {
                "username": "admin",
                "password": "sword-fish",
                "ip": "192.0.2.8",
                "ipport": "6230",
                "cipher": "17",
            },
            "the file is of compute hosts",
        ),
    ]


def test_no_secret_is_in_what_python_shows() -> None:
    assert "sword-fish" not in repr(machines_of(OURS)) + repr(hosts_of(OURS))


def wrong_in(text: str, **drivers: str) -> LocalParameterError:
    with pytest.raises(LocalParameterError) as caught:
        hosts_of(text, **drivers)
    assert "sword-fish" not in str(caught.value)
    assert caught.value.hint
    assert PATH in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "says", "hint"),
    [
        ("hosts:", "nodes_:", "the file has the unknown name nodes_", "bmc, domain, hosts"),
        (OURS[OURS.index("hosts:") :], "", "no list of hosts", "name, address, bmc"),
        (OURS[OURS.index("hosts:") :], "hosts: []", "no compute host", "--hosts"),
        ("{username: fencing, password: sword-fish}", "7", "bmc is not a mapping", "vmha.rst"),
        (
            "- name: compute-2\n    node: remote-2",
            "- address: x\n    node: ''",
            "host 2 has no name that",
            "letters",
        ),
        ("name: compute-1", "name: a b", "a b has no name that Pacemaker could take", "letters"),
        ("name: compute-1", "name: DEFAULT", "DEFAULT has no name that Pacemaker", "not DEFAULT"),
        ("name: compute-1", "name: [a]", "host 1: name is not a single value", "vmha.rst"),
        ("remote-2", "Compute-1", "compute-1 and Compute-1 have the same node", "case"),
        (
            "host: two.example.org",
            "address: 192.0.2.101",
            "compute-1 and remote-2 have the same address",
            "of its own",
        ),
        ("name: compute-1", "name: remote-2", "two machines have the name remote-2", "case"),
        ("192.0.2.101", "'x;reboot'", "address of compute-1, 'x;reboot', is no name", "a port"),
        ("192.0.2.101", "compute-1:3121", "address of compute-1, 'compute-1:3121', is no", "port"),
        (
            "192.0.2.101",
            "10.0.0.010",
            "compute-1, 10.0.0.010, has a part with a zero",
            "192.0.2.7",
        ),
        (
            "host: two.example.org",
            "host: x y.z",
            "compute-2, 'x y.z', is no name of a host",
            "vmha",
        ),
        ("host: two.example.org", "host: two.", "compute-2, 'two.', is no name of a host", "vmha"),
        (
            "name: compute-1",
            "name: compute-1.",
            "compute-1. has no name that Pacemaker",
            "letters",
        ),
        ("two.example.org", "Compute-1.example.com", "have the same host", "names of its own"),
        ("{address: 192.0.2.7}", "{}", "compute-1 has no address of its BMC", "--details"),
        (
            "address: 192.0.2.7",
            "address: '192.0.2.7/24'",
            "BMC is no name and no address",
            "https://",
        ),
        ("address: 192.0.2.7", "address: '::'", "BMC is no name and no address", "https://"),
        ("{address: 192.0.2.7}", "{colour: red}", "unknown name colour", "address, cipher, hex"),
        ("address: 192.0.2.101", "rack: 7", "compute-1 has the unknown name rack", "address, bmc"),
        (
            "- name: compute-2\n    node: remote-2",
            "- x\n  - name: y",
            "host 2 is not a map",
            "vmha",
        ),
        ("{address: 192.0.2.7}", "7", "bmc of compute-1 is not a mapping", "vmha.rst"),
        ("cipher: 17", "cipher: 9", "cipher=9 is not possible", "allowed are 3 and 17"),
        ("cipher: 17", "protocol: snmp", "compute-2: protocol=snmp is not", "ipmi and redfish"),
        ("sword-fish}", "'sword-fish '}", "ends with a blank", "password_script"),
        ("sword-fish}", '"sword-fish\\n[x]"}', "several lines", "password_script"),
        ("sword-fish}", '"sword-fish\\x1b[2J"}', "control character", "password_script"),
        ("sword-fish}", "'******'}", "password of compute-1's BMC is hidden", "--details"),
    ],
)
def test_what_is_wrong_in_ours(old: str, new: str, says: str, hint: str) -> None:
    error = wrong_in(OURS.replace(old, new, 1))
    assert says in error.message
    assert hint in error.hint


def instackenv(**more: object) -> str:
    node = {"name": "compute-0", "pm_addr": "192.0.2.7", "pm_password": "sword-fish"}
    return json.dumps({"nodes": [{**node, **more}]})


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("", "no hosts in any form", "instackenv"),
        ("7", "no hosts in any form", "instackenv"),
        ("[]", "no compute host", "--hosts"),
        ("a: 7", "no other form that is known", "instackenv"),
        ('{"nodes": {}}', "nodes is not a list", "vmha.rst"),
        ('{"nodes": [{}, 7]}', "node 2 is not a mapping", "vmha.rst"),
        ('{"chassis": [7]}', "chassis 1 is not a mapping", "vmha.rst"),
        ('{"chassis": [{"nodes": 7}]}', "nodes of chassis 1 is not a list", "vmha.rst"),
        ('{"nodes": [{"pm_addr": "192.0.2.7"}]}', "node 1: no name says which", "letters"),
        (
            instackenv(driver_info=7),
            "driver_info of compute-0 is a text that is no map",
            "-f json",
        ),
        (instackenv(driver_info="{x"), "driver_info of compute-0 is a text that", "-f json"),
        (instackenv(driver_info="{1}"), "driver_info of compute-0 is a text that", "-f json"),
        (instackenv(host_groups=[7, {}]), "host_groups of compute-0 is not a list of t", "vmha"),
        (instackenv(pm_addr=["a"]), "compute-0: pm_addr is not a single value", "vmha.rst"),
        (
            instackenv(pm_type="ilo"),
            "compute-0 is driven by ilo, not by IPMI or Redfish",
            "=redfish",
        ),
        (
            instackenv(ipmi_target_channel="7"),
            "behind another one (ipmi_target_channel is",
            "fence-",
        ),
        (instackenv(ipmi_protocol_version="1.5"), "its BMC speaks IPMI 1.5 only", "fence-behind"),
        (instackenv(pm_type="redfish", pm_system_id="x"), "systems_uri=x is not", "/redfish/v1"),
        ('{"nodes": [{"a": 1, "a": 2}]}', "one of its objects has a twice", "remove one"),
        ('{"nodes": [{"name": 1, "a": 1, "a": 2}]}', "1 has a twice", "remove one"),
        ("[" * 100_000, "too deep", "another file"),
        ("{" + "[" * 100_000, "not JSON from line 1", "correct it"),
        ('{"nodes": [}', "not JSON from line 1, column 12", "correct it there"),
        ("a: &x {b: *x}", "line 1 has an alias of what is not there, or is not over", "vmha.rst"),
        ("- " * 30_000 + "x", "line 1", "vmha.rst"),
        ("a: *b", "line 1 has an alias of what is not there", "vmha.rst"),
        ("? [a]\n: b", "line 1 has a name that is no text", "vmha.rst"),
        ("a: !!binary aGVsbG8=", "line 1 has the tag", "vmha.rst"),
        ("a: !!set {b}", "line 1 has the tag", "vmha.rst"),
        ("a: {<<: 7}", "merges what is no mapping", "vmha.rst"),
        ("a: 1\n---\nb: 2", "line 2 begins another document", "vmha.rst"),
        ("a: 1\n\x07", "cannot be read as YAML", "vmha.rst"),
        ("[compute]\na x\n", "line 2: what follows a is no name=value", "vmha.rst"),
        ("[compute]\na x='y\n", "line 2 has a quote that does not end", "vmha.rst"),
        ("[compute]\n[a b]\n", "line 2 is no [group]", "correct it there"),
        ("[compute:vars]\nx\n", "line 2 of [compute:vars] is no name = value", "vmha.rst"),
        ("[compute]\na[9:1]\n", "[9:1] is no range of hosts", "[01:10]"),
        ("[compute]\na[1:9:0]\n", "[1:9] is no range of hosts", "[01:10]"),
        ("[compute]\na[a:bb]\n", "[a:bb] is no range of hosts", "[01:10]"),
        ("[compute]\na[0:99999999]\n", "[0:99999999] is no range of hosts", "[01:10]"),
        ("[compute:children]\n", "no compute host", "--hosts"),
        ("[compute]\na[0:9999][0:9999]\n", "more than 100000 hosts", "[brackets]"),
        ("compute: {hosts: {'a[0:9999][0:9999]': {}}}", "more than 100000 hosts", "[brackets]"),
        (f"[compute]\na[1:9:{'9' * 5000}]\n", "has no name that Pacemaker could take", "letters"),
        ("a: {hosts: 7}", "hosts of a is not a mapping", "vmha.rst"),
        ("a: {hosts: {b: 7}}", "b is not a mapping", "vmha.rst"),
        ("a: {children: [{}]}", "children of a is not a list of texts", "vmha.rst"),
        ('{"a":{"children":' * 60 + "{}" + "}}" * 60, "too deep", "vmha.rst"),
        ('{"_meta": {"hostvars": 7}}', "hostvars is not a mapping", "vmha.rst"),
        ("a_hosts: {b: {ip: [1]}}", "b: ip is not a single value", "vmha.rst"),
        ("a_hosts: {b: 7}", "b is not a mapping", "vmha.rst"),
        ('[{"system_id": "x"}, 7]', "machine 2 is not a mapping", "vmha.rst"),
        ("name,bmc\na,192.0.2.1,x\n", "line 2 has 3 values, and the head has 2 names", "quotes"),
        ('name,bmc\na,"192.0.2.1\n', "is not CSV: look at its quotes", "correct it there"),
        ("name,password\na,b\n", "no column for a BMC's address", "bmc_address"),
        ("name,bmc,ipmi_bridging\na,b,c\n", "column ipmi_bridging is not known", "vmha.rst"),
        (
            "- {name: Compute, count: 1, instances: [{hostname: compute-0, name: node1}]}",
            "how many machines of each role are deployed",
            "--details",
        ),
        (
            "[compute]\na ipmi_address=192.0.2.1 bmc_address=192.0.2.2\n",
            "a has two addresses of its BMC, ipmi_address and bmc_address",
            "keep one of the two",
        ),
        (
            '{"_meta": {"hostvars": {"c": {"ipmi_address": "192.0.2.1", "ipmi_password": '
            '{"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\\n61"}}}}, "compute": {"hosts": ["c"]}}',
            "the password of c's BMC is hidden",
            "--details",
        ),
        ("a:\n\tb: 1", "line 2 cannot be read as YAML", "no tab"),
        ("name,bmc\n,192.0.2.1\n", "line 2: no name says which", "letters"),
        (
            "52:54:00:00:00:01" + ",x" * 11 + "\nx,y\n",
            "line 2 has 2 values, bifrost's have",
            "MAC",
        ),
        ("52:54:00:00:00:01" + ",x" * 20 + "\n", "line 1 has 21 values", "MAC"),
    ],
)
def test_what_is_wrong_in_others(text: str, says: str, hint: str) -> None:
    error = wrong_in(text)
    assert says in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ({"pm_port": 6230}, {"ipport": "6230"}),
        ({"pm_port": "", "ipmi_port": "1"}, {"ipport": "1"}),
        ({"pm_user": True}, {"username": "true"}),
        ({"pm_user": False, "ipmi_bridging": "no"}, {"username": "false"}),
        ({"pm_user": None}, {}),
        ({"pm_user": 1.10}, {"username": "1.1"}),
        ({"driver_info": '{"ipmi_username": 7}'}, {"username": "7"}),
        ({"driver_info": "{'ipmi_username': 7, 'b': None}"}, {"username": "7"}),
        ({"driver_info": r"ipmi_username='a\'b', x='y'"}, {"username": "a'b"}),
        ({"driver_info": " "}, {}),
        ({"ipmi_bridging": "no", "ipmi_target_channel": "7"}, {}),
        ({"ipmi_protocol_version": "2.0", "redfish_verify_ca": "no"}, {}),
        ({"power_interface": "no-power"}, {}),
        ({"pm_type": "redfish", "redfish_verify_ca": True}, {"protocol": "redfish"}),
        (
            {"pm_type": "redfish", "redfish_verify_ca": "/x.pem", "pm_system_id": "/a"},
            {"protocol": "redfish", "ssl_ca_file": "/x.pem", "systems_uri": "/a"},
        ),
        (
            {"driver": "redfish", "pm_addr": "https://[2001:db8::7]/redfish/v1"},
            {"protocol": "redfish", "ip": "2001:db8::7"},
        ),
    ],
)
def test_values_of_a_node(more: dict[str, object], options: dict[str, str]) -> None:
    (host,) = hosts_of(instackenv(**more))
    assert dict(host.options) == {"ip": "192.0.2.7", "password": "sword-fish", **options}


@pytest.mark.parametrize(
    ("address", "driver", "options"),
    [
        ("192.0.2.7:6230", "ipmi", {"ip": "192.0.2.7", "ipport": "6230"}),
        ("[2001:db8::7]:6230", "", {"ip": "2001:db8::7", "ipport": "6230"}),
        ("ipmi://192.0.2.7:6230", "", {"ip": "192.0.2.7", "ipport": "6230"}),
        ("https://192.0.2.7:8443", "ipmi", {"ip": "192.0.2.7"}),
        (
            "https://192.0.2.7:8443/redfish/v1",
            "redfish",
            {"protocol": "redfish", "ip": "192.0.2.7", "ipport": "8443"},
        ),
        (
            "redfish+https://bmc-1/redfish/v1/Systems/1/",
            "",
            {"protocol": "redfish", "ip": "bmc-1", "systems_uri": "/redfish/v1/Systems/1"},
        ),
        (
            "idrac-virtualmedia://192.0.2.7/redfish/v1/Systems/System.Embedded.1",
            "idrac",
            {
                "protocol": "redfish",
                "ip": "192.0.2.7",
                "systems_uri": "/redfish/v1/Systems/System.Embedded.1",
            },
        ),
    ],
)
def test_an_address_is_taken_apart(address: str, driver: str, options: dict[str, str]) -> None:
    (host,) = hosts_of(instackenv(pm_addr=address, pm_type=driver))
    assert dict(host.options) == {"password": "sword-fish", **options}


def test_what_is_said_beside_an_address_counts_before_what_is_in_it() -> None:
    node = instackenv(
        pm_addr="https://192.0.2.7:1/redfish/v1/Systems/1",
        pm_type="redfish",
        pm_port="2",
        pm_system_id="/redfish/v1/Systems/2",
    )
    (host,) = hosts_of(node)
    assert str(host.bmc) == "192.0.2.7 port 2 /redfish/v1/Systems/2"


@pytest.mark.parametrize(
    ("address", "driver", "says", "hint"),
    [
        ("10.0.0.010", "", "compute-0's BMC, 10.0.0.010, has a part with a zero", "192.0.2.7"),
        ("192.0.2", "", "compute-0's BMC, 192.0.2, is digits and dots, and no IPv4", "192.0.2.7"),
        ("https://root:sword-fish@192.0.2.7", "redfish", "BMC is no name and no add", "https://"),
        ("192.0.2.7:", "", "BMC is no name and no address", "192.0.2.7:6230"),
        ("bmc\u00e4", "", "BMC is no name and no address", "a name"),
        ("irmc://192.0.2.7", "", "begins with irmc://, which is not known", "--driver"),
        ("redfish://bmc", "ipmi", "is one of redfish, and its driver is one of ipmi", "protocol"),
        ("ipmi://bmc", "redfish", "is one of ipmi, and its driver is one of redfish", "protocol"),
    ],
)
def test_an_address_that_could_be_another_machines_is_refused(
    address: str, driver: str, says: str, hint: str
) -> None:
    error = wrong_in(instackenv(pm_addr=address, pm_type=driver))
    assert says in error.message
    assert hint in error.hint


def test_a_number_is_what_was_typed() -> None:
    text = '{"nodes": [{"name": "compute-0", "pm_addr": "bmc", "pm_user": 1.10, "pm_password": 1E400}]}'
    (host,) = hosts_of(text)
    assert (host.bmc.username, host.bmc.password) == ("1.10", "1E400")


def test_names_of_a_bmc_that_nobody_knows_are_named() -> None:
    found = read_machines(
        instackenv(pm_colour="red", ipmi_port="1", pm_type="ipmi"), PATH, parse_yaml
    )
    assert found.notes == ["pm_colour of its nodes are not looked at"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("a", ["a"]),
        ("a[1:3].lan", ["a1.lan", "a2.lan", "a3.lan"]),
        ("a[01:03:2]", ["a01", "a03"]),
        ("a[08:10]", ["a08", "a09", "a10"]),
        ("a[b:d]", ["ab", "ac", "ad"]),
        ("a[1:2][x:y]", ["a1x", "a1y", "a2x", "a2y"]),
    ],
)
def test_a_pattern_of_ansible_is_its_machines(line: str, names: list[str]) -> None:
    assert [one.name for one in machines_of(f"[compute]\n{line}\n")] == names


def test_ansibles_nearer_variables_win() -> None:
    text = (
        "[all:vars]\nbmc_user = all\nbmc_password = 'all'\n[compute:vars]\nbmc_user=compute\n"
        "[rack1]\nc1 bmc_address=192.0.2.1\nc2 bmc_address=192.0.2.2 bmc_user=own\n"
        "[compute:children]\nrack1\n[top:children]\ncompute\nrack1\n# a remark\n"
    )
    one, two = hosts_of(text)
    assert (one.bmc.username, one.bmc.password) == ("compute", "all")
    assert two.bmc.username == "own"
    assert one.why == "group compute"


def test_of_groups_beside_each_other_the_later_counts_as_for_ansible() -> None:
    text = (
        "[b]\nc1 bmc_address=192.0.2.1\n[a]\nc1\n[compute:children]\na\nb\n"
        "[compute:vars]\nbmc_user=compute\nbmc_password=compute\n"
        "[b:vars]\nbmc_user=b\nbmc_password=b\n[a:vars]\nbmc_user=a\nbmc_password=a\n"
    )
    (one,) = hosts_of(text)
    assert (one.bmc.username, one.bmc.password) == ("b", "b")
    (one,) = hosts_of(f"{text}ansible_group_priority=10\n")
    assert one.bmc.username == "a"
    (one,) = hosts_of(f"{text}ansible_group_priority=high\n")
    assert one.bmc.username == "b"


def test_groups_that_are_inside_of_each_other_end() -> None:
    text = (
        "[compute]\nc1 bmc_address=192.0.2.1\n[compute:children]\nx\n[x:children]\ncompute\n"
        "[all:children]\ntop\n[top:children]\ninner\n[inner:vars]\nbmc_user=x\n"
    )
    assert [one.node for one in hosts_of(text)] == ["c1"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ('"sword fish"  # of rack 3', "sword fish"),
        ("'a' 'b'", "ab"),
        (r'"a\d"', r"a\d"),
        ('"a" + 1', '"a" + 1'),
        ('"a', '"a'),
        ('"a",', '"a",'),
        ("sword #fish", "sword #fish"),
        ("0123", "0123"),
    ],
)
def test_a_value_is_what_ansible_makes_of_it(typed: str, value: str) -> None:
    (one,) = hosts_of(
        f"[compute]\nc1 bmc_address=192.0.2.1\n[compute:vars]\nbmc_password = {typed}\n"
    )
    assert one.bmc.password == value


def test_one_address_by_two_names_is_one() -> None:
    text = "[compute]\nc1 ipmi_address=192.0.2.1 redfish_address=https://192.0.2.1/\n"
    assert [str(one.bmc) for one in hosts_of(text)] == ["192.0.2.1"]
    text = "[compute]\nc1 ipmi_address='{{ a }}' bmc_address='{{ a }}'\n"
    assert "the ip of c1's BMC is hidden" in wrong_in(text).message
    node = instackenv(ipmi_address="192.0.2.8", bmc_address="192.0.2.9")
    assert [str(one.bmc) for one in hosts_of(node)] == ["192.0.2.7"]


def test_null_of_a_program_is_nothing() -> None:
    text = (
        "- {Name: null, Provisioning State: active}\n"
        "- {Name: compute-1, Driver: ipmi, Power Interface: null, Driver Info: {ipmi_port: ~, "
        "ipmi_address: 192.0.2.1}}\n"
    )
    assert [one.name for one in machines_of(text)] == ["", "compute-1"]
    assert [str(one.bmc) for one in hosts_of(text)] == ["192.0.2.1"]
    text = "compute: {hosts: {c1: {ipmi_address: 192.0.2.1, ipmi_port: null}}}"
    assert [str(one.bmc) for one in hosts_of(text)] == ["192.0.2.1"]


def test_a_protocol_may_be_a_column_and_excel_may_say_the_separator() -> None:
    text = (
        "sep=;\r\nname;bmc;protocol\r\ncompute-1;192.0.2.1;redfish\r\ncompute-2;192.0.2.2;ipmi\r\n"
    )
    assert [one.bmc.protocol.value for one in hosts_of(text)] == ["redfish", "ipmi"]
    assert "line 3 has 1 values" in wrong_in("sep=,\nname,bmc\na\n").message


def test_groups_of_a_tree_may_be_lists_and_empty() -> None:
    text = (
        "compute: {hosts: [c1, c2], vars: {bmc_user: x}}\nall: {children: [compute]}\nother: {}\n"
    )
    assert [one.name for one in machines_of(text)] == ["c1", "c2"]


def test_columns_are_known_by_many_names_and_a_table_has_remarks() -> None:
    text = "# all of them\nServer Name;iLO IP;Nova host;Type\n\ncn1;192.0.2.1;cn1.lan;Compute|HCI\n#x;y\n"
    (host,) = hosts_of(text)
    assert (host.node, host.host, host.bmc.address) == ("cn1", "cn1.lan", "192.0.2.1")


def test_a_blank_at_the_end_of_a_password_is_told_and_not_cut_off() -> None:
    error = wrong_in("name,bmc,password\ncompute-1,192.0.2.1,sword-fish \n")
    assert "password of compute-1's BMC begins or ends with a blank" in error.message


def test_json_that_is_yaml_is_read_as_that() -> None:
    text = "{hosts: [{name: compute-1, bmc: {address: 192.0.2.1}}]}  # a remark"
    assert [one.node for one in hosts_of(text)] == ["compute-1"]


def test_a_template_is_hidden_where_it_is_needed() -> None:
    error = wrong_in("[compute]\nc1 bmc_address=192.0.2.1 bmc_user='{{ x }}'\n")
    assert "the username of c1's BMC is hidden there" in error.message


@pytest.mark.parametrize("key", ["provision_state", "Provisioning State"])
def test_a_node_that_nothing_is_deployed_on_is_no_host(key: str) -> None:
    nodes = [
        {
            "name": f"compute-{number}",
            "driver": "ipmi",
            "ipmi_address": f"192.0.2.{number}",
            key: state,
        }
        for number, state in enumerate(
            ("available", "active", "clean failed", "rescue", "manageable")
        )
    ]
    chosen = chosen_of(json.dumps(nodes))
    assert [one.machine.name for one in chosen.hosts] == ["compute-1", "compute-3"]
    assert chosen.left_out[0].why == "nothing is deployed on it: it is available"
    said = chosen_of(json.dumps(nodes), Wishes(hosts=("compute-0",)))
    assert [one.machine.name for one in said.hosts] == ["compute-0"]


@pytest.mark.parametrize(
    ("key", "why"), [("flavor", "flavor computeA"), ("profile", "profile computeA")]
)
def test_a_role_may_stand_beside_the_capabilities(key: str, why: str) -> None:
    (host,) = hosts_of(instackenv(**{key: "computeA"}))
    assert host.why == why
