"""What the contract does not ask of a store of traces."""

from __future__ import annotations

import pytest

from tests.contract.traces import HOST, NODE, SECOND, TRACE
from vmha_ocf.errors import FlagNotWritten, ParameterError
from vmha_ocf.model import NodeName
from vmha_ocf.service.trace import format_trace
from vmha_ocf.service.traces import TraceStore
from vmha_ocf.sim import World


@pytest.fixture
def world() -> World:
    return World.with_hosts("compute-1", "compute-2")


@pytest.fixture
def store(world: World) -> TraceStore:
    return TraceStore(world.attrd, world.cib, world.clock())


def test_a_node_that_was_removed_leaves_it_to_the_next(world: World, store: TraceStore) -> None:
    store.write(TRACE, (NodeName("removed"), NODE))
    assert world.cib.truth("evacuation-trace") == {NODE: format_trace(TRACE)}
    with pytest.raises(ParameterError, match="no node 'removed'"):
        store.write(SECOND, (NodeName("removed"),))


def test_it_stays_where_it_is(world: World, store: TraceStore) -> None:
    store.write(TRACE, (NODE,))
    store.write(TRACE, ())
    assert world.cib.truth("evacuation-trace") == {NODE: format_trace(TRACE)}
    with pytest.raises(ParameterError, match="no node can keep"):
        store.write(SECOND, ())


def test_others_of_its_node_stay_when_it_goes(world: World, store: TraceStore) -> None:
    store.write(TRACE, (NODE,))
    store.write(SECOND, (NODE,))
    world.cib.put(NodeName("compute-2"), "evacuation-trace", "a note")
    store.remove(HOST)
    assert store.read().of == {SECOND.host: SECOND}
    store.remove(SECOND.host)
    assert store.read().of == {}
    assert store.read().illegible == {"compute-2": "a note"}


def test_nothing_changes_without_quorum(world: World, store: TraceStore) -> None:
    store.write(TRACE, (NODE,))
    world.fault("cib", "no-quorum")
    with pytest.raises(FlagNotWritten, match="no quorum"):
        store.write(SECOND, (NODE,))
    with pytest.raises(FlagNotWritten, match="no quorum"):
        store.remove(HOST)
    assert store.read().of == {HOST: TRACE}
