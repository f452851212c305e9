"""P13 of who leaves a host: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from vmha_ocf.model import Move, NodeName, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import US, Fact, LiveMigrationAccepted, Measured
from vmha_ocf.sim.judge.leaves import migrated_wrongly
from vmha_ocf.sim.play.run import load, run

P = TypeVar("P")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
POLICY = """
default_class = "cattle"
[class.pets]
tags = "pet"
network.tenant = "migrate"
[class.cattle]
network.tenant = "notify"
[measured.tenant]
attribute = "net"
resource = "net"
healthy_from = 1
"""
ONE = NovaHost("compute-1")
OURS = "vmha-ocf: network tenant@5"
DOWN = Measured(10.0, ONE, "net", "0")


class Stage:
    def __init__(self) -> None:
        self.world = World.with_hosts(ONE, "compute-2")
        self.world.write_policy(POLICY)
        self.pet = self.world.boot(ONE, tags=frozenset({"pet"}), name="pet")
        self.web = self.world.boot(ONE, name="web")

    def judged(self, *facts: Fact) -> list[str]:
        for fact in facts:
            self.world.core.journal.note(fact)
        return [one.partition(", ")[2] for one in migrated_wrongly(self.world)]

    def asked(self, at: float = 80.0, **more: Any) -> Fact:
        given = {"instance": self.pet, "by": US, "reason": OURS, "under_way": 1, **more}
        return LiveMigrationAccepted(at, ONE, **given)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_as_it_is_to_be(stage: Stage) -> None:
    assert stage.judged(DOWN, stage.asked()) == []


def test_what_others_ask_for_is_theirs(stage: Stage) -> None:
    assert stage.judged(stage.asked(by="an admin", reason="")) == []


def test_the_second_in_which_it_is_back_counts_for_nobody(stage: Stage) -> None:
    assert stage.judged(DOWN, Measured(79.0, ONE, "net", "1"), stage.asked()) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"reason": ""}, "which was not disabled for a network"),
        ({"reason": "vmha-ocf: process nova-compute@5"}, "which was not disabled for a network"),
        ({"under_way": 2}, "beside 2 others"),
        ({"at": 5.0}, "which had not lost its network"),
    ],
)
def test_not_otherwise(stage: Stage, more: dict[str, Any], told: str) -> None:
    assert stage.judged(DOWN, stage.asked(**more)) == [told]


def test_no_class_without_the_row(stage: Stage) -> None:
    found = stage.judged(DOWN, stage.asked(instance=stage.web))
    assert found == ["and no row of its class says so"]
    assert Stage().judged(DOWN, stage.asked(instance="deleted")) == []


def test_nobody_twice_for_one_failure(stage: Stage) -> None:
    again = stage.asked(90.0)
    later = stage.asked(95.0, reason="vmha-ocf: network tenant@9")
    assert stage.judged(DOWN, stage.asked(), again, later) == ["a second time for one failure"]


class _Port:
    """As it is, but for what a subclass does in another way."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class ForgetsWhatHasFailed(_Port):
    def moves_since(self, _host: NovaHost, _at: float) -> Sequence[Move]:
        return []


class DoesNotSeeThatItIsBack(_Port):
    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        found = self._port.read_passing(name)
        self._down = getattr(self, "_down", False) or "0" in found.values()
        down = name == "net-tenant" and self._down
        return {**found, NodeName("compute-1"): "0"} if down else found


@pytest.mark.parametrize(
    ("slug", "port", "mistake", "told"),
    [
        ("nobody-takes-the-pets-of-a-host", "nova", ForgetsWhatHasFailed, "a second time"),
        (
            "network-is-back-while-pets-leave",
            "notes",
            DoesNotSeeThatItIsBack,
            "which had not lost its network",
        ),
    ],
)
def test_a_mistake_breaks_it(slug: str, port: str, mistake: type[_Port], told: str) -> None:
    def mistaken(real: P, name: str) -> P:
        return cast(P, mistake(real)) if name == f"NovaEvacuate.{port}" else real

    broken = run(load(SCENARIOS / slug), mistaken).broken
    assert broken
    assert all(one.startswith("P13") for one in broken)
    assert told in broken[0]
