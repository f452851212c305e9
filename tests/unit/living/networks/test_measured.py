"""What an attribute says of a network, and when it says nothing."""

from __future__ import annotations

import pytest

from vmha_ocf.cloud.policy.values import Measure
from vmha_ocf.cluster.configuration import Configuration, Resource, Result
from vmha_ocf.living.networks.measured import read, read_all, running_on
from vmha_ocf.living.networks.reading import Reading, State
from vmha_ocf.model import NodeName

PING = Measure("net-tenant", "net-tenant-clone", healthy_from=1000)
HEALTH = Measure("#health-storage", "storage", healthy=("green", "yellow"))
ONE, TWO = NodeName("compute-1"), NodeName("compute-2")


@pytest.mark.parametrize(
    ("measure", "text", "state"),
    [
        (PING, "2000", State.UP),
        (PING, "1000", State.UP),
        (PING, "999", State.DOWN),
        (PING, "0", State.DOWN),
        (PING, "-5", State.DOWN),
        (PING, "INFINITY", State.UP),
        (PING, "-INFINITY", State.DOWN),
        (PING, "", State.UNKNOWN),
        (PING, "down", State.UNKNOWN),
        (PING, "1.5", State.UNKNOWN),
        (PING, "9" * 5000, State.UNKNOWN),
        (HEALTH, "green", State.UP),
        (HEALTH, "yellow", State.UP),
        (HEALTH, "red", State.DOWN),
        (HEALTH, "", State.UNKNOWN),
    ],
)
def test_a_word_of_who_measures(measure: Measure, text: str, state: State) -> None:
    assert read(measure, text, runs=True).state is state


@pytest.mark.parametrize("text", ["0", "2000", ""])
def test_nobody_is_believed_who_does_not_run(text: str) -> None:
    why = "net-tenant-clone does not run there"
    assert read(PING, text, runs=False) == Reading(State.UNKNOWN, why)


def test_what_it_says_is_shown_on_one_short_line() -> None:
    shown = read(PING, "x\n\x1b[31m" + "y" * 100_000, runs=True).why
    assert len(shown) < 100
    assert shown.isprintable()


CLONE = Resource("net-tenant", "ocf:pacemaker:ping", clone="net-tenant-clone")
CONFIGURED = Configuration(
    resources=[CLONE],
    results={"net-tenant": [Result(ONE, "monitor", 0), Result(TWO, "stop", 0)]},
)


@pytest.mark.parametrize("name", ["net-tenant", "net-tenant-clone"])
def test_it_runs_where_pacemaker_has_it_by_its_name_or_its_clone_s(name: str) -> None:
    assert running_on(name, CONFIGURED) == {ONE}


def test_one_that_is_not_there_runs_nowhere() -> None:
    assert running_on("net-storage", CONFIGURED) == frozenset()


def test_one_that_has_failed_does_not_run() -> None:
    failed = Configuration([CLONE], results={"net-tenant": [Result(ONE, "monitor", 1)]})
    assert running_on("net-tenant", failed) == frozenset()


def test_all_nodes_by_all_that_is_measured() -> None:
    said = {"net-tenant": {ONE: "0", TWO: "2000"}}
    found = read_all({"tenant": PING}, said, [ONE, TWO], CONFIGURED)
    assert {place: one.state for place, one in found.items()} == {
        (ONE, "tenant"): State.DOWN,
        (TWO, "tenant"): State.UNKNOWN,
    }
