"""What the documents tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vmha_ocf import storm
from vmha_ocf.agents import nova_compute, nova_evacuate
from vmha_ocf.fence_options import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.rst",
    ROOT / "CONTRIBUTING.rst",
    ROOT / "CHANGELOG.rst",
    *sorted((ROOT / "docs").glob("*.rst")),
]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_and_file_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    assert set(re.findall(r"(?:``|^    )make ([a-z-]+)", text, re.MULTILINE)) <= TARGETS
    named = re.findall(r"(?<![/\w-])((?:docs|tests|pcs-examples|lib|ocf|fence)/[\w./-]*\w)", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_what_the_readme_calls_all_tests_is_what_continuous_integration_runs() -> None:
    command = re.search(r"^exec (make .*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert command
    assert f"\n    {command[1]}\n" in (ROOT / "README.rst").read_text()


def test_recipes_that_the_way_to_deploy_names_exist() -> None:
    text = (ROOT / "docs" / "deploy.rst").read_text()
    named = set(re.findall(r"``([a-z-]+\.sh)``", text))
    assert {path.name for path in (ROOT / "pcs-examples").glob("recipe-*.sh")} <= named
    assert all((ROOT / "pcs-examples" / name).exists() for name in named)


def test_the_command_that_releases_a_storm_is_the_one_in_the_runbook() -> None:
    assert storm.RELEASE_COMMAND in (ROOT / "docs" / "operate.rst").read_text()


def test_parameters_that_the_runbook_names_exist() -> None:
    text = (ROOT / "docs" / "operate.rst").read_text()
    agents = (nova_compute.AGENT, nova_evacuate.AGENT)
    known = {each.name for agent in agents for each in agent.parameters}
    known |= {option.name for option in OPTIONS}
    named = set(re.findall(r"``([a-z]+_[a-z_]+)=\w+``", text))
    assert named
    assert named - known <= {"reconnect_interval", "resume_guests_state_on_host_boot"}
