"""NovaInstances on a real remote node, whose attributes go with its connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.one_node import OneNode
from tests.executables.remote import REMOTE, RemoteNode
from tests.executables.watched import Resource
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.living.guests.question import ANSWER, ASKED, Question, format_question, parse_answer
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.model import InstanceId, NodeName

pytestmark = pytest.mark.real
QUESTION = Question("0123456789abcdef", (InstanceId("5d8a1f8e-8c10-4c5e-9d2f-000000000001"),))


@pytest.fixture(name="remote")
def _remote(installed_node: OneNode, tmp_path: Path) -> Iterator[RemoteNode]:
    made = RemoteNode(installed_node, tmp_path)
    yield made
    made.stop()


def test_what_a_lost_connection_has_wiped_is_told_again(
    installed_node: OneNode, remote: RemoteNode
) -> None:
    resource = Resource(remote, REMOTE, installed_node.run)
    resource.start()
    resource.until(lambda: ATTRIBUTE in resource.seen())
    before = resource.report()
    remote.connect(connected=False)
    resource.until(lambda: ATTRIBUTE not in resource.seen())
    remote.connect(connected=True)
    resource.until_told(lambda report: report.at > before.at)
    assert resource.report().boot == before.boot
    assert "is gone: told again" in resource.log()
    Cib(installed_node.run).set_node_attribute(NodeName(REMOTE), ASKED, format_question(QUESTION))
    resource.until(lambda: ANSWER in resource.seen())
    assert parse_answer(resource.seen()[ANSWER], QUESTION) is not None
    assert resource.do("stop").rc == 0
    resource.until(lambda: ATTRIBUTE not in resource.seen())
