"""What every Holds does: one suite, run on the simulator and on a real Pacemaker.

A subclass gives the fixture ``stage``; its controller is ctl1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import pytest

from vmha_ocf.cluster.hold import Hold, format_hold
from vmha_ocf.cluster.holding_ports import Holds
from vmha_ocf.errors import FlagsUnavailable, ParameterError
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Flags

CONTROLLER = NodeName("ctl1")
HOLD = Hold(CONTROLLER, "alice@ctl1", 1763695800.0, "rack 7 moves; it's 'late'")


class HoldStage(Protocol):
    flags: Flags
    holds: Holds

    def attributes(self) -> Mapping[NodeName, str]:
        """The nodes' permanent attribute ``evacuation-hold``."""

    def forget_attrd(self) -> None:
        """As the stop of all controllers does: every private attribute is gone."""

    def lose_cluster(self) -> None:
        """Nothing of the cluster answers on this node any more."""


class HoldsContract:
    def test_nobody_holds_at_first(self, stage: HoldStage) -> None:
        assert stage.holds.read() is None
        stage.holds.end()
        assert stage.holds.read() is None

    def test_a_hold_is_a_permanent_attribute_of_its_controller(self, stage: HoldStage) -> None:
        stage.holds.write(HOLD)
        assert stage.attributes() == {CONTROLLER: format_hold(HOLD)}
        assert stage.holds.read() == HOLD

    def test_a_later_one_takes_its_place(self, stage: HoldStage) -> None:
        stage.holds.write(HOLD)
        later = replace(HOLD, by="bob@ctl1", at=HOLD.at + 60)
        stage.holds.write(later)
        assert stage.holds.read() == later

    def test_it_ends(self, stage: HoldStage) -> None:
        stage.holds.write(HOLD)
        stage.holds.end()
        assert stage.attributes() == {}
        assert stage.holds.read() is None

    def test_it_is_not_in_the_memory_of_attrd(self, stage: HoldStage) -> None:
        stage.holds.write(HOLD)
        stage.forget_attrd()
        assert stage.holds.read() == HOLD

    def test_a_node_that_pacemaker_does_not_know_cannot_keep_it(self, stage: HoldStage) -> None:
        with pytest.raises(ParameterError, match="no node 'nobody'"):
            stage.holds.write(replace(HOLD, node=NodeName("nobody")))

    def test_a_released_storm_is_released_for_the_flags(self, stage: HoldStage) -> None:
        assert stage.flags.storm_release() is None
        stage.holds.release_storm()
        assert stage.flags.storm_release() is not None
        assert stage.holds.read() is None

    def test_without_a_cluster_nobody_knows(self, stage: HoldStage) -> None:
        stage.lose_cluster()
        with pytest.raises(FlagsUnavailable):
            stage.holds.read()
