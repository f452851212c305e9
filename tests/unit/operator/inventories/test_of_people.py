"""Inventories as people have them: who comes out, where the BMCs are, or the one sentence."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.operator_site import Desk, Outcome
from vmha_ocf.backends.bmc.inventory_file import read_inventory
from vmha_ocf.backends.desk.deployment_file import parse_yaml, read_text, write_secret
from vmha_ocf.operator.commands import generate
from vmha_ocf.sim import World

FOLDER = Path(__file__).parents[3] / "recorded/inventories"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "expected.toml").read_text())
SECRETS = ("swordfish", "0xCAFE", "0123", "12:30:45", "SWORDFISH", "sword,fish", "sword fish 2")


def generated(case: str, tmp_path: Path) -> Outcome:
    args = [
        str(FOLDER / one) if one.endswith("details.yaml") else one
        for one in EXPECTED[case].get("args", [])
    ]
    command = generate.command(read_text, parse_yaml, write_secret)
    file, secrets = FOLDER / case.partition(" ")[0], tmp_path / "inventory.ini"
    return Desk(World()).run(command, str(file), *args, "--secrets", str(secrets), "--json")


@pytest.mark.parametrize("case", [case for case, one in EXPECTED.items() if "hosts" in one])
def test_the_hosts_that_its_owner_expects(case: str, tmp_path: Path) -> None:
    told, expected = generated(case, tmp_path), EXPECTED[case]
    data = json.loads(told.out)
    assert told.code == 0, data
    assert [_name(one) for one in data["compute_hosts"]] == expected["hosts"]
    assert len(data["left_out"]) == expected.get("left", 0)
    assert all(one["why"] for one in (*data["compute_hosts"], *data["left_out"]))
    if "bmcs" in expected:
        assert [one["bmc"] for one in data["compute_hosts"]] == expected["bmcs"]
    assert not any(secret in told.out for secret in SECRETS if len(secret) > 5)
    read = read_inventory(str(tmp_path / "inventory.ini"), "").targets
    assert [(one.node, one.host) for one in read] == [
        (one["node"], one["host"]) for one in data["compute_hosts"]
    ]
    if "options" in expected:
        assert _section(tmp_path / "inventory.ini", expected["options"]["node"]) == {
            key: value for key, value in expected["options"].items() if key != "node"
        }


@pytest.mark.parametrize("case", [case for case, one in EXPECTED.items() if "says" in one])
def test_one_true_sentence_and_nothing_is_written(case: str, tmp_path: Path) -> None:
    told, expected = generated(case, tmp_path), EXPECTED[case]
    data = json.loads(told.out)
    assert told.code == 64
    assert expected["says"] in data["headline"]
    assert data["notes"], "it says what to do"
    assert not any(secret in told.out for secret in SECRETS if len(secret) > 5)
    assert not (tmp_path / "inventory.ini").exists()


def test_each_file_has_what_comes_out_of_it() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {"expected.toml"}
    used = {case.partition(" ")[0] for case in EXPECTED}
    used |= {
        word for one in EXPECTED.values() for word in one.get("args", []) if "details" in word
    }
    assert files == used - {"--details"}
    assert len(files) >= 40


def _name(one: dict[str, str]) -> str:
    return one["node"] if one["node"] == one["host"] else f"{one['node']}={one['host']}"


def _section(path: Path, node: str) -> dict[str, str]:
    _, _, rest = path.read_text().partition(f"[{node}]\n")
    lines = rest.partition("\n\n")[0].strip("\n").split("\n")
    pairs = (line.split(" = ", 1) for line in lines if not line.startswith(("[", "host =")))
    return dict([key, value] for key, value in pairs)
