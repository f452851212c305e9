"""When nodes failed, over the simulated CIB. The contract suite has the rest."""

from __future__ import annotations

import pytest

from vmha_ocf.cluster.storm import ATTRIBUTE
from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.parallel import Concurrent
from vmha_ocf.sim.base.processes import Processes

NODE = NodeName("compute-1")
AT = 1_763_695_800.0


def test_a_failure_that_is_known_is_not_written_again() -> None:
    world = World.with_hosts("compute-1")
    world.failures().note({NODE: [AT]})
    before = world.cib.truth(ATTRIBUTE)
    world.fault("cib.update", "down")
    world.failures().note({NODE: [AT + 14]})
    assert world.cib.truth(ATTRIBUTE) == before == {NODE: "1763695800"}


def test_what_another_time_stands_for_goes_with_the_same_write() -> None:
    world = World.with_hosts("compute-1", "compute-2")
    both = {NODE: [AT], NodeName("compute-2"): [AT + 5]}
    world.failures().note({node: [*times, AT + 86400] for node, times in both.items()})
    gone = {node: [AT + 86400] for node in both}
    world.failures().note({NODE: [AT + 900]}, gone)
    assert world.failures().read() == {NODE: (AT, AT + 900), "compute-2": (AT + 5,)}


def test_without_quorum_none_is_noted() -> None:
    world = World.with_hosts("compute-1")
    world.cib.has_quorum = False
    with pytest.raises(FlagNotWritten, match="no quorum"):
        world.failures().note({NODE: [AT]})


def test_failures_of_many_are_noted_in_about_the_time_of_one() -> None:
    world = World(latency=Latency())
    for number in range(50):
        world.add_host(f"compute-{number}")
    nodes = {host.node: [AT] for host in world.hosts.values()}
    processes = Processes(world.core.timeline)
    failures = world.failures(Concurrent(processes))
    ended: list[float] = []
    processes.start("one", lambda: failures.note(nodes), lambda _: ended.append(world.now))
    world.run(60)
    assert set(failures.read()) == set(nodes)
    assert ended[0] < 1.5


def test_only_what_is_missing_is_written_again() -> None:
    world = World.with_hosts("compute-1", "compute-2")
    world.fault("cib.update", "lost-answer", times=1)
    nodes = {NODE: [AT], NodeName("compute-2"): [AT, AT + 300]}
    assert not world.failures().note(nodes)
    assert world.failures().read() == {NODE: (AT,), "compute-2": (AT, AT + 300)}


def test_a_node_that_pacemaker_does_not_know_keeps_no_other_from_being_noted() -> None:
    world = World.with_hosts("compute-1")
    gone = NodeName("compute-9")
    assert set(world.failures().note({gone: [AT], NODE: [AT]})) == {gone}
    assert world.failures().read() == {NODE: (AT,)}
