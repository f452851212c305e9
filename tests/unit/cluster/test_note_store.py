from __future__ import annotations

import pytest

from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World

NODE = NodeName("compute-1")
NAME = "evacuation-ended"


@pytest.fixture
def world() -> World:
    return World.with_hosts("compute-1")


def test_what_is_written_is_read_and_removed(world: World) -> None:
    notes = world.notes()
    notes.write(NODE, NAME, "one")
    assert notes.read(NAME) == {NODE: "one"}
    notes.remove(NODE, NAME, "another")
    assert notes.read(NAME) == {NODE: "one"}
    notes.remove(NODE, NAME, "one")
    assert notes.read(NAME) == {}


def test_what_ends_with_a_connection_is_attrds(world: World) -> None:
    world.attrd.put("evacuation-booted", NODE, "one")
    assert world.notes().read_passing("evacuation-booted") == {NODE: "one"}


def test_what_ends_with_the_controllers_is_written_there_too(world: World) -> None:
    world.notes().write_passing("evacuation-alive", "nova:", "yes")
    assert world.notes().read_passing("evacuation-alive") == {"nova:": "yes"}
    world.stop_cluster()
    world.start_cluster()
    assert world.notes().read_passing("evacuation-alive") == {}


def test_nothing_is_written_without_quorum(world: World) -> None:
    world.fault("cib", "no-quorum")
    with pytest.raises(FlagNotWritten, match="evacuation-ended of compute-1 was not written"):
        world.notes().write(NODE, NAME, "one")


def test_not_knowing_is_told(world: World) -> None:
    world.fault("cib", "down")
    with pytest.raises(FlagsUnavailable):
        world.notes().read(NAME)
