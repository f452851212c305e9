"""What many tests begin with: a small simulated cluster, an operator's desk at it; a Nova of HTTP answers
on loopback, and our backend that is logged in to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.http_nova import HttpCloud, connect
from tests.unit.operator_site import Desk
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.sim import World


@pytest.fixture
def cloud() -> Iterator[HttpCloud]:
    with HttpCloud() as cloud:
        yield cloud


@pytest.fixture
def nova(cloud: HttpCloud) -> OpenStackNova:
    return connect(cloud)


@pytest.fixture
def world() -> World:
    """Three hosts, and all is well."""
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    world.run(100)
    return world


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def client(authority: Authority, tmp_path: Path) -> Callable[[str], Path]:
    """A certificate and its key in ``tmp_path``: NAME.pem, NAME.key, NAME.both."""

    def make(name: str) -> Path:
        both = authority.issue(name)
        for suffix in (".pem", ".key", ".both"):
            shutil.copy2(both.with_suffix(suffix), tmp_path)
        return tmp_path / both.name

    return make
