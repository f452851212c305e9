"""What every Failures does: one suite, run on the simulator and on a real Pacemaker.

A subclass gives the fixture ``stage``; compute-1 and compute-2 are its remote nodes.
"""

from __future__ import annotations

from typing import Protocol

import pytest

from vmha_ocf.cluster.holding_ports import Failures
from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable
from vmha_ocf.model import NodeName

NODE, OTHER = NodeName("compute-1"), NodeName("compute-2")
AT = 1_763_695_800.0


class FailureStage(Protocol):
    failures: Failures

    def forget_attrd(self) -> None:
        """As the stop of all controllers does: every private attribute is gone."""

    def lose_quorum(self) -> None: ...

    def lose_cluster(self) -> None:
        """Nothing of the cluster answers on this node any more."""


class FailuresContract:
    def test_nothing_has_failed_at_first(self, stage: FailureStage) -> None:
        assert stage.failures.read() == {}

    def test_each_failure_of_each_node_is_kept(self, stage: FailureStage) -> None:
        stage.failures.note({NODE: [AT], OTHER: [AT + 5.7]})
        stage.failures.note({NODE: [AT + 300]})
        assert stage.failures.read() == {NODE: (AT, AT + 300), OTHER: (AT + 5,)}

    def test_a_second_fencing_of_one_failure_is_none(self, stage: FailureStage) -> None:
        stage.failures.note({NODE: [AT]})
        stage.failures.note({NODE: [AT + 14]})
        assert stage.failures.read() == {NODE: (AT,)}

    def test_they_are_not_in_the_memory_of_attrd(self, stage: FailureStage) -> None:
        stage.failures.note({NODE: [AT]})
        stage.forget_attrd()
        assert stage.failures.read() == {NODE: (AT,)}

    def test_a_node_that_pacemaker_does_not_know_keeps_no_other_from_it(
        self, stage: FailureStage
    ) -> None:
        nobody = NodeName("nobody")
        assert stage.failures.note({nobody: [AT], NODE: [AT]}) == {nobody}
        assert stage.failures.read() == {NODE: (AT,)}

    def test_without_quorum_none_is_noted(self, stage: FailureStage) -> None:
        stage.lose_quorum()
        with pytest.raises(FlagNotWritten, match="no quorum"):
            stage.failures.note({NODE: [AT]})
        assert stage.failures.read() == {}

    def test_without_a_cluster_nothing_is_known(self, stage: FailureStage) -> None:
        stage.lose_cluster()
        with pytest.raises(FlagsUnavailable):
            stage.failures.read()
