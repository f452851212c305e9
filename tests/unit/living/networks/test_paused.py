"""Guests that are paused by I/O errors, as the word of their host's storage."""

from __future__ import annotations

import pytest

from vmha_ocf.cloud.policy.values import Measure
from vmha_ocf.cluster.configuration import INSTANCES, Configuration, Resource, Result
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import ATTRIBUTE, format_report, make_report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.networks.measured import attributes, read_all, without_storage
from vmha_ocf.living.networks.paused import read_guests
from vmha_ocf.living.networks.reading import Reading, State, worse
from vmha_ocf.model import Epoch, InstanceId, NodeName

BOOT = "11111111-2222-3333-4444-555555555555"
NODE, OTHER = NodeName("compute-1"), NodeName("compute-2")


def report(*kinds: Kind, unknown: bool = False, seen: bool = True) -> str:
    troubles = {
        InstanceId(f"{number:08d}-0000-4000-8000-000000000000"): Trouble(kind, Epoch(5.0), seen)
        for number, kind in enumerate(kinds)
    }
    return format_report(make_report(BOOT, Epoch(9.0), troubles, Epoch(7.0) if unknown else None))


PAUSED = Kind.IO_ERROR


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (report(), State.UP),
        (report(PAUSED), State.UP),
        (report(PAUSED, Kind.CRASHED, Kind.HUNG), State.UP),
        (report(PAUSED, PAUSED), State.DOWN),
        (report(PAUSED, PAUSED, seen=False), State.DOWN),
        (report(PAUSED, PAUSED, unknown=True), State.UNKNOWN),
        ("", State.UNKNOWN),
        ("1 boot=nonsense", State.UNKNOWN),
    ],
)
def test_two_of_them_are_their_hosts_failure(text: str, state: State) -> None:
    assert read_guests(2, text, runs=True).state is state


def test_who_does_not_run_is_not_believed() -> None:
    said = read_guests(1, report(PAUSED), runs=False)
    assert said == Reading(State.UNKNOWN, "NovaInstances does not run there")


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        (State.UP, State.UP, State.UP),
        (State.UP, State.DOWN, State.DOWN),
        (State.DOWN, State.UNKNOWN, State.DOWN),
        (State.UNKNOWN, State.UP, State.UNKNOWN),
    ],
)
def test_of_two_who_measure_it_the_worse_counts(one: State, other: State, state: State) -> None:
    assert worse(Reading(one, ""), Reading(other, "")).state is state
    assert worse(Reading(other, ""), Reading(one, "")).state is state
    assert worse(None, Reading(one, "")).state is one


BOTH = Measure("net", "storage", healthy=("green",), paused_guests=2)
CONFIGURED = Configuration(
    resources=[
        Resource("storage", "ocf:heartbeat:storage-mon", clone="storage-clone"),
        Resource("watcher", INSTANCES, clone="watcher-clone"),
    ],
    results={
        "storage": [Result(NODE, "monitor", 0), Result(OTHER, "monitor", 0)],
        "watcher": [Result(NODE, "monitor", 0)],
    },
)


def test_an_agent_and_the_guests_both_tell() -> None:
    measured = {"storage": BOTH}
    said = {"net": {NODE: "green", OTHER: "green"}, ATTRIBUTE: {NODE: report(PAUSED, PAUSED)}}
    found = read_all(measured, said, [NODE, OTHER], CONFIGURED)
    assert found[NODE, "storage"] == Reading(
        State.DOWN, "2 of its instances are paused by I/O errors"
    )
    assert found[OTHER, "storage"].state is State.UNKNOWN
    assert attributes(measured) == ["net", ATTRIBUTE]


def test_only_the_agents_word_makes_a_restart_wait() -> None:
    """What the guests say ends with their restart, and with nothing else."""
    said = {"net": {NODE: "red", OTHER: "green"}, ATTRIBUTE: {OTHER: report(PAUSED, PAUSED)}}
    assert without_storage({"storage": BOTH}, said, CONFIGURED) == {NODE}
    assert without_storage({"storage": Measure(paused_guests=1)}, said, CONFIGURED) == frozenset()
    assert without_storage({}, said, CONFIGURED) == frozenset()
