"""What the documents tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.packages.documented import chapters, typed
from vmha_ocf.backends.telling.metrics import metrics
from vmha_ocf.cluster import storm
from vmha_ocf.fencing.options import OPTIONS
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.incidents.status import Deliveries, Picture
from vmha_ocf.model import Epoch, NovaHost, Step, Turn
from vmha_ocf.programs import nova_compute, nova_evacuate

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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_line_is_wider_than_a_terminal_that_is_wide(document: Path) -> None:
    assert [line for line in document.read_text().splitlines() if len(line) > 120] == []


def test_every_page_is_in_the_index_and_in_the_readme() -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.rst")} - {"index"}
    index, readme = (ROOT / "docs" / "index.rst").read_text(), (ROOT / "README.rst").read_text()
    assert {page for page in pages if f"<{page}.rst>" in index} == pages
    assert {page for page in pages if f"<docs/{page}.rst>" in readme} == pages


def test_start_and_deploy_do_not_say_the_same_commands_twice() -> None:
    said = [line for name in chapters() for line in typed(name)]
    assert [line for line in said if said.count(line) > 1] == []


def test_what_the_readme_calls_all_tests_is_what_continuous_integration_runs() -> None:
    command = re.search(r"^exec (make .*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert command
    assert f"\n    {command[1]}\n" in (ROOT / "README.rst").read_text()


def test_recipes_that_the_way_to_deploy_names_exist() -> None:
    text = (ROOT / "docs" / "deploy.rst").read_text()
    named = set(re.findall(r"``([a-z-]+\.sh)``", text))
    assert {path.name for path in (ROOT / "pcs-examples").glob("recipe-*.sh")} <= named
    assert all((ROOT / "pcs-examples" / name).exists() for name in named)


def test_the_comparison_cites_the_figures_of_the_readme() -> None:
    text = " ".join((ROOT / "docs" / "comparison.rst").read_text().split())
    cited = text.partition("Of this suite, measured by")[2].partition("The lab's rebuilds")[0]
    figures = re.findall(r"\d+\.\d+", cited)
    readme = (
        (ROOT / "README.rst").read_text().partition("How fast\n---")[2].partition("Under fire")[0]
    )
    known = re.findall(r"\d+\.\d+", readme)
    assert len(figures) >= 4
    assert [one for one in figures if one not in known] == []


def test_the_command_that_releases_a_storm_is_the_one_in_the_runbook() -> None:
    assert storm.RELEASE_COMMAND in (ROOT / "docs" / "operate.rst").read_text()


def test_the_steps_and_the_metrics_of_the_page_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "interfaces.rst").read_text()
    steps = re.findall(r"^``([a-z-]+)``  ", text, re.M)[1:]
    assert steps == [each.value for each in (*Step, *Turn)]
    known = re.findall(r"^# TYPE (\w+) ", told_metrics(), re.M)
    assert re.findall(r"^``(vmha_\w+)", text, re.M) == known


def told_metrics() -> str:
    incident = Incident(
        NovaHost("compute-1"), Epoch(0.0), {Step.OVER: Epoch(1.0)}, last_moved=Epoch(1.0)
    )
    sent = {"notify_url": Deliveries()}
    picture = Picture("ctl1", 0.0, 0.0, "", (), {}, [incident], sent)
    return metrics(picture)[1].decode()


def test_parameters_that_the_runbook_names_exist() -> None:
    text = (ROOT / "docs" / "operate.rst").read_text()
    agents = (nova_compute.AGENT, nova_evacuate.AGENT)
    known = {each.name for agent in agents for each in agent.parameters}
    known |= {option.name for option in OPTIONS}
    named = set(re.findall(r"``([a-z]+_[a-z_]+)=\w+``", text))
    assert named
    assert named - known <= {"reconnect_interval", "resume_guests_state_on_host_boot"}
