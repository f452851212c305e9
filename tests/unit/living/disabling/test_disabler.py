"""A host is disabled for what ails it, on the simulated cluster: what others do meanwhile, and faults."""

from __future__ import annotations

import pytest

from tests.unit.driven import Driven
from tests.unit.incidents.test_ailments_sim import only
from vmha_ocf.living.disabling.noted import ATTRIBUTE
from vmha_ocf.model import NodeName, ServiceChange
from vmha_ocf.sim import World

POLICY = """
default_class = "all"
[class.all]
network.tenant = "disable"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
"""
NOTHING = 'default_class = "all"\n[class.all]\n'
NODE = NodeName("compute-1")
HOSTS = ("compute-1", "compute-2", "compute-3")


class Site:
    def __init__(self) -> None:
        self.world = World.with_hosts(*HOSTS)
        self.world.write_policy(POLICY)
        self.world.measuring = lambda: {"net-tenant": [NodeName(one) for one in HOSTS]}
        for host in HOSTS:
            self.says(host, "1")
        self.driven = Driven(self.world)
        self.run(30)

    def says(self, host: str, value: str) -> None:
        self.world.attrd.put("net-tenant", NodeName(host), value)

    def run(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.driven.round()

    @property
    def reason(self) -> str:
        """Why compute-1 is disabled; "" if it is not."""
        return self.world.nova().services()[0].disabled_reason

    @property
    def noted(self) -> str:
        return self.world.cib.truth(ATTRIBUTE).get(NODE, "")

    @property
    def problem(self) -> str:
        return "; ".join(self.driven.rounds[-1].problems)

    def lose(self) -> None:
        self.says("compute-1", "0")
        self.run(75)


@pytest.fixture
def site() -> Site:
    return Site()


def test_it_is_disabled_and_noted_and_enabled_and_forgotten(site: Site) -> None:
    site.lose()
    assert site.reason.startswith("vmha-ocf: network tenant@")
    assert site.noted == f"compute-1 network {site.reason.split()[-1]} done"
    site.says("compute-1", "1")
    site.run(50)
    assert site.reason
    site.run(25)
    assert (site.reason, site.noted, site.problem) == ("", "", "")


def test_the_history_tells_that_it_is_disabled(site: Site) -> None:
    site.lose()
    site.run(20)
    one = only(site.world)
    assert one.told.startswith("compute-1 has lost its tenant network")
    assert one.told.endswith("; compute-1 is disabled in Nova for it")


def test_without_a_row_nothing_is_asked_and_nothing_noted() -> None:
    site = Site()
    site.world.write_policy(NOTHING)
    site.lose()
    assert (site.reason, site.noted) == ("", "")


def test_what_nova_refuses_is_told_and_tried_again(site: Site) -> None:
    site.world.fault("nova.update_service", "down", until=site.world.now + 90)
    site.lose()
    assert "compute-1 is to be disabled for its tenant network, and is not: " in site.problem
    assert site.noted.endswith(" asked")
    site.run(30)
    assert site.reason
    assert site.noted == f"compute-1 network {site.reason.split()[-1]} done"


def test_what_it_cannot_enable_is_told(site: Site) -> None:
    site.lose()
    site.says("compute-1", "1")
    site.world.fault("nova.update_service", "down", until=site.world.now + 90)
    site.run(75)
    assert "compute-1 is disabled for its tenant network, and is not enabled yet: " in site.problem
    site.run(30)
    assert site.reason == ""


def test_who_takes_the_row_away_is_told_what_is_left(site: Site) -> None:
    site.lose()
    site.world.write_policy(NOTHING)
    site.says("compute-1", "1")
    site.run(120)
    assert "by now nobody says how that is" in site.problem
    site.world.nova().update_service(site.world.nova().services()[0], ServiceChange(enabled=True))
    site.run(60)
    assert site.problem == ""


def test_a_new_worker_goes_on(site: Site) -> None:
    site.lose()
    site.driven.restart("ctl2")
    site.run(30)
    assert "compute-1 is disabled for its tenant network" in site.problem
    site.says("compute-1", "1")
    site.run(80)
    assert (site.reason, site.noted) == ("", "")


def test_not_while_nova_does_not_hear_of_it_and_calls_it_up(site: Site) -> None:
    site.says("compute-1", "0")
    site.run(35)
    site.world.host("compute-1").hang_compute()
    site.run(40)
    assert "Nova does not hear of its nova-compute now" in site.problem
    site.run(60)
    assert site.reason


def test_nor_is_it_enabled_then(site: Site) -> None:
    site.lose()
    site.says("compute-1", "1")
    site.run(45)
    site.world.host("compute-1").hang_compute()
    began = site.world.now
    site.run(25)
    assert site.world.now - began < 35, "the worker has waited for its answer"
    assert "is not enabled yet: Nova does not hear of its nova-compute now" in site.problem
    site.run(60)
    assert site.reason, "it is enabled before it is up"


def test_nothing_is_begun_while_it_is_held(site: Site) -> None:
    site.world.write_policy(POLICY + "\n# another one", "ctl2")
    site.lose()
    assert site.reason == ""
    assert "and is not: the controllers have not the same policy" in site.problem
