"""NovaInstances as a program on a real Pacemaker node, over libvirt's own test driver.

That driver lives in the process of whoever opens it, and has one guest that runs. What becomes of real
ones is shown on QEMU, in test_guests.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.one_node import NODE, OneNode
from tests.executables.installed import AGENTS
from tests.executables.watched import Resource
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.living.guests.question import (
    ANSWER,
    ASKED,
    Here,
    Question,
    format_question,
    parse_answer,
)
from vmha_ocf.living.guests.report import ATTRIBUTE, parse_report
from vmha_ocf.model import InstanceId, NodeName

pytestmark = pytest.mark.real
RUNNING, ARGUMENTS, INSTALLED, CONFIGURED, NOT_RUNNING, DEGRADED = 0, 2, 5, 6, 7, 190
GUEST = InstanceId("6695eb01-f6a4-8304-79aa-97f2502e193f")
"""Of test:///default."""
ABSENT = InstanceId("5d8a1f8e-8c10-4c5e-9d2f-000000000001")


@pytest.fixture(name="resource")
def _resource(installed_node: OneNode) -> Iterator[Resource]:
    made = Resource(installed_node)
    yield made
    made.do("stop")
    installed_node.run(
        ["crm_attribute", f"--node={NODE}", f"--name={ASKED}", "--delete"], timeout=10
    )


def test_it_watches_from_start_to_stop(resource: Resource) -> None:
    assert resource.do("monitor", interval="0").rc == NOT_RUNNING
    assert resource.do("stop").rc == 0
    resource.start()
    resource.start()
    assert resource.do("monitor").rc == RUNNING
    resource.until(lambda: ATTRIBUTE in resource.seen())
    report = parse_report(resource.seen()[ATTRIBUTE])
    assert (report.boot, report.failed, report.found) == (probe.boot_id(), {}, {})
    assert "answers: 1 domains" in resource.log()
    for _ in range(2):
        assert resource.do("stop").rc == 0
    assert resource.do("monitor").rc == NOT_RUNNING
    resource.until(lambda: ATTRIBUTE not in resource.seen())


def test_what_is_wiped_is_there_again_and_a_question_is_answered(resource: Resource) -> None:
    resource.start()
    resource.until(lambda: ATTRIBUTE in resource.seen())
    first = resource.seen()[ATTRIBUTE]
    resource.board.remove(ATTRIBUTE)
    question = Question("0123456789abcdef", (GUEST, ABSENT))
    Cib(resource.node.run).set_node_attribute(NodeName(NODE), ASKED, format_question(question))
    assert resource.seen()[ASKED] == format_question(question)
    resource.until(lambda: resource.seen().get(ATTRIBUTE, first) != first)
    resource.until(lambda: ANSWER in resource.seen())
    answer = parse_answer(resource.seen()[ANSWER], question)
    assert answer is not None
    assert answer.instances == {GUEST: Here.RUNS, ABSENT: Here.ABSENT}


def test_one_that_was_killed_leaves_no_word_behind_once_it_is_stopped(resource: Resource) -> None:
    resource.start()
    resource.until(lambda: ATTRIBUTE in resource.seen())
    assert resource.node.run(["kill", "-KILL", resource.pid()], timeout=5).rc == 0
    resource.until(lambda: resource.do("monitor").rc == NOT_RUNNING)
    assert resource.do("stop").rc == 0
    resource.until(lambda: ATTRIBUTE not in resource.seen())


def test_a_libvirt_that_is_not_there_is_shown_and_no_failure(resource: Resource) -> None:
    resource.start(uri="qemu+unix:///system?socket=/nonexistent")
    resource.until(lambda: resource.do("monitor").rc == DEGRADED)
    shown = resource.do("monitor").stderr
    assert "ocf-exit-reason:libvirt (qemu+unix:///system?socket=/nonexistent) gives no" in shown
    assert parse_report(resource.seen()[ATTRIBUTE]).unknown is not None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"uri": "system"}, "parameter uri: 'system' is wrong"),
        ({"uri": "qemu+ssh://elsewhere/system"}, "a URI of libvirt on this host"),
        ({"hung_after": "soon"}, "parameter hung_after"),
        ({"agent_after": "-1"}, "parameter agent_after"),
        ({"log_file": "instances.log"}, "parameter log_file"),
    ],
)
def test_a_wrong_parameter_is_told(
    resource: Resource, given: dict[str, str], sentence: str
) -> None:
    for action in ("validate-all", "start"):
        answer = resource.do(action, **given)
        assert answer.rc == CONFIGURED
        assert sentence in answer.stderr
    assert resource.do("stop", **given).rc == 0


def test_without_libvirts_binding_it_is_not_installed(
    installed_node: OneNode, tmp_path: Path
) -> None:
    """As on a host without python3-libvirt: the agent alone is there."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "vmha_ocf").symlink_to("/usr/lib/python3/dist-packages/vmha_ocf")
    answer = installed_node.run(
        ["python3", "-S", f"{AGENTS}/NovaInstances", "start"],
        timeout=20,
        env={
            "PYTHONPATH": str(bare),
            "OCF_RESKEY_CRM_meta_on_node": NODE,
            "HA_RSCTMP": "/run/none",
        },
    )
    assert answer.rc == INSTALLED, answer
    assert "libvirt's Python binding is not installed on this node" in answer.stderr
