"""``vmha policy`` on the simulated cluster."""

from __future__ import annotations

import pytest

from tests.unit.operator_site import Desk
from vmha_ocf.cloud.policy.everywhere import ATTRIBUTE
from vmha_ocf.model import NodeName
from vmha_ocf.operator.commands import check
from vmha_ocf.operator.commands.policy import COMMAND
from vmha_ocf.sim import World

GOOD = """
default_class = "cattle"
[[exclude]]
why = "each belongs to its host"
names = ["canary-*"]
[class.pets]
tags = ["pet"]
[class.cattle]
"""
CTL2 = NodeName("ctl2")


@pytest.fixture(name="text")
def _text(world: World, desk: Desk) -> str:
    world.policies[""] = GOOD
    world.boot("compute-1", name="canary-1")
    desk.with_parameters(policy="/etc/vmha/policy.toml")
    return GOOD


def said(world: World) -> dict[NodeName, str]:
    return dict(world.notes().read(ATTRIBUTE))


def agreed(world: World, *nodes: str) -> None:
    for node in nodes:
        world.cib.put(NodeName(node), ATTRIBUTE, world.policy(node).policy.digest)


def test_it_says_what_it_is_and_tells_the_others(world: World, desk: Desk, text: str) -> None:
    agreed(world, "ctl2", "ctl3")
    told = desk.run(COMMAND)
    digest = world.policy("ctl1").policy.digest
    assert told.code == 0, told.out
    assert told.first == f"OK  /etc/vmha/policy.toml ({digest}) is the policy of all controllers"
    for words in ("each belongs to its host", "Classes", "pets", "default"):
        assert words in told.out
    assert said(world)[NodeName("ctl1")] == digest


def test_one_that_differs_is_an_error_that_names_the_controllers(
    world: World, desk: Desk, text: str
) -> None:
    agreed(world, "ctl3")
    world.cib.put(CTL2, ATTRIBUTE, "0123456789abcdef")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert "but that of ctl2 is 0123456789abcdef: nothing new is begun by it" in told.first
    found = desk.run(check.COMMAND)
    assert "but that of ctl2 is 0123456789abcdef" in found.out.replace("\n", " ")


def test_its_faults_are_a_table_and_the_others_hear_of_them(
    world: World, desk: Desk, text: str
) -> None:
    world.policies[""] = "x = 1\nnames = 'a'\n"
    told = desk.run(COMMAND)
    assert told.code == 2
    assert "is not understood: 2 faults" in told.first
    assert said(world) == {"ctl1": "not-understood"}


def test_without_one_nothing_is_left_of_an_older_one(world: World, desk: Desk) -> None:
    world.cib.put(NodeName("ctl1"), ATTRIBUTE, "0123456789abcdef")
    told = desk.run(COMMAND)
    assert told.first == "OK  no policy is set"
    assert said(world) == {}
    assert desk.run(COMMAND).code == 0


def test_check_is_quiet_once_it_has_been_told(world: World, desk: Desk, text: str) -> None:
    agreed(world, "ctl2", "ctl3")
    assert "ctl1 has not told the others" in desk.run(check.COMMAND).out.replace("\n", " ")
    agreed(world, "ctl1")
    assert "policy" not in desk.run(check.COMMAND).first
