"""On hosts that systemd boots: a Debian of their own, our packages, and units that start by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.lab.deployer import Deployer
from tests.lab.layout import lab_from_environment
from tests.lab.machines.choice import on_systemd
from tests.lab.machines.units import put_gates, put_kollas, take_gates, take_kollas
from tests.lab.stage import PLAN, Stage, Tell, on_stage
from tests.lab.test_recipes import a_host_dies, deployer, healthy, tell

__all__ = ["deployer", "healthy", "tell"]
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def stage(tell: Tell) -> Iterator[Stage]:
    plan = on_systemd(PLAN, tell)
    with on_stage(lab_from_environment(3, 2), tell, plan=plan, configured=False) as up:
        yield up


@pytest.fixture(name="_gates")
def gates(stage: Stage) -> Iterator[None]:
    """systemd starts nova-compute on each host, now and at each boot."""
    put_gates(stage.cluster, stage.hosts)
    yield
    take_gates(stage.cluster, stage.hosts)


@pytest.fixture(name="_kollas")
def kollas(stage: Stage) -> Iterator[None]:
    """On each host nova-compute is a container's, and the container a unit's."""
    put_kollas(stage.lab, stage.cluster, stage.hosts)
    yield
    take_kollas(stage.cluster, stage.hosts)


@pytest.mark.usefixtures("_gates")
def test_hosts_where_systemd_starts_nova_compute(
    stage: Stage, deployer: Deployer, tell: Tell
) -> None:
    """recipe-untouched-hosts.sh, and what docs/deploy.rst types on each host."""
    deployer.run("recipe-untouched-hosts.sh")
    a_host_dies(stage, tell)


@pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="70 s: with VMHA_LAB_DAY_2=1")
@pytest.mark.usefixtures("_kollas")
def test_a_container_that_a_unit_starts(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    """recipe-containers.sh as it is, with Kolla's unit; docker is stood for."""
    deployer.run_with_kollas_unit("recipe-containers.sh")
    a_host_dies(stage, tell)
