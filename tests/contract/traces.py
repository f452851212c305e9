"""What every Traces does: one suite, run on the simulator and on a real Pacemaker.

A subclass gives the fixture ``stage``; its nodes are compute-1, compute-2 and ctl1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import pytest

from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable, ParameterError
from vmha_ocf.model import Epoch, InstanceId, NodeName, NovaHost
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.ports import Traces
from vmha_ocf.service.trace import Trace, format_trace

NODE = NodeName("compute-1")
OTHER = NodeName("compute-2")
HOST = NovaHost("compute-1.example.com")
TRACE = Trace(
    HOST,
    "5e41ce00-0000-4000-8000-000000000001",
    Epoch(1763695800.25),
    Ours(forced_down=True, disabled=False, before='DIMM B2; it\'s "slot" 4 & 5, 100 %'),
    {InstanceId("0b1f2a3c-0000-4000-8000-000000000000"): "stopped"},
)
SECOND = replace(
    TRACE, host=NovaHost("compute-1b"), ours=Ours(forced_down=True, disabled=True), was={}
)


class TraceStage(Protocol):
    traces: Traces

    def trace_attributes(self) -> Mapping[NodeName, str]:
        """The nodes' permanent attribute ``evacuation-trace``."""

    def set_attribute(self, node: NodeName, text: str) -> None:
        """That one, by somebody else."""

    def forget_attrd(self) -> None:
        """As the stop of all controllers does: every private attribute is gone."""

    def lose_quorum(self) -> None: ...

    def lose_cluster(self) -> None:
        """Nothing of the cluster answers on this node any more."""


class TracesContract:
    def test_there_is_none_at_first(self, stage: TraceStage) -> None:
        assert stage.traces.read().of == {}
        stage.traces.remove(HOST)
        assert stage.trace_attributes() == {}

    def test_it_is_a_permanent_attribute_of_the_first_node_that_pacemaker_knows(
        self, stage: TraceStage
    ) -> None:
        stage.traces.write(TRACE, (NodeName("nobody"), NODE, OTHER))
        assert stage.trace_attributes() == {NODE: format_trace(TRACE)}
        assert stage.traces.read().of == {HOST: TRACE}

    def test_without_a_node_that_pacemaker_knows_it_is_refused(self, stage: TraceStage) -> None:
        with pytest.raises(ParameterError, match="no node 'nobody'"):
            stage.traces.write(TRACE, (NodeName("nobody"),))
        with pytest.raises(ParameterError, match="no node can keep"):
            stage.traces.write(TRACE, ())

    def test_a_node_keeps_those_of_all_its_hosts(self, stage: TraceStage) -> None:
        stage.traces.write(TRACE, (NODE,))
        stage.traces.write(SECOND, (NODE,))
        assert stage.traces.read().of == {HOST: TRACE, SECOND.host: SECOND}
        stage.traces.remove(HOST)
        assert stage.trace_attributes() == {NODE: format_trace(SECOND)}
        stage.traces.remove(SECOND.host)
        assert stage.trace_attributes() == {}

    def test_a_later_one_takes_the_place_of_its_hosts_former_one(self, stage: TraceStage) -> None:
        stage.traces.write(TRACE, (NODE,))
        later = replace(TRACE, incident=Epoch(TRACE.incident + 60))
        stage.traces.write(later, (OTHER,))
        assert stage.trace_attributes() == {NODE: format_trace(later)}

    def test_what_somebody_else_wrote_there_stays_and_is_told(self, stage: TraceStage) -> None:
        stage.set_attribute(NODE, "a note")
        stage.traces.write(TRACE, (NODE,))
        assert stage.traces.read().illegible == {NODE: "a note"}
        stage.traces.remove(HOST)
        assert stage.trace_attributes() == {NODE: "a note"}

    def test_it_goes_wherever_it_is(self, stage: TraceStage) -> None:
        stage.set_attribute(NODE, format_trace(TRACE))
        stage.set_attribute(OTHER, format_trace(replace(TRACE, incident=Epoch(1.0))))
        assert stage.traces.read().of == {HOST: TRACE}
        stage.traces.remove(HOST)
        assert stage.trace_attributes() == {}

    def test_it_is_not_in_the_memory_of_attrd(self, stage: TraceStage) -> None:
        stage.traces.write(TRACE, (NODE,))
        stage.forget_attrd()
        assert stage.traces.read().of == {HOST: TRACE}

    def test_a_restored_configuration_takes_nothing_back(self, stage: TraceStage) -> None:
        before = replace(TRACE, incident=Epoch(TRACE.incident - 3600), was={})
        stage.traces.write(TRACE, (NODE,))
        stage.set_attribute(NODE, format_trace(before))
        assert stage.traces.read().of == {HOST: TRACE}
        assert stage.traces.read().astray == {HOST}
        stage.traces.write(TRACE, ())
        assert stage.trace_attributes() == {NODE: format_trace(TRACE)}
        assert stage.traces.read().astray == frozenset()

    def test_a_restored_configuration_brings_nothing_back(self, stage: TraceStage) -> None:
        stage.traces.write(TRACE, (NODE,))
        stage.traces.remove(HOST)
        stage.set_attribute(OTHER, format_trace(TRACE))
        assert stage.traces.read().of == {}
        assert stage.traces.read().astray == {HOST}
        stage.traces.remove(HOST)
        assert stage.trace_attributes() == {}
        assert stage.traces.read().astray == frozenset()

    def test_a_later_failure_that_another_version_wrote_counts(self, stage: TraceStage) -> None:
        later = replace(TRACE, incident=Epoch(TRACE.incident + 60))
        stage.traces.write(TRACE, (NODE,))
        stage.traces.remove(HOST)
        stage.set_attribute(NODE, format_trace(later))
        assert stage.traces.read().of == {HOST: later}

    def test_where_all_controllers_were_away_the_configuration_counts(
        self, stage: TraceStage
    ) -> None:
        before = replace(TRACE, incident=Epoch(TRACE.incident - 3600))
        stage.traces.write(TRACE, (NODE,))
        stage.set_attribute(NODE, format_trace(before))
        stage.forget_attrd()
        assert stage.traces.read().of == {HOST: before}

    def test_without_quorum_nothing_is_changed(self, stage: TraceStage) -> None:
        stage.set_attribute(OTHER, format_trace(SECOND))
        stage.lose_quorum()
        with pytest.raises(FlagNotWritten, match="no quorum"):
            stage.traces.write(TRACE, (NODE,))
        with pytest.raises(FlagNotWritten, match="no quorum"):
            stage.traces.remove(SECOND.host)
        assert stage.trace_attributes() == {OTHER: format_trace(SECOND)}

    def test_without_a_cluster_nobody_knows(self, stage: TraceStage) -> None:
        stage.lose_cluster()
        with pytest.raises(FlagsUnavailable):
            stage.traces.read()
        with pytest.raises(FlagsUnavailable):
            stage.traces.write(TRACE, (NODE,))
