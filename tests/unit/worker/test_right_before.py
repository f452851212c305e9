"""What others do between the claim of a host and its force-down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.driven import TAGS, Driven
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.model import Flag, FlagState, NodeName
from vmha_ocf.ports import Flags
from vmha_ocf.sim import World

Act = Callable[[World], None]


class Between:
    """Flags. Once a claim is written somebody acts."""

    def __init__(self, flags: Flags, act: Callable[[], None]) -> None:
        self._flags = flags
        self._act: Callable[[], None] | None = act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._flags, name)

    def write(self, flag: Flag) -> None:
        self._flags.write(flag)
        act = self._act
        if flag.state is FlagState.CLAIMED and act is not None:
            self._act = None
            act()


def holds(world: World) -> None:
    world.holds().write(Hold(NodeName("ctl1"), "alice", world.now, "rack 7 moves"))


def drops_the_flag(world: World) -> None:
    for node, text in world.cib.truth("evacuation").items():
        world.cib.delete_node_attribute(node, "evacuation", text)
    world.attrd.put("evacuate", "nova:compute-1", "no")


def claims_it(world: World) -> None:
    world.attrd.put("evacuate", "nova:compute-1", f"ctl9@{int(world.now)}")


def isolates_us(world: World) -> None:
    world.fault("cluster", "down")


@pytest.mark.parametrize("act", [holds, drops_the_flag, claims_it, isolates_us])
def test_nothing_is_forced_down_on_the_strength_of_what_was_read_before(act: Act) -> None:
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    world.run(100)
    world.boot("compute-1", tags=TAGS)
    world.fence("compute-1")
    ports = world.worker_ports()
    flags: Any = Between(ports.flags, lambda: act(world))
    driven = Driven(world, replace(ports, flags=flags))
    driven.run(5)
    assert not world.service("compute-1").forced_down
    assert not world.database.records


def test_what_nobody_disturbs_is_forced_down_at_once() -> None:
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    world.run(100)
    world.boot("compute-1", tags=TAGS)
    world.fence("compute-1")
    Driven(world).round()
    assert world.service("compute-1").forced_down
