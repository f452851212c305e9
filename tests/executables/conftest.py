"""What the tests of the executables run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.contract.one_node import OneNode, missing
from tests.executables.deployer import GIVEN, Deployer, older_cib
from tests.executables.installed import Installed


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def cib_of(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """What an example makes of the CIB of a cluster; each is run once, as pcs takes its time."""

    @cache
    def made(name: str) -> str:
        deployer = Deployer(installed, tmp_path_factory.mktemp("example"))
        deployer.example(name, **GIVEN[name])
        return deployer.cib.read_text()

    return made


@pytest.fixture(scope="session")
def upgraded_cib(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a cluster with the older agents, after upgrade.sh was run on it twice."""
    deployer = Deployer(installed, tmp_path_factory.mktemp("older"), older_cib())
    for _ in range(2):
        deployer.example("upgrade.sh", CLOUDS_FILE="/etc/vmha/clouds.yaml")
    return deployer.cib.read_text()


@pytest.fixture(scope="module")
def installed_node(
    tmp_path_factory: pytest.TempPathFactory, installed: Installed
) -> Iterator[OneNode]:
    """A real Pacemaker node with the agents where it looks for them."""
    assert not missing(), missing()
    node = OneNode.start(tmp_path_factory.mktemp("node"))
    try:
        mounted = node.run(["sh", "-c", installed.mounts], timeout=20)
        assert mounted.rc == 0, mounted
        node.run(["mkdir", "-p", "/run/resource-agents"], timeout=10)
        yield node
    finally:
        node.stop()
