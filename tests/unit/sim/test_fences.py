"""P13 of what is fenced by policy: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import Fact, FencingAsked, Measured, NodeJoined
from vmha_ocf.sim.judge.fences import fenced_wrongly
from vmha_ocf.sim.play.run import load, run

P = TypeVar("P")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
POLICY = """
default_class = "cattle"
never_fence = ["hci-*"]
[class.pets]
tags = "pet"
network.tenant = "notify"
[class.cattle]
network.tenant = "fence"
network.several = "fence"
process.nova-compute = "fence"
[measured.tenant]
attribute = "net"
resource = "net"
healthy_from = 1
[measured.storage]
attribute = "sto"
resource = "sto"
healthy_from = 1
"""
ONE, TWO, HCI = NovaHost("compute-1"), NovaHost("compute-2"), NovaHost("hci-1")
OURS = "vmha-ocf: network tenant@5"
DOWN = Measured(10.0, ONE, "net", "0")


class Stage:
    def __init__(self) -> None:
        self.world = World.with_hosts(ONE, TWO, HCI)
        self.world.write_policy(POLICY)
        self.web = self.world.boot(ONE, name="web")
        self.pet = self.world.boot(ONE, tags=frozenset({"pet"}), name="pet")

    def judged(self, *facts: Fact) -> list[str]:
        for fact in facts:
            self.world.core.journal.note(fact)
        return [one.partition(", ")[2] for one in fenced_wrongly(self.world)]

    def asked(self, at: float = 80.0, **more: Any) -> FencingAsked:
        given = {"host": ONE, "reason": OURS, "hears": True, "running": (self.web,), **more}
        return FencingAsked(at, **{"flagged": (), **given})


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_as_it_is_to_be(stage: Stage) -> None:
    assert stage.judged(DOWN, stage.asked()) == []
    both = "vmha-ocf: network storage+tenant@5"
    lost = Measured(10.0, ONE, "sto", "0")
    assert Stage().judged(DOWN, lost, Stage().asked(reason=both)) == []


def test_the_second_in_which_it_is_back_counts_for_nobody(stage: Stage) -> None:
    assert stage.judged(DOWN, Measured(79.0, ONE, "net", "1"), stage.asked()) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"reason": ""}, "which was not disabled for a failure"),
        ({"reason": "vmha-ocf: evacuation"}, "which was not disabled for a failure"),
        ({"flagged": (TWO,)}, "while compute-2 waits for its evacuation"),
        ({"at": 5.0}, "whose tenant network was well"),
        ({"at": 50.0}, "40 s after its tenant network was lost"),
        ({"host": HCI}, "which is never to be"),
        (
            {"reason": "vmha-ocf: process nova-compute@5"},
            "whose nova-compute ran well",
        ),
    ],
)
def test_not_otherwise(stage: Stage, more: dict[str, Any], told: str) -> None:
    assert stage.judged(DOWN, stage.asked(**more)) == [told]


def test_no_class_without_the_row(stage: Stage) -> None:
    found = stage.judged(DOWN, stage.asked(running=(stage.web, stage.pet, "deleted")))
    assert found == ["and no row of the class of pet says so"]


def test_a_process(stage: Stage) -> None:
    ours = "vmha-ocf: process nova-compute@5"
    assert stage.judged(stage.asked(reason=ours, hears=False)) == []


def test_once_in_a_day(stage: Stage) -> None:
    again, later = stage.asked(700.0), stage.asked(700.0 + 86400.0)
    assert stage.judged(DOWN, stage.asked(), again, later) == ["a second time"]


def test_one_after_the_other(stage: Stage) -> None:
    lost = Measured(10.0, TWO, "net", "0")
    other = stage.asked(90.0, host=TWO)
    assert stage.judged(DOWN, lost, stage.asked(), other) == ["while compute-1 was"]
    stage = Stage()
    joined = NodeJoined(85.0, ONE)
    assert stage.judged(DOWN, lost, joined, stage.asked(), other) == []
    assert Stage().judged(DOWN, lost, stage.asked(), stage.asked(700.0, host=TWO)) == []


class _Port:
    """As it is, but for what a subclass does in another way."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class SeesNoTags(_Port):
    """Nobody is a pet."""

    def instances_on(self, host: NovaHost) -> Sequence[Any]:
        return [replace(one, tags=one.tags - {"pet"}) for one in self._port.instances_on(host)]


class RemembersNoFencing(_Port):
    def read(self, name: str) -> Mapping[NodeName, str]:
        return {} if name == "vmha-fenced" else self._port.read(name)


@pytest.mark.parametrize(
    ("slug", "port", "mistake", "told"),
    [
        ("pet-keeps-its-host-from-being-fenced", "nova", SeesNoTags, "no row of the class of pet"),
        (
            "two-networks-down-one-host-fenced-after-the-other",
            "notes",
            RemembersNoFencing,
            "while compute-1 was",
        ),
    ],
)
def test_a_mistake_breaks_it(slug: str, port: str, mistake: type[_Port], told: str) -> None:
    def mistaken(real: P, name: str) -> P:
        return cast(P, mistake(real)) if name == f"NovaEvacuate.{port}" else real

    broken = run(load(SCENARIOS / slug), mistaken).broken
    assert broken
    assert any(one.startswith("P13") and told in one for one in broken)
