"""A nova-compute that hangs, on the simulated cluster: when its monitor is told to fail, and when not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from tests.unit.driven import TAGS, Driven
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.living.processes import asked, healed
from vmha_ocf.model import NodeName, NovaHost, ServiceChange, Services
from vmha_ocf.ports import Nova
from vmha_ocf.sim import World

RESTART = 'default_class = "all"\n[class.all]\nprocess.nova-compute = ["restart", "notify"]\n'
NOTIFY = RESTART.replace('"restart", ', "")
NODE = NodeName("compute-1")


class Site:
    """Three hosts and a worker; the monitor of compute-1 answers where ``answers`` says so."""

    def __init__(self, policy: str = RESTART, answers: bool = True) -> None:
        self.world = World.with_hosts("compute-1", "compute-2", "compute-3")
        self.world.boot("compute-1", tags=TAGS, name="web-1")
        self.world.write_policy(policy)
        self.answers = answers
        self.driven = Driven(self.world)
        self.run(100)

    def run(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.driven.round()
            if self.answers:
                self.answer()

    def answer(self) -> None:
        host = self.world.host("compute-1")
        word = asked.word_of(self.asked)
        if word:
            age = self.world.now - host.compute.since
            text = asked.format_answer(host.process, word, age)
            self.world.attrd.put(asked.ANSWER, asked.key(NODE), text)

    @property
    def asked(self) -> str:
        return self.world.attrd.truth(asked.ASKED).get(asked.key(NODE), "")

    @property
    def failing(self) -> str:
        """The process whose monitor is to fail."""
        return asked.to_fail(self.asked)

    @property
    def problem(self) -> str:
        return "; ".join(self.driven.rounds[-1].problems)

    def hang(self, host: str = "compute-1") -> None:
        self.world.host(host).hang_compute()

    def restart(self) -> None:
        """What Pacemaker does."""
        host = self.world.host("compute-1")
        units = self.world.units("compute-1")
        units.stop()
        units.start()
        assert not host.compute.hangs


@pytest.fixture
def site() -> Site:
    return Site()


def test_it_is_told_to_fail_when_nova_misses_it(site: Site) -> None:
    process = site.world.host("compute-1").process
    site.hang()
    site.run(58)
    assert asked.word_of(site.asked)
    site.run(27)
    assert site.failing == process
    noted = healed.parse_healed(site.world.cib.truth(healed.ATTRIBUTE)[NODE])
    assert [one.process for one in noted] == [process]
    assert site.problem == "nova-compute of compute-1 hangs: Pacemaker restarts it"
    site.restart()
    site.run(30)
    assert (site.problem, site.asked) == ("", "")


def test_nothing_is_asked_of_anybody_while_all_is_well(site: Site) -> None:
    assert site.world.attrd.truth(asked.ASKED) == {}
    assert site.world.cib.truth(healed.ATTRIBUTE) == {}


def test_a_service_that_is_deleted_right_before_is_nobodys(site: Site) -> None:
    site.hang()
    site.run(50)
    ask, found = site.driven.ports.nova.services, []

    class Deleted:
        """Somebody deletes it between the list and the last look at it."""

        def services(self, host: NovaHost | None = None) -> Services:
            found.append(host)
            return Services() if host is not None else ask()

        def __getattr__(self, name: str) -> Any:
            return getattr(site.world.worker_ports().nova, name)

    site.driven.ports = replace(site.driven.ports, nova=cast(Nova, Deleted()))
    site.driven.restart()
    site.run(60)
    assert NovaHost("compute-1") in found
    assert (site.failing, site.problem) == ("", "")


def test_a_worker_that_takes_over_restarts_nothing_twice(site: Site) -> None:
    site.hang()
    site.run(85)
    assert site.failing
    site.driven.restart("ctl2")
    site.run(60)
    assert len(healed.parse_healed(site.world.cib.truth(healed.ATTRIBUTE)[NODE])) == 1
    assert not site.failing


def test_one_that_does_not_end_is_told(site: Site) -> None:
    site.hang()
    site.run(85 + healed.UNDER_WAY + 30)
    assert "it was to be restarted, and is the same process still" in site.problem
    assert len(healed.parse_healed(site.world.cib.truth(healed.ATTRIBUTE)[NODE])) == 1


def test_one_that_hangs_again_and_again_is_told(site: Site) -> None:
    for _ in range(healed.MOST):
        site.hang()
        site.run(85)
        assert site.failing
        site.restart()
        site.run(200)
    site.hang()
    site.run(85)
    assert not site.failing
    assert "it was restarted 3 times in half an hour" in site.problem


def test_a_new_process_is_left_alone_before_nova_can_hear_of_it(site: Site) -> None:
    site.hang()
    site.run(50)
    site.restart()
    site.hang()
    site.run(20)
    assert not site.failing
    assert site.problem == ""


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"task_state": "image_uploading"}, "web-1 is image_uploading"),
        ({"vm_state": "building"}, "web-1 is building"),
    ],
)
def test_what_it_may_be_in_the_middle_of(site: Site, about: dict[str, Any], why: str) -> None:
    for server in site.world.database.servers.values():
        for name, value in about.items():
            setattr(server, name, value)
    site.hang()
    site.run(95)
    assert not site.failing
    assert why in site.problem


def test_what_is_on_its_way_to_it(site: Site) -> None:
    mover = site.world.boot("compute-2", tags=TAGS, name="web-2")
    site.world.moves.live_migrate(mover, site.world.host("compute-1").name)
    site.world.run(2)
    site.hang("compute-1")
    site.world.host("compute-2").compute.life += 1  # its nova-compute was started anew meanwhile
    site.run(95)
    assert not site.failing
    assert f"the live-migration of {mover} is running" in site.problem


def test_two_at_once_are_the_bus(site: Site) -> None:
    site.hang()
    site.hang("compute-2")
    site.run(100)
    assert not site.failing
    assert "compute-1, compute-2 fell silent together" in site.problem


def test_where_nova_hears_of_nobody_else(site: Site) -> None:
    for name in ("compute-2", "compute-3"):
        site.world.operator_changes(name, ServiceChange(forced_down=True))
    site.hang()
    site.run(100)
    assert not site.failing
    assert "Nova hears of no other" in site.problem


def test_a_persons_word_on_the_service(site: Site) -> None:
    change = ServiceChange(enabled=False, reason="new disks")
    site.world.operator_changes("compute-1", change)
    site.hang()
    site.run(100)
    assert not site.failing
    assert "its service is disabled (new disks)" in site.problem


def test_a_hold(site: Site) -> None:
    site.world.holds().write(Hold(NodeName("ctl1"), "anna", 5.0, "new switches"))
    site.hang()
    site.run(100)
    assert not site.failing
    assert "is not restarted: evacuation is held" in site.problem


def test_another_one_that_is_not_over(site: Site) -> None:
    at = site.driven.ports.clock.now() + 30
    other = healed.format_healed([healed.Healed(at, "b.1.2")])
    site.world.cib.put(NodeName("compute-2"), healed.ATTRIBUTE, other)
    site.hang()
    site.run(88)
    assert not site.failing
    assert "that of compute-2 is being restarted" in site.problem


def test_a_monitor_that_does_not_answer() -> None:
    site = Site(answers=False)
    site.hang()
    site.run(120)
    assert not site.failing
    assert "its monitor does not say which process it is" in site.problem


def test_it_is_told_alone_where_the_policy_says_so() -> None:
    site = Site(NOTIFY)
    site.hang()
    site.run(100)
    assert not site.failing
    assert "the policy says no restart" in site.problem


def test_nothing_is_looked_at_without_such_a_row(site: Site) -> None:
    site.hang()
    site.run(65)
    assert site.asked
    site.world.write_policy("")
    site.run(100)
    assert (site.asked, site.problem) == ("", "")
