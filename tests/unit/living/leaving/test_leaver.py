"""Instances leave a host, on the simulated cluster: what it waits for, and what it does not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.driven import Driven
from vmha_ocf.errors import NovaRefused
from vmha_ocf.model import Instance, InstanceId, NodeName, ServiceChange
from vmha_ocf.ports import Nova
from vmha_ocf.sim import World

POLICY = """
default_class = "all"
[class.all]
network.tenant = "migrate"
network.admin = "notify"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
[measured.admin]
attribute = "net-admin"
resource = "net-admin"
healthy_from = 1
"""
HOSTS = ("compute-1", "compute-2", "compute-3")


class Site:
    def __init__(self, policy: str = POLICY) -> None:
        self.world = World.with_hosts(*HOSTS)
        self.world.write_policy(policy)
        there = [NodeName(one) for one in HOSTS]
        self.world.measuring = lambda: {"net-tenant": there, "net-admin": there}
        for host in HOSTS:
            self.says(host, "1")
            self.says(host, "1", "net-admin")
        self.pets = [self.world.boot("compute-1", name=f"pet-{number}") for number in (1, 2, 3)]
        self.driven = Driven(self.world)
        self.run(30)

    def says(self, host: str, value: str, name: str = "net-tenant") -> None:
        self.world.attrd.put(name, NodeName(host), value)

    def run(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.driven.round()

    def places(self) -> list[str]:
        return [self.world.database.servers[one].host for one in self.pets]

    @property
    def problem(self) -> str:
        return "; ".join(self.driven.rounds[-1].problems)

    def asked(self, instance: InstanceId) -> int:
        return len(self.world.nova().moves_of(self.world.database.servers[instance].view()))


@pytest.fixture
def site() -> Site:
    return Site()


def test_they_leave_two_at_a_time_once_their_host_is_disabled(site: Site) -> None:
    site.says("compute-1", "0")
    site.run(80)
    assert [site.asked(one) for one in site.pets] == [1, 1, 0]
    assert "3 of the instances of compute-1 leave it by live migration" in site.problem
    site.run(60)
    assert "compute-1" not in site.places()
    assert "by live migration" not in site.problem


def test_nobody_leaves_a_host_that_an_operator_has_enabled(site: Site) -> None:
    site.says("compute-1", "0")
    site.run(72)
    site.world.operator_changes("compute-1", ServiceChange(enabled=True))
    before = [site.asked(one) for one in site.pets]
    site.run(90)
    assert [site.asked(one) for one in site.pets] == before


def test_nobody_leaves_where_nova_does_not_reach_the_host(site: Site) -> None:
    site.says("compute-1", "0")
    site.says("compute-1", "0", "net-admin")
    several = POLICY.replace('network.admin = "notify"', 'network.several = "disable"')
    site.world.write_policy(several)
    site.run(90)
    assert site.places() == ["compute-1"] * 3
    assert "nobody leaves compute-1, which has lost its admin and tenant networks: Nova talks" in (
        site.problem
    )


def test_nobody_leaves_while_another_host_without_its_network_could_be_chosen() -> None:
    site = Site(POLICY + "[gates]\nhosts_at_once = 2\n")
    site.world.operator_changes("compute-3", ServiceChange(enabled=False, reason="for repair"))
    site.says("compute-1", "0")
    site.run(40)
    site.says("compute-2", "0")
    site.run(120)
    assert site.places() == ["compute-1"] * 3


def test_an_answer_that_is_lost_is_looked_for_in_novas_records(site: Site) -> None:
    site.world.fault("nova.live_migrate", "lost-answer", times=1)
    site.says("compute-1", "0")
    site.run(150)
    assert "compute-1" not in site.places()
    assert [site.asked(one) for one in site.pets] == [1, 1, 1]


class Refuses:
    """Nova. It does not migrate the first one that it is asked for: never, or so many times."""

    def __init__(self, nova: Nova, code: int = 403, times: int = 100) -> None:
        self._nova = nova
        self._code = code
        self._times = times
        self.asked: list[InstanceId] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nova, name)

    def live_migrate(self, instance: Instance) -> None:
        self.asked.append(instance.id)
        if instance.id == self.asked[0] and self.asked.count(instance.id) <= self._times:
            raise NovaRefused(self._code, "Live migration of it is not allowed")
        self._nova.live_migrate(instance)


def test_whom_nova_refuses_is_told_with_its_words_and_asked_for_once(site: Site) -> None:
    nova: Any = Refuses(site.driven.ports.nova)
    site.driven.restart_with(replace(site.driven.ports, nova=nova))
    site.says("compute-1", "0")
    site.run(150)
    assert len(nova.asked) == len(set(nova.asked)) == 3
    stayed = nova.asked[0]
    assert [one for one in site.pets if site.asked(one)] == [
        one for one in site.pets if one != stayed
    ]
    assert site.world.database.servers[stayed].host == "compute-1"
    name = site.world.database.servers[stayed].name
    assert f"the live migration of {name} off compute-1 has failed, and is not tried again" in (
        site.problem
    )
    assert site.problem.count("Live migration of it is not allowed") == 1


def refused(site: Site, code: int, times: int = 100) -> Refuses:
    nova: Any = Refuses(site.driven.ports.nova, code, times)
    site.driven.restart_with(replace(site.driven.ports, nova=nova))
    site.says("compute-1", "0")
    site.run(150)
    return nova  # type: ignore[no-any-return]


def test_whom_nova_had_in_hand_is_asked_for_again(site: Site) -> None:
    """The list was older than what somebody else has begun."""
    nova = refused(site, 409, times=2)
    assert nova.asked.count(nova.asked[0]) == 3
    assert "compute-1" not in site.places()
    assert "by live migration" not in site.problem


def test_whom_nova_has_in_hand_for_ever_is_told(site: Site) -> None:
    nova = refused(site, 409)
    assert nova.asked.count(nova.asked[0]) == 3
    assert "off compute-1 has failed, and is not tried again: Live migration" in site.problem


def test_who_is_gone_is_no_failure(site: Site) -> None:
    nova = refused(site, 404, times=1)
    assert nova.asked.count(nova.asked[0]) == 2
    assert "has failed" not in site.problem


def test_who_was_refused_is_asked_for_again_at_another_failure(site: Site) -> None:
    nova: Any = Refuses(site.driven.ports.nova)
    site.driven.restart_with(replace(site.driven.ports, nova=nova))
    site.says("compute-1", "0")
    site.run(150)
    site.says("compute-1", "1")
    site.run(90)
    assert site.problem == ""
    nova.asked.insert(0, InstanceId("another"))
    site.says("compute-1", "0")
    site.run(150)
    assert "compute-1" not in site.places()


def test_a_mark_of_ours_that_a_person_has_written_over_breaks_no_round(site: Site) -> None:
    site.says("compute-1", "0")
    site.run(80)
    written = ServiceChange(enabled=False, reason="vmha-ocf: network tenant@noon")
    site.world.operator_changes("compute-1", written)
    site.run(60)
    assert site.places().count("compute-1") < len(site.pets)
    assert "broke" not in site.problem
