"""P13 of disabled hosts: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

import pytest

from vmha_ocf.model import NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import US, Fact, Measured, ServiceToggled
from vmha_ocf.sim.cloud.services import OPERATOR
from vmha_ocf.sim.judge.disables import disabled_wrongly

POLICY = """
default_class = "all"
[class.all]
network.tenant = "disable"
[measured.tenant]
attribute = "net"
resource = "net"
healthy_from = 1
"""
ONE, TWO = NovaHost("compute-1"), NovaHost("compute-2")
TENANT, PROCESS = "vmha-ocf: network tenant@5", "vmha-ocf: process nova-compute@5"


def judged(*facts: Fact) -> list[str]:
    world = World.with_hosts(ONE, TWO)
    world.write_policy(POLICY)
    for fact in facts:
        world.core.journal.note(fact)
    return [one.partition(", ")[2] for one in disabled_wrongly(world)]


def disabled(at: float, reason: str = TENANT, *, hears: bool = True) -> Fact:
    return ServiceToggled(at, ONE, False, US, reason, hears)


def enabled(at: float, by: str = US, reason: str = TENANT, *, hears: bool = True) -> Fact:
    return ServiceToggled(at, ONE, True, by, reason, hears)


def finds(at: float, value: str, host: NovaHost = ONE) -> Fact:
    return Measured(at, host, "net", value)


def test_as_it_is_to_be() -> None:
    assert judged(finds(10, "0"), disabled(80), finds(100, "1"), enabled(170)) == []
    assert judged(disabled(80, PROCESS, hears=False), enabled(170, reason=PROCESS)) == []
    assert judged(disabled(5, "vmha-ocf: evacuation"), disabled(6, "DIMM")) == []


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ([disabled(80)], "and its tenant network was well"),
        ([finds(10, "0"), finds(70, "1"), disabled(80)], "and its tenant network was well"),
        ([finds(10, "0"), disabled(30)], "20 s after its tenant network was so"),
        ([finds(10, "0"), finds(9, "0", TWO), disabled(80)], "with the tenant network of 2 hosts"),
        ([finds(10, "0"), enabled(80)], "and its tenant network was down"),
        ([finds(5, "0"), finds(10, "1"), enabled(30)], "20 s after its tenant network was so"),
        (
            [finds(10, "0"), disabled(80), enabled(90, OPERATOR), disabled(150)],
            "though an operator had enabled it for the same failure",
        ),
        ([disabled(80, PROCESS)], "and its nova-compute ran well"),
        ([enabled(80, reason=PROCESS, hears=False)], "and its nova-compute is not heard of"),
    ],
)
def test_not_otherwise(facts: list[Fact], told: str) -> None:
    assert judged(*facts) == [told]


def test_a_later_failure_is_another_one() -> None:
    again = [finds(100, "1"), finds(200, "0"), disabled(270)]
    assert judged(finds(10, "0"), disabled(80), enabled(90, OPERATOR), *again) == []


def test_who_had_enabled_it_for_anything_else_is_no_reason() -> None:
    before = [finds(10, "0"), enabled(20, OPERATOR, "DIMM")]
    assert judged(*before, disabled(80)) == []
