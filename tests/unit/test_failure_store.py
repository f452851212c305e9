"""When nodes failed, over the simulated CIB. The contract suite has the rest."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World
from vmha_ocf.storm import ATTRIBUTE

NODE = NodeName("compute-1")
AT = 1_763_695_800.0


def test_a_failure_that_is_known_is_not_written_again() -> None:
    world = World.with_hosts("compute-1")
    world.failures().note(NODE, AT)
    before = world.cib.truth(ATTRIBUTE)
    world.fault("cib.update", "down")
    world.failures().note(NODE, AT + 14)
    assert world.cib.truth(ATTRIBUTE) == before == {NODE: "1763695800"}


def test_without_quorum_none_is_noted() -> None:
    world = World.with_hosts("compute-1")
    world.cib.has_quorum = False
    with pytest.raises(FlagNotWritten, match="no quorum"):
        world.failures().note(NODE, AT)
