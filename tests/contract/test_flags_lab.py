"""The flags where one node is not enough: through pacemaker_remote, and over a full stop."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.contract.flags import CLAIMED, HOST, NEEDED, NODE
from tests.lab import power, prerequisites
from tests.lab.cluster import Cluster
from tests.lab.configuration import QUICK, Plan
from tests.lab.errors import LabError
from tests.lab.layout import Lab
from tests.lab.lifecycle import running
from tests.lab.release import on_release
from tests.lab.wait import wait_until
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.process import command
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.errors import FlagsUnavailable
from vmha_ocf.model import Flag

pytestmark = pytest.mark.lab

LAB = Lab("vf", Path("/var/lib/vmha-lab-flags"), "10.96", compute_count=1)
PATIENCE = 3.0
"""Seconds that the gate gives one call."""


class Inside:
    """``command.run`` in a node of the lab."""

    def __init__(self, node: str) -> None:
        self._node = node

    def __call__(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> command.Result:
        entering = power.entering(LAB, self._node, tuple(argv))
        return command.run(entering, timeout=timeout, input=input, env=env)


def store_on(node: str) -> FlagStore:
    run = Inside(node)
    return FlagStore(Attrd(run, timeout=PATIENCE), Cib(run, timeout=PATIENCE), SystemClock())


def gate() -> Flag | None:
    return store_on(NODE).read_for(HOST, NODE)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        prerequisites.check()
    except LabError as error:
        pytest.skip(str(error))
    with running(LAB, on_release(Plan(timing=QUICK), LAB, print)) as cluster:
        yield cluster


def connection_host(cluster: Cluster) -> str:
    return cluster.ask(["crm_resource", "--locate", "--quiet", "--resource", NODE]).split()[0]


def test_a_gate_that_gets_no_answer_does_not_know(cluster: Cluster) -> None:
    assert gate() is None
    store_on("ctl1").write(NEEDED)
    assert gate() == NEEDED
    frozen = connection_host(cluster)
    cluster.freeze(frozen)
    started = time.monotonic()
    with pytest.raises(FlagsUnavailable):
        gate()
    assert time.monotonic() - started < 2 * PATIENCE + 1

    def answered() -> Flag | None:
        try:
            return gate()
        except FlagsUnavailable:
            return None

    # By another controller, once this one was fenced; its reboot ends the freeze.
    assert wait_until("the gate is answered again", answered, timeout=120) == NEEDED


def test_a_full_stop_keeps_a_flag_and_forgets_its_claim(cluster: Cluster) -> None:
    cluster.wait_online("compute-1", "ctl1", "ctl2", "ctl3")
    flags = store_on("ctl2")
    flags.write(NEEDED)
    flags.write(CLAIMED)
    assert store_on("ctl3").read() == {HOST: CLAIMED}
    cluster.stop_all()
    with pytest.raises(FlagsUnavailable):
        flags.read()
    cluster.start_all()
    assert flags.read() == {HOST: NEEDED}
