"""An instance has its name and its whole id, however wide the terminal is, and no reason is cropped."""

from __future__ import annotations

import io

import pytest

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.backends.desk.terminal import Terminal
from vmha_ocf.operator.answer import Answer, Level, Table
from vmha_ocf.operator.command import Command
from vmha_ocf.operator.commands import plan, status
from vmha_ocf.sim import World

ID = "5d8a1f8e-8c10-4c5e-9d2f-{:012}"
NARROW, WIDE = 80, 120
WHY = "Nova does not evacuate it while resized"


def shown(table: Table, width: int) -> list[str]:
    out = io.StringIO()
    Terminal(out, out, width=width).show(Answer(Level.OK, "here it is", tables=[table]))
    return [line.rstrip() for line in out.getvalue().splitlines()][3:]


def table(why: str = WHY) -> Table:
    rows = [("compute-1", "db-1", why), ("compute-1", "-", "no room")]
    return Table("Not evacuated", ("host", "instance", "why"), rows, [ID.format(1), ID.format(2)])


def test_in_a_wide_terminal_it_has_a_column_beside_the_name() -> None:
    head, _, first, second = shown(table(), WIDE)
    assert head.split() == ["host", "instance", "id", "why"]
    assert first.split(maxsplit=3) == ["compute-1", "db-1", ID.format(1), WHY]
    assert second.split(maxsplit=3) == ["compute-1", "-", ID.format(2), "no room"]


def test_in_a_narrow_one_a_line_below_its_row() -> None:
    head, _, *lines = shown(table(), NARROW)
    assert head.split() == ["host", "instance", "why"]
    assert [line.split(maxsplit=2) for line in lines] == [
        ["compute-1", "db-1", WHY], [ID.format(1)], ["compute-1", "-", "no room"], [ID.format(2)],
    ]  # fmt: skip


def test_a_reason_of_several_lines_goes_before_it() -> None:
    lines = shown(table("one two three four " * 5), NARROW)
    assert lines.index(f"  {ID.format(1)}") == len(lines) - 3
    assert "  ".join(lines).count("three") == 5


def test_in_one_that_is_narrower_than_it_it_is_whole() -> None:
    assert f"  {ID.format(1)}" in shown(table("no room"), 30)


def test_a_row_that_is_about_no_instance_has_none() -> None:
    rows = [("compute-1", "nova-compute", WHY), ("compute-1", "db-1", WHY)]
    one = Table("Down", ("host", "name", "why"), rows, ["", ID.format(1)], "name")
    assert [line for line in shown(one, 75) if line.startswith("  ")] == [f"  {ID.format(1)}"]
    assert shown(one, WIDE)[2].split(maxsplit=3) == ["compute-1", "nova-compute", "-", WHY]


def test_no_name_takes_the_place_of_an_id() -> None:
    one = Table("Not evacuated", ("instance", "why"), [("\ue000", WHY * 3)], [ID.format(1)])
    assert [line for line in shown(one, NARROW) if ID.format(1) in line] == [f"  {ID.format(1)}"]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("command", [status.COMMAND, plan.COMMAND], ids=lambda one: one.name)
def test_each_instance_with_its_name_and_its_id(
    world: World, command: Command, width: int
) -> None:
    desk = Desk(world)
    desk.width = width
    for name in ("web-1", "web-2"):
        world.boot("compute-1", tags=TAGS, name=name)
    world.boot("compute-1", tags=TAGS, name="db-1", vm_state="resized")
    world.fault("nova.destination", "slow", seconds=100)
    world.fence("compute-1")
    Driven(world).run(20)
    told = desk.run(command, *(["compute-1"] if command is plan.COMMAND else []))
    for each in world.database.servers.values():
        assert each.name in told.out
        assert each.id in told.out
    assert max(map(len, told.out.splitlines())) <= width
