"""Whose nova-compute is missed although Nova should hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from vmha_ocf.cluster.configuration import COMPUTE, Configuration, Resource
from vmha_ocf.fencing.names import Words, learn
from vmha_ocf.living.processes.hung import (
    Cluster,
    Heard,
    Watched,
    hear,
    hears_of_another,
    silent,
    together,
    unheard,
    watched,
)
from vmha_ocf.model import ComputeService, Monotonic, NodeName, NodeState, NovaHost, Services

A, B = NovaHost("compute-1"), NovaHost("compute-2")
NODE = NodeName("compute-1")


def service(host: NovaHost = A, **about: Any) -> ComputeService:
    given = {"up": False, "enabled": True, "forced_down": False, "updated_at": "t0", **about}
    return ComputeService(id=f"s-{host}", host=host, **given)


def cluster(meta: Mapping[str, str] | None = None, **about: Any) -> Cluster:
    hosts = [NodeName(A), NodeName(B)]
    nodes = {node: NodeState(node, online=True, fenced=False) for node in hosts}
    words = Words(nodes=frozenset(hosts), listed=frozenset({A, B}))
    resource = Resource("nova-compute", COMPUTE, meta=meta or {})
    given = {"configuration": Configuration([resource]), "flagged": (), "nodes": nodes, **about}
    return Cluster(names=learn(words), **given)


def found(one: ComputeService, around: Cluster | None = None) -> list[Watched]:
    reports = {one.host: Heard("t0", Monotonic(0.0))}
    every = watched(Services([one]), reports, around or cluster())
    return silent(every, now=Monotonic(20.0), after=15.0)


def test_a_report_is_as_old_as_our_first_sight_of_it() -> None:
    first = hear({}, Services([service()]), Monotonic(5.0))
    again = hear(first, Services([service()]), Monotonic(35.0))
    assert again == {A: Heard("t0", Monotonic(5.0))}
    moved = hear(again, Services([service(updated_at="t1")]), Monotonic(65.0))
    assert moved == {A: Heard("t1", Monotonic(65.0))}


def test_what_pacemaker_has_given_up_is_silent_by_itself() -> None:
    assert not found(service(), cluster(given_up={NODE}))


def test_one_that_is_silent_on_a_host_that_is_there() -> None:
    [one] = found(service())
    assert (one.host, one.node, one.since, one.is_missed) == (A, NODE, 0.0, True)


def test_one_that_nova_does_not_miss_yet() -> None:
    [one] = found(service(up=True))
    assert not one.is_missed


def test_a_report_of_a_moment_ago_is_no_silence_but_where_nova_says_so() -> None:
    for up in (True, False):
        one = Watched(service(up=up), NODE, Monotonic(10.0))
        assert bool(silent([one], now=Monotonic(20.0), after=15.0)) is not up


@pytest.mark.parametrize(
    "about",
    [
        {"forced_down": True},
        {"enabled": False, "disabled_reason": "vmha-ocf: evacuation"},
    ],
)
def test_what_we_have_changed_is_looked_at_elsewhere(about: dict[str, Any]) -> None:
    assert not found(service(**about))


@pytest.mark.parametrize(
    ("meta", "watched"),
    [
        ({}, True),
        ({"target-role": "Stopped"}, False),
        ({"is-managed": "false"}, False),
        ({"is-managed": "true"}, True),
        ({"maintenance": "true"}, False),
    ],
)
def test_what_people_have_said_of_nova_compute(meta: Mapping[str, str], watched: bool) -> None:
    assert bool(found(service(), cluster(meta))) is watched


def test_a_node_that_is_away_or_fenced_or_unknown_is_no_living_host() -> None:
    for state in (
        NodeState(NODE, online=False, fenced=False),
        NodeState(NODE, online=True, fenced=True),
    ):
        assert not found(service(), cluster(nodes={NODE: state}))
    assert not found(service(), cluster(nodes={}))
    assert not found(service(NovaHost("elsewhere")))


def test_a_flag_a_maintenance_or_no_nova_compute_under_pacemaker() -> None:
    assert not found(service(), cluster(flagged={A}))
    assert not found(service(), cluster(configuration=Configuration()))
    kept = cluster().configuration
    kept = replace(kept, attributes={NODE: {"maintenance": "true"}})
    assert not found(service(), cluster(configuration=kept))


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({}, ""),
        ({"enabled": False, "disabled_reason": "AUTO: Connection to libvirt lost: 1"}, ""),
        ({"enabled": False, "disabled_reason": "new disks"}, "new disks"),
        ({"enabled": False}, "nobody has said why"),
    ],
)
def test_novas_own_word_is_no_persons(about: dict[str, Any], why: str) -> None:
    [one] = found(service(**about))
    assert one.left_because == why


def test_two_that_fall_silent_together() -> None:
    one = Watched(service(), NODE, Monotonic(0.0))
    other = Watched(service(B), NodeName(B), Monotonic(60.0))
    assert together(one, [one, other], 60.0) == [B]
    assert together(one, [one, replace(other, since=Monotonic(60.5))], 60.0) == []


def test_those_of_whom_nothing_has_come_since() -> None:
    one = Watched(service(), NODE, Monotonic(100.0))
    other = Watched(service(B, up=True), NodeName(B), Monotonic(160.0))
    missed_at = Monotonic(160.0)
    assert unheard(one, [one, other], missed_at, 60.0) == [B]
    for since in (160.5, 39.0):
        other = replace(other, since=Monotonic(since))
        assert unheard(one, [one, other], missed_at, 60.0) == []


def test_whether_nova_hears_of_anybody() -> None:
    one = Watched(service(), NODE, Monotonic(0.0))
    both = Services([service(), service(B, up=True)])
    assert hears_of_another(one, both, [one])
    assert not hears_of_another(one, Services([service(), service(B)]), [one])
    assert not hears_of_another(one, Services([service(up=True)]), [one])
    quiet = Watched(service(B, up=True), NodeName(B), Monotonic(90.0))
    assert not hears_of_another(one, both, [one, quiet])
