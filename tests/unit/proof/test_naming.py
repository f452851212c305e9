"""How the worker keeps up with the names: what it reads, how often, and what it goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metadata import ROOT
from tests.unit.driven import TAGS, Driven
from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.request import Target
from vmha_ocf.model import NodeName, NodeState, NovaHost
from vmha_ocf.proof.naming import EVERY, Naming
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import ProvenOff
from vmha_ocf.sim.play.run import load, run

NODE = NodeName("compute-1")
FULL = NovaHost("compute-1.example.com")
SECOND = NovaHost("compute-1-b")


@pytest.fixture
def world() -> World:
    world = World()
    world.add_host("compute-1", nova=FULL)
    world.add_host("compute-2")
    return world


def look(naming: Naming, world: World) -> None:
    naming.look({}, world.pacemaker.nodes())


class TestTheConfiguration:
    def test_is_read_once_in_a_while(self, world: World) -> None:
        ports = world.worker_ports()
        naming = Naming(ports, "")
        look(naming, world)
        assert naming.names.hosts_of(NODE) == (FULL,)
        world.fault("cluster.configuration", "down", times=1)
        look(naming, world)
        assert naming.problems == []
        world.run(EVERY)
        look(naming, world)
        assert "Pacemaker does not answer" in naming.problems[0]
        assert naming.names.hosts_of(NODE) == (FULL,), "what was read stays"
        world.run(3)
        look(naming, world)
        assert naming.problems == []

    def test_is_read_at_once_where_a_node_is_lost_that_nobody_knows(self, world: World) -> None:
        naming = Naming(world.worker_ports(), "")
        look(naming, world)
        world.add_host("compute-3")
        world.power_cut("compute-3")
        world.run(20)
        look(naming, world)
        assert naming.names.hosts_of(NodeName("compute-3")) == ("compute-3",)

    def test_is_not_read_again_and_again_for_a_node_without_a_host(self, world: World) -> None:
        naming = Naming(world.worker_ports(), "")
        lost = {NodeName("ctl9"): NodeState(NodeName("ctl9"), online=False, fenced=True)}
        naming.look({}, lost)
        world.fault("cluster.configuration", "down")
        naming.look({}, lost)
        assert naming.problems == []

    def test_unread_makes_no_fencing_a_proof(self, world: World) -> None:
        naming = Naming(world.worker_ports(), "")
        world.fault("cluster.configuration", "down", times=1)
        world.fence("compute-1", flag=False)
        look(naming, world)
        assert not naming.nodes[NODE].fenced
        world.run(3)
        look(naming, world)
        assert naming.nodes[NODE].fenced


class TestTheInventory:
    class Files:
        """A device with an inventory, whose file may go away."""

        def __init__(self, world: World) -> None:
            self.there = True
            fence = Resource("fence", "stonith:fence_compute", {"inventory": "/etc/x"})
            self.configuration = Configuration(resources=[fence])
            world.configuration = lambda: self.configuration  # type: ignore[method-assign]
            world.inventory = self.read  # type: ignore[method-assign]

        def read(self, path: str, _domain: str) -> Inventory:
            if not self.there:
                raise LocalParameterError(
                    f"the inventory {path} cannot be read", hint="put it there"
                )
            return Inventory(path, [Target(FULL, NODE, None, (SECOND,))])

    def test_names_all_hosts_of_a_machine(self, world: World) -> None:
        files = self.Files(world)
        naming = Naming(world.worker_ports(), "")
        look(naming, world)
        assert naming.names.hosts_of(NODE) == (FULL, SECOND)
        files.there = False
        world.run(EVERY)
        look(naming, world)
        assert (
            "what fence calls its hosts: the inventory /etc/x cannot be read" in naming.problems[0]
        )
        assert naming.names.hosts_of(NODE) == (FULL, SECOND), "what was read stays"


class TestAMachineThatRunsTwo:
    def test_has_the_host_flagged_that_the_agent_did_not_know(self, world: World) -> None:
        """An agent of before flagged one of them: Pacemaker's word does for the other."""
        world.add_host("second", nova=SECOND)
        world.pacemaker.remove(NodeName("second"))
        files = TestTheInventory.Files(world)
        ipmi = Resource("ipmi", "stonith:fence_ipmilan", {"pcmk_host_list": "compute-1"})
        files.configuration = Configuration(resources=[*files.configuration.resources, ipmi])
        moved = [world.boot(FULL, tags=TAGS), world.boot(SECOND, tags=TAGS)]
        world.host(SECOND).power_off()
        world.fence("compute-1")
        world.core.journal.note(ProvenOff(world.now, SECOND, "it is the same machine"))
        driven = Driven(world)
        driven.until_done(FULL)
        driven.run(60)
        driven.until_done(SECOND)
        assert [world.runs_on(one) for one in moved] == [["compute-2"], ["compute-2"]]
        driven.check()


def test_a_host_that_is_gone_for_good_costs_no_question_every_few_seconds() -> None:
    scenario = load(Path(ROOT / "tests" / "scenarios" / "removed-after-its-evacuation"))
    asked = run(scenario).calls.count("NovaEvacuate.nova.services")
    assert asked < 60, "700 s, of which it is gone for 580"
