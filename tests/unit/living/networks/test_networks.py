"""Networks, over a simulated cluster."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.living.networks.networks import Networks
from vmha_ocf.model import Ailing, Event, NodeName, NovaHost
from vmha_ocf.proof.naming import Naming
from vmha_ocf.sim import World

TEXT = """
default_class = "all"
[class.all]
network.tenant = "notify"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
"""
ONE, TWO = NodeName("compute-1"), NodeName("compute-2")


class Stage:
    def __init__(self, text: str = TEXT) -> None:
        self.world = World.with_hosts(ONE, TWO)
        self.world.evacuator = {"policy": "/etc/vmha/policy.toml"}
        self.world.policies[""] = text
        self.world.measuring = lambda: {"net-tenant": [ONE, TWO]}
        self.events: list[Ailing] = []
        self.start()
        self.says("0")

    def start(self, recall: Callable[[], Collection[Ailing] | None] = tuple) -> None:
        """A worker."""
        ports = self.world.worker_ports()
        ports = replace(ports, tell=self._hear, recall=recall)
        self.naming = Naming(ports, "")
        self.in_force = InForce(ports.read_policy)
        self.networks = Networks(ports, self.in_force, self.naming)

    def _hear(self, event: Event | Ailing) -> None:
        assert isinstance(event, Ailing)
        self.events.append(event)

    def says(self, text: str) -> None:
        self.world.attrd.put("net-tenant", ONE, text)
        self.world.attrd.put("net-tenant", TWO, "1")

    def looks(self, seconds: int, *flagged: str) -> list[str]:
        cluster, nova = self.world.cluster(), self.world.nova()
        for _ in range(seconds // 10 + 1):
            self.naming.list_seen(nova.services())
            self.naming.look({}, cluster.nodes())
            self.in_force.look()
            self.networks.look({NovaHost(one) for one in flagged})
            self.world.run(10)
        return list(self.networks.problems)


def test_a_network_that_is_down_for_its_time_is_told_until_it_is_up() -> None:
    stage = Stage()
    assert stage.looks(50) == []
    assert stage.networks.is_busy
    assert len(stage.looks(20)) == 1
    stage.says("1")
    assert stage.looks(0) == []
    assert not stage.networks.is_busy


def test_without_rows_nothing_is_read() -> None:
    stage = Stage("default_class = 'all'\n[class.all]\n")
    stage.world.fault("attrd.query", "down")
    assert stage.looks(100) == []


def test_a_flagged_host_is_left_to_its_evacuation() -> None:
    assert Stage().looks(100, ONE) == []


def test_a_host_in_maintenance_is_a_person_s() -> None:
    stage = Stage()
    stage.world.maintenance = True
    assert stage.looks(100) == []


def test_a_host_that_is_away_is_pacemaker_s() -> None:
    stage = Stage()
    stage.looks(70)
    stage.world.power_cut(ONE)
    stage.world.run(30)
    assert stage.looks(100) == []


def test_without_a_configuration_nobody_is_looked_at() -> None:
    stage = Stage()
    stage.world.fault("cluster.configuration", "down")
    assert stage.looks(100) == []


def test_rows_that_are_taken_away_end_what_is_told() -> None:
    stage = Stage()
    stage.looks(70)
    stage.world.policies[""] = "default_class = 'all'\n[class.all]\n"
    assert stage.looks(0) == []
