"""What docs/vmha.rst shows of ``vmha`` is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.programs.commands import COMMANDS
from vmha_ocf.sim import World

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "vmha.rst").read_text()
BY_NAME = {command.name: command for command in COMMANDS}


def night() -> Iterator[tuple[str, str]]:
    """Each command of the page, and what it answers: a cluster of three hosts and its bad night."""
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    desk = Desk(world)
    desk.width = 80
    world.run(100)

    def say(line: str) -> tuple[str, str]:
        name, *words = re.findall(r'"[^"]*"|\S+', line)
        told = desk.run(BY_NAME[name], *(word.strip('"') for word in words))
        return line, told.out or told.err

    yield say("status")
    yield say("check")
    furnish(world)
    good = desk.configuration
    desk.configuration = replace(good, alerts=[], properties={})
    refused = "1 of 3 BMCs failed: compute-2: BMC 192.0.2.8 refuses the password"
    desk.machine.complaints = {"fence-computes": refused}
    yield say("check")
    desk.configuration, desk.machine.complaints = good, {}
    yield say("plan compute-1")
    yield say('hold --reason "rack 7 moves"')
    yield say("release")
    world.fault("nova.destination", "slow", seconds=20)
    world.fence("compute-1")
    Driven(world).run(3)
    yield say("status")
    world.power_cut("compute-2")
    world.run(70)
    desk.machine.typed = "compute-2"
    yield say("flag compute-2 --fenced-by-hand")


def past() -> Iterator[tuple[str, str]]:
    """The history of two failures."""
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    desk = Desk(world)
    desk.width = 110
    world.run(100)
    world.boot("compute-1", tags=TAGS, name="db-1", vm_state="resized")
    for number in range(1, 7):
        world.boot("compute-1", tags=TAGS, name=f"web-{number}")
    world.fence("compute-1", reboot=True)
    worker = Driven(world)
    worker.run(300)
    world.run(100)
    world.boot("compute-3", tags=TAGS, name="app-1")
    world.fence("compute-3")
    worker.run(30)
    for words in ([], ["compute-1"]):
        yield " ".join(["history", *words]), desk.run(BY_NAME["history"], *words).out


def furnish(world: World) -> None:
    for number in (1, 2, 3):
        world.boot("compute-1", tags=TAGS, name=f"web-{number}")
    world.boot("compute-1", tags=TAGS, name="db-1", vm_state="resized")
    first = {"evacuation_priority": "9"}
    world.boot("compute-1", tags=TAGS, name="queue-1", vm_state="paused", metadata=first)
    world.boot("compute-1", name="scratch")


def as_shown(line: str, told: str) -> str:
    """As the page has it: indented, without blanks at the end of a line."""
    lines = [f"# vmha {line}", *(each.rstrip() for each in told.splitlines())]
    return "\n".join(f"    {each}" if each else "" for each in lines)


@pytest.mark.parametrize(
    ("line", "told"), [*night(), *past()], ids=lambda text: text.split("\n")[0][:40]
)
def test_the_page_shows_what_it_says(line: str, told: str) -> None:
    assert as_shown(line, told) in PAGE


def test_every_command_has_its_section_and_every_option_its_word() -> None:
    for command in COMMANDS:
        assert f"\nvmha {command.name}" in PAGE
    named = set(re.findall(r"(?<![\w-])--[a-z-]+", PAGE))
    assert {"--json", "--watch", "--all", "--reason", "--yes", "--nova-conf"} <= named
