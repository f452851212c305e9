"""A host is fenced by policy, on the simulated cluster: what it waits for, and what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.unit.driven import Driven
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.errors import ClusterUnavailable, NovaUnavailable
from vmha_ocf.living.fencing.noted import ATTRIBUTE
from vmha_ocf.model import NodeName, ServiceChange
from vmha_ocf.ports import Later
from vmha_ocf.sim import World

POLICY = """
default_class = "all"
[class.all]
process.nova-compute = "fence"
network.tenant = "fence"
[class.pets]
tags = "pet"
network.tenant = "notify"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
"""
HOSTS = ("compute-1", "compute-2", "compute-3")
OTHERS = ("compute-2", "compute-3", "ctl1", "ctl2", "ctl3")
NODE = NodeName("compute-1")
MARK = frozenset({"automatic-recovery"})


class Site:
    def __init__(self, policy: str = POLICY) -> None:
        self.world = World.with_hosts(*HOSTS)
        self.world.write_policy(policy)
        there = [NodeName(one) for one in HOSTS]
        self.world.measuring = lambda: {"net-tenant": there}
        for host in HOSTS:
            self.says(host, "1")
        self.web = self.world.boot("compute-1", name="web", tags=MARK)
        self.fenced: list[str] = []
        self.world.pacemaker.on_fence = self.fence
        self.driven = Driven(self.world)
        self.run(30)

    def fence(self, node: NodeName) -> None:
        self.fenced.append(node)

    def says(self, host: str, value: str) -> None:
        self.world.attrd.put("net-tenant", NodeName(host), value)

    def run(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.driven.round()

    def with_ports(self, **more: Any) -> None:
        self.driven.restart_with(replace(self.driven.ports, **more))

    @property
    def problem(self) -> str:
        return "; ".join(self.driven.rounds[-1].problems)

    @property
    def note(self) -> str:
        return self.world.notes().read(ATTRIBUTE).get(NODE, "")

    def failures(self) -> int:
        return len(self.world.failures().read().get(NODE, ()))


@pytest.fixture
def site() -> Site:
    return Site()


def lose(site: Site, seconds: float = 80) -> None:
    site.says("compute-1", "0")
    site.run(seconds)


def test_it_is_disabled_noted_counted_and_asked_for_once(site: Site) -> None:
    lose(site)
    assert site.fenced == ["compute-1"]
    assert not site.world.service("compute-1").enabled
    assert site.note.endswith(" network tenant")
    assert site.failures() == 1
    site.run(1000)
    assert site.fenced == ["compute-1"]
    assert "compute-1 was to be fenced before, and is not fenced for its tenant network again" in (
        site.problem
    )


def test_another_worker_does_not_ask_again(site: Site) -> None:
    lose(site)
    site.driven.restart("ctl2")
    site.run(100)
    assert site.fenced == ["compute-1"]
    assert "compute-1 was to be fenced before" in site.problem


def test_a_note_of_days_ago_counts_as_long_as_the_host_is_disabled_for_that(site: Site) -> None:
    lose(site)
    site.world.run(90000)
    site.run(200)
    assert site.fenced == ["compute-1"]


def test_after_a_day_another_failure_is_another_one(site: Site) -> None:
    lose(site)
    site.says("compute-1", "1")
    site.run(90)
    assert site.world.service("compute-1").enabled
    lose(site)
    assert site.fenced == ["compute-1"]
    site.says("compute-1", "1")
    site.run(90)
    site.world.run(90000)
    site.run(60)
    lose(site)
    assert site.fenced == ["compute-1"] * 2
    assert len(site.note.split("; ")) == 2


def test_nobody_is_that_an_operator_has_enabled(site: Site) -> None:
    site.says("compute-1", "0")
    while site.world.service("compute-1").enabled:
        site.driven.round()
    site.fenced.clear()
    other = Site()
    other.world.fault("nova.instances_on", "down", until=other.world.now + 75)
    lose(other, 70)
    other.world.operator_changes("compute-1", ServiceChange(enabled=True))
    other.run(200)
    assert other.fenced == []


def test_a_mark_of_ours_that_a_person_has_written_over() -> None:
    site = Site()
    site.world.fault("nova.instances_on", "down", until=site.world.now + 75)
    lose(site, 70)
    assert site.fenced == []
    written = ServiceChange(enabled=False, reason="vmha-ocf: network tenant@noon")
    site.world.operator_changes("compute-1", written)
    site.run(100)
    assert site.fenced == ["compute-1"]


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (
            lambda site: site.world.boot("compute-1", name="pet", tags=MARK | {"pet"}),
            "pet is of pets, whose row does not say fence",
        ),
        (
            lambda site: site.world.boot("compute-1", name="own"),
            "own would not be evacuated: untagged",
        ),
        (
            lambda site: site.world.boot("compute-1", name="b", tags=MARK, task_state="spawning"),
            "b is spawning",
        ),
        (
            lambda site: [
                site.world.boot("compute-1", name=name, tags=MARK | {"pet"}) for name in "abc"
            ],
            "a is of pets, whose row does not say fence (and 2 more)",
        ),
        (lambda site: site.with_ports(read_room=tuple), "Placement does not say"),
        (lambda site: site.with_ports(read_room=_no_placement), "no Placement"),
        (
            lambda site: site.world.failures().note(
                {NodeName(one): [site.world.clock().now()] for one in OTHERS}
            ),
            "it would be one failure too many (storm_limit)",
        ),
        (lambda site: _never(site), "never_fence names it"),
        (lambda site: _disable_others(site), "no other host takes instances"),
        (lambda site: _stop(site), "nothing runs there"),
    ],
)
def test_what_keeps_it(prepare: Callable[[Site], object], why: str) -> None:
    site = Site()
    prepare(site)
    lose(site, 100)
    if "no other host" in why:
        # Then it is not even disabled.
        assert "no other host takes instances" in site.problem
    else:
        assert f"compute-1 is not fenced for its tenant network: {why}" in site.problem
    assert (site.fenced, site.note) == ([], "")


def _no_placement() -> list[HostRoom]:
    raise NovaUnavailable("no Placement")


def _never(site: Site) -> None:
    site.world.write_policy('never_fence = ["compute-1"]\n' + POLICY)


def _stop(site: Site) -> None:
    server = site.world.instance(site.web)
    server.vm_state, server.task_state = "stopped", None


def _disable_others(site: Site) -> None:
    for host in HOSTS[1:]:
        site.world.operator_changes(host, ServiceChange(enabled=False, reason="for repair"))


def test_all_others_are_disabled_once_it_is() -> None:
    site = Site()
    site.with_ports(read_room=tuple)
    lose(site)
    _disable_others(site)
    site.run(40)
    assert "compute-1 is not fenced for its tenant network: no other host takes instances" in (
        site.problem
    )


class _Moment:
    """Something happens between the judgement and the request: after the note."""

    def __init__(self, notes: Any, then: Callable[[], None]) -> None:
        self._notes = notes
        self._then = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notes, name)

    def write(self, node: NodeName, name: str, text: str) -> None:
        self._notes.write(node, name, text)
        if name == ATTRIBUTE:
            then, self._then = self._then, lambda: None
            then()


@pytest.mark.parametrize("before", ["", "1700000000 network storage"])
@pytest.mark.parametrize(
    "then",
    [
        lambda site: site.says("compute-1", "1"),
        lambda site: site.world.attrd.put("net-tenant", NODE, ""),
        lambda site: site.world.boot("compute-1", name="late", tags=MARK | {"pet"}),
        lambda site: site.world.operator_changes("compute-1", ServiceChange(enabled=True)),
        lambda site: site.world.holds().write(Hold(NodeName("ctl1"))),
        lambda site: setattr(site.world, "maintenance", True),
        lambda site: site.world.pacemaker.disconnect(NODE),
    ],
)
def test_what_is_so_no_more_at_the_last_look(then: Callable[[Site], None], before: str) -> None:
    site = Site()
    if before:
        site.world.cib.put(NODE, ATTRIBUTE, before)
    site.with_ports(notes=_Moment(site.driven.ports.notes, lambda: then(site)))
    lose(site, 72)
    assert site.fenced == []
    assert (site.note, site.failures()) == (before, 0)


def test_a_process_that_is_heard_of_again() -> None:
    site = Site()
    site.world.compute_failures[NODE] = 1_000_000
    site.world.host("compute-1").end_compute()

    def back() -> None:
        site.world.start_compute("compute-1")
        site.world.run(15)

    site.with_ports(notes=_Moment(site.driven.ports.notes, back))
    site.driven._open_gates = lambda: None  # type: ignore[method-assign]
    site.run(200)
    assert not site.world.service("compute-1").enabled
    assert site.fenced == []


def test_another_host_is_fenced_before_the_last_look() -> None:
    site = Site()
    site.world.boot("compute-3", name="db", tags=MARK)
    waits: list[bool] = []
    site.world.pacemaker.on_fence = lambda _: waits.append(site.driven.is_pending("compute-3"))
    then = partial(site.world.fence, "compute-3")
    site.with_ports(notes=_Moment(site.driven.ports.notes, then))
    lose(site, 100)
    assert site.world.flag("compute-3") is not None
    assert waits == [False]


def test_an_operator_has_cleaned_up_before_nova_hears_of_it() -> None:
    site = Site()
    site.world.compute_failures[NODE] = 1_000_000
    site.world.host("compute-1").end_compute()
    site.with_ports(notes=_Moment(site.driven.ports.notes, site.world.compute_failures.clear))
    site.driven._open_gates = lambda: None  # type: ignore[method-assign]
    site.run(200)
    assert not site.world.service("compute-1").enabled
    assert (site.fenced, site.note) == ([], "")


class _Answer:
    def __init__(self) -> None:
        self.is_there = False
        self.error: Exception | None = None

    def get(self) -> None:
        if self.error is not None:
            raise self.error


def test_it_is_not_waited_for_and_what_pacemaker_says_is_told(site: Site) -> None:
    answer = _Answer()
    real = site.driven.ports.aside

    def aside(function: Any) -> Later[Any]:
        if "fence" not in str(getattr(function, "func", "")):
            return real(function)
        function()
        return answer

    site.with_ports(aside=aside)
    lose(site)
    assert site.fenced == ["compute-1"]
    assert "compute-1 is being fenced for its tenant network" in site.problem
    answer.is_there = True
    site.run(20)
    assert "fenced" not in site.problem.replace("it is fenced where", "")
    answer.error = ClusterUnavailable("stonith_admin exited 1: no device")
    site.run(20)
    assert (
        "compute-1 was to be fenced for its tenant network, and Pacemaker has not: stonith_admin exited 1: "
        "no device" in site.problem
    )


def test_a_given_up_nova_compute(site: Site) -> None:
    site.world.compute_failures[NODE] = 1_000_000
    site.world.host("compute-1").end_compute()
    site.driven._open_gates = lambda: None  # type: ignore[method-assign]
    site.run(200)
    assert site.fenced == ["compute-1"]
    assert site.note.endswith(" process nova-compute")


def test_another_one_waits_until_the_first_has_had_its_time() -> None:
    site = Site(POLICY + "[gates]\nhosts_at_once = 2\n")
    site.world.add_host("compute-4")
    site.world.boot("compute-2", name="db", tags=MARK)
    site.says("compute-2", "0")
    lose(site, 90)
    assert site.fenced == ["compute-1"]
    assert "compute-2 is not fenced for its tenant network: compute-1 is being fenced" in (
        site.problem
    )
    site.run(660)
    assert site.fenced == ["compute-1", "compute-2"]
