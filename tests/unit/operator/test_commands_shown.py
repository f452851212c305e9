"""What the documents show is taken by the real parsers, and run where that is cheap."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.operator_site import Desk
from tests.unit.shown import ROOT, Shown, blocks, commands
from vmha_ocf.backends.desk.deployment_file import parse_yaml, read_text, write_secret
from vmha_ocf.backends.openstack.clouds_file import read_cloud
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.commands import generate
from vmha_ocf.operator.main import make_parser
from vmha_ocf.programs.commands import COMMANDS
from vmha_ocf.sim import World
from vmha_ocf.sim.__main__ import main as simulate

DOCS = ROOT / "docs"
EXAMPLES = ROOT / "pcs-examples"
EVERY = commands()
MAKEFILE = (ROOT / "Makefile").read_text()
FENCE_OPTIONS = {
    word.strip(", ").partition("=")[0]: "=" in mixed
    for mixed in (
        one.get("mixed", "")
        for one in ElementTree.parse(ROOT / "tests/executables/fence_compute.xml").iter("getopt")
    )
    for word in mixed.split()
}
"""By its metadata, which is compared with the real ones: each option, and whether it takes a value."""


def of(*names: str) -> list[Shown]:
    return [one for one in EVERY if one.words[0] in names and len(one.words) > 1]


@pytest.mark.parametrize("shown", of("vmha"), ids=str)
def test_vmha_takes_it(shown: Shown) -> None:
    name, *more = shown.words[1:]
    if more or name not in {command.name for command in COMMANDS}:
        make_parser(COMMANDS).parse_args([name, *more])


@pytest.mark.parametrize("shown", of("make"), ids=str)
def test_make_has_the_target_and_the_variables(shown: Shown) -> None:
    for word in shown.words[1:]:
        name, is_variable, _ = word.partition("=")
        pattern = rf"^(?:\w+: )?{name} :=" if is_variable else rf"^{name}:"
        assert re.search(pattern, MAKEFILE, re.MULTILINE) or name == "DESTDIR", word


@pytest.mark.parametrize("shown", of("fence_compute"), ids=str)
def test_fence_compute_has_the_options(shown: Shown) -> None:
    words = list(shown.words[1:])
    while words:
        name, has_value, _ = words.pop(0).partition("=")
        assert name in FENCE_OPTIONS
        if FENCE_OPTIONS[name] and not has_value:
            words.pop(0)


def scripts() -> list[Shown]:
    return [one for one in EVERY if re.fullmatch(r"\S*[a-z]+-?\w*\.sh", one.words[0])]


@pytest.mark.parametrize("shown", scripts(), ids=str)
def test_the_example_is_there_and_knows_what_it_is_told(shown: Shown) -> None:
    script = EXAMPLES / Path(shown.words[0]).name
    if not script.exists():
        assert shown.words[0] == "protect.sh"  # made by the command before it
        return
    assert os.access(script, os.X_OK)
    text = script.read_text()
    told = " ".join([text, *shown.words[1:]])
    steps = [EXAMPLES / name for name in re.findall(r"\./([\w-]+\.sh)", told)]
    known = text + "".join(step.read_text() for step in steps)
    assert [name for name in shown.variables if not re.search(rf"\b{name}\b", known)] == []


@pytest.mark.parametrize("shown", of("python3"), ids=str)
def test_the_simulator_takes_it(shown: Shown) -> None:
    if shown.words[1:3] == ["-m", "vmha_ocf.sim"]:
        given = [word for word in shown.words[3:] if word not in ("FOLDER", "SCENARIO")]
        out, err = io.StringIO(), io.StringIO()
        assert simulate(given, out, err) == (0 if given else 2), err.getvalue()


def test_the_rehearsal_shows_what_it_says(tmp_path: Path) -> None:
    (scenario,) = blocks(DOCS / "operate.rst", "toml")
    (tmp_path / "scenario.toml").write_text(scenario)
    out = io.StringIO()
    assert simulate([str(tmp_path)], out, io.StringIO()) == 0
    assert out.getvalue().strip() in blocks(DOCS / "operate.rst")


def test_the_readme_shows_what_the_page_shows() -> None:
    page = (DOCS / "vmha.rst").read_text()
    for line in re.findall(r"^    ((?:OK|ERROR) .*)$", (ROOT / "README.rst").read_text(), re.M):
        assert line in page


def test_the_start_page_has_one_inventory_for_all_that_it_says() -> None:
    (file,) = blocks(DOCS / "start.rst", "ini")
    inventory = parse_inventory(file, "/etc/vmha/inventory.ini", "")
    bmcs = {str(one.node): one.access.address for one in inventory.targets if one.access}
    table = re.findall(
        r"^``([\w-]+)`` +([\d.]+) +([\d.]+)$", (DOCS / "start.rst").read_text(), re.M
    )
    assert bmcs == {node: bmc for node, _, bmc in table}
    hosts = {f"{node}={address}" for node, address, _ in table}
    page = [one.variables for one in EVERY if one.page == "start.rst"]
    told = [set(one["HOSTS"].split()) for one in page if "HOSTS" in one]
    assert told == [hosts] * len(told) != []
    (asked,) = (
        one for one in of("fence_compute") if one.page == "start.rst" and "compute-1" in one.line
    )
    assert inventory.find(asked.words[-1]).node == "compute-1"


def test_the_inventory_of_the_reference_is_one() -> None:
    files = (one for one in blocks(DOCS / "fence-compute.rst") if "[DEFAULT]" in one)
    ipmi, redfish = (parse_inventory(file, "inventory.ini", "") for file in files)
    assert [str(one.host) for one in ipmi.targets] == ["compute-1", "compute-2.example.com"]
    assert [str(one.access) for one in redfish.targets] == [
        "bmc-1.example.com",
        "blade-center.example.com /redfish/v1/Systems/2",
        "192.0.2.9",
    ]


def test_the_clouds_file_of_the_start_page_is_one(tmp_path: Path) -> None:
    (file,) = blocks(DOCS / "start.rst", "yaml")
    path = tmp_path / "clouds.yaml"
    path.touch(mode=0o600)
    path.write_text(file)
    assert (
        read_cloud(Credentials(cloud="vmha", clouds_file=str(path))).place("compute").region
        == "RegionOne"
    )


def test_generate_takes_the_inventory_of_its_page(tmp_path: Path) -> None:
    (file,) = blocks(DOCS / "vmha.rst", "yaml")
    (tmp_path / "hosts.yaml").write_text(file)
    secrets = tmp_path / "inventory.ini"
    command = generate.command(read_text, parse_yaml, write_secret)
    made = Desk(World()).run(command, str(tmp_path / "hosts.yaml"), "--secrets", str(secrets))
    assert made.code == 0
    assert "for host in compute-1; do" in made.out
    found = parse_inventory(secrets.read_text(), str(secrets), "")
    assert [str(one.host) for one in found.targets] == ["compute-1.example.com"]


def test_what_generate_shows_is_what_it_says(tmp_path: Path) -> None:
    (block,) = (one for one in blocks(DOCS / "vmha.rst") if "%index%.localdomain >" in one)
    command, *shown = block.splitlines()
    nodes = [
        ("compute-0", "profile:computeHCI"),
        ("controller-0", "profile:control"),
        ("ceph-0", ""),
    ]
    file = tmp_path / "instackenv.json"
    found = [
        {"name": name, "pm_addr": f"192.0.2.{number}", "capabilities": profile}
        for number, (name, profile) in enumerate(nodes, 7)
    ]
    file.write_text(json.dumps({"nodes": found}))
    args = command.removeprefix("# vmha generate instackenv.json ").partition(" >")[0].split()
    secrets = str(tmp_path / "inventory.ini")
    made = Desk(World()).run(
        generate.command(read_text, parse_yaml, write_secret),
        str(file),
        *args,
        "--secrets",
        secrets,
    )
    said = made.err.replace(secrets, "inventory.ini").splitlines()
    assert [" ".join(line.split()) for line in said] == [" ".join(line.split()) for line in shown]


def test_what_is_shown_as_json_is_json() -> None:
    for block in blocks(DOCS / "interfaces.rst", "json"):
        assert {"version", "step", "incident"} <= json.loads(block).keys()
