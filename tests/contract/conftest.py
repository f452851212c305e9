"""What the contract suites run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.one_node import OneNode, missing
from tests.lab.release import controller_layers


@pytest.fixture(scope="session")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    """A real Pacemaker cluster of one node, of DEBIAN's release. Whoever changes it changes it back."""
    if absent := missing():
        pytest.skip(f"a one-node cluster cannot be started: {absent}")
    node = OneNode.start(tmp_path_factory.mktemp("cluster"), layers=controller_layers())
    yield node
    node.stop()
