"""Inventories of whatever form: hosts, or one sentence that repeats no secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, each_piece, json_values, refusal, spoiled, texts
from tests.unit.operator.inventories.reads import PATH, hosts_of
from vmha_ocf.backends.desk.deployment_file import parse_yaml
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.inventories import ansible, table
from vmha_ocf.operator.inventories.deployment import Deployment
from vmha_ocf.operator.inventories.reading import of_tree, read_machines
from vmha_ocf.operator.inventories.tree import parse_json
from vmha_ocf.operator.script import Choices, format_inventory, format_script

SECRET = "swordfish-of-fuzz"
_INFO = {"ipmi_address": "192.0.2.1", "ipmi_username": "u", "ipmi_password": SECRET}
_NODE = {
    "name": "compute-0",
    "driver": "ipmi",
    "driver_info": _INFO,
    "properties": {"capabilities": "profile:compute"},
    "instance_info": {"display_name": "overcloud-novacompute-0"},
}
GOOD: tuple[object, ...] = (
    {"nodes": [_NODE], "chassis": [{"nodes": [_NODE]}]},
    {"nodes": [{"name": "c", "pm_addr": "1", "pm_password": SECRET, "capabilities": {"profile": "hci"}}]},
    [{"Name": "compute-0", "Driver": "ipmi", "Driver Info": _INFO, "Resource Class": "compute"}],
    {"compute0": {**_NODE, "driver_info": {"power": _INFO}, "host_groups": ["compute"]}},
    {
        "bmc": {"username": "u", "password": SECRET},
        "hosts": [{"name": "a", "host": "a.lan", "bmc": {"address": "::1", "port": "1"}}],
    },
    {
        "_meta": {"hostvars": {"c1": {"bmc_address": "192.0.2.1", "bmc_password": SECRET}}},
        "compute": {"hosts": ["c1"], "children": ["x"], "vars": {"a": "b"}},
    },
    {"compute": {"hosts": {"c[1:2]": {"ipmi_password": SECRET}}, "children": {"x": {"hosts": {}}}}},
    [{"system_id": "a", "hostname": "compute-1", "pool": {"name": "x"}, "tag_names": ["compute"]}],
    {"compute_hosts": {"compute1": {"ip": "192.0.2.1"}}},
)  # fmt: skip
_LINES = st.lists(
    st.sampled_from(
        [
            "[compute]", "[compute:vars]", "[all:children]", "c1 bmc_address=192.0.2.1", "c[1:3]", "c[9:1]",
            "name,bmc,password", "name;ipmi_address", f"compute-1,192.0.2.1,{SECRET}", "a,b", '"', "'",
            "# x", "hosts:", "- name: a", "  bmc: {address: ::1}", "a: &a [*a]", "<<: *a", "? [",
            "!!set {a}", "{",
            "52:54:00:00:00:01,u,p,192.0.2.1,1,1,1,Compute,VM,x,compute-0,192.0.2.2",
        ]
    )
    | texts(),
    max_size=8,
).map("\n".join)  # fmt: skip


@each_piece
@given(_LINES | any_texts())
def test_any_text_is_an_inventory_or_refused(text: str) -> None:
    with suppress(ParameterError):
        hosts_of(text)


@pytest.mark.parametrize(
    "read",
    [
        lambda text: list(ansible.read_ini(text, PATH)),
        lambda text: table.read_table(f"name,bmc\n{text}", PATH),
        lambda text: table.read_table(f"52:54:00:00:00:01{',x' * 11}\n{text}", PATH),
        lambda text: parse_json(text, PATH),
        lambda text: parse_yaml(text, PATH),
    ],
)
@given(text=_LINES | any_texts())
def test_each_reader_gives_machines_or_a_sentence(
    read: Callable[[str], object], text: str
) -> None:
    with suppress(ParameterError):
        read(text)


@given(st.one_of(*map(spoiled, GOOD)) | json_values())
def test_any_tree_is_hosts_or_a_sentence_without_a_secret(tree: object) -> None:
    told = refusal(lambda: hosts_of(json.dumps(tree)))
    assert SECRET not in told
    with suppress(ParameterError):
        of_tree(tree, PATH)


@given(st.one_of(*map(spoiled, GOOD)))
def test_what_is_generated_is_read_as_it_was_meant(tree: object) -> None:
    """And no value of it becomes a line of the script, or of the file."""
    try:
        hosts = hosts_of(json.dumps(tree))
    except ParameterError:
        return
    script = format_script(Deployment(hosts), Choices("inventory.ini"))
    plain = format_script(Deployment(hosts[:1]), Choices("inventory.ini"))
    assert script.count("\n") == plain.count("\n") + 4 * (len(hosts) - 1)
    with suppress(ParameterError):
        read = parse_inventory(format_inventory(Deployment(hosts)), PATH, "").targets
        assert [(one.node, one.host, one.access) for one in read] == [
            (one.node, one.host, one.bmc) for one in hosts
        ]


@given(
    st.dictionaries(st.text(st.characters(categories=["L", "N"]), min_size=1), st.text(max_size=9))
)
def test_json_and_yaml_agree_about_texts(values: dict[str, str]) -> None:
    text = json.dumps({"nodes": [{"driver_info": values}]})
    assert parse_json(text, PATH) == {"nodes": [{"driver_info": values}]}
    with suppress(ParameterError):
        read_machines(text, PATH, parse_yaml)
