"""P13 of what is disabled on a host that lives: told from what was true as it happened, whatever was read.

Disabled for a failure that is there, has lasted for the gate's time, and is that of few hosts; enabled when
it has been over for as long; and never twice for one failure, where somebody had enabled it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.networks import measured
from vmha_ocf.living.networks.reading import State
from vmha_ocf.model import NovaHost
from vmha_ocf.service import marker
from vmha_ocf.sim.base.journal import US, Measured, ServiceToggled
from vmha_ocf.sim.world import World

SLACK = 1.0
"""Seconds that a look may be from its answer."""


def disabled_wrongly(world: World) -> Iterator[str]:
    """A sentence each."""
    for fact in world.core.journal.of(ServiceToggled):
        mark = marker.parse_mark(fact.reason)
        if fact.by != US or mark is None or mark.cause == marker.DEAD_HOST:
            continue
        judge = _network if mark.cause == marker.NETWORK else _process
        what = mark.episode.partition("@")[0].split("+")
        why = judge(world, fact, what) or ("" if fact.enabled else _again(world, fact, what))
        if why:
            done = "enabled" if fact.enabled else "disabled"
            yield f"P13 at {fact.time:.2f}: {fact.host} was {done} for {mark.cause}, {why}"


def _process(_world: World, fact: ServiceToggled, _what: Sequence[str]) -> str:
    if fact.enabled and not fact.hears:
        return "and its nova-compute is not heard of"
    return "and its nova-compute ran well" if fact.hears and not fact.enabled else ""


def _network(world: World, fact: ServiceToggled, what: Sequence[str]) -> str:
    gates = policy_of(world).gates
    for network in what:
        if policy_of(world).measured[network].paused_guests:
            continue  # What guests say is judged where they are.
        began = since(world, fact.host, network, fact.time, up=fact.enabled)
        if began is None:
            return f"and its {network} network was {'down' if fact.enabled else 'well'}"
        if fact.time - began < gates.held_for - SLACK:
            return f"{fact.time - began:.0f} s after its {network} network was so"
        lost = [
            host
            for host in world.hosts
            if since(world, host, network, fact.time, up=False) is not None
        ]
        if len(lost) > gates.hosts_at_once and not fact.enabled:
            return f"with the {network} network of {len(lost)} hosts"
    return ""


def _again(world: World, fact: ServiceToggled, what: Sequence[str]) -> str:
    """Somebody else had enabled it since, and nothing has been well in between."""
    before = [
        one
        for one in world.core.journal.of(ServiceToggled)
        if one.host == fact.host and one.time < fact.time
    ]
    if not before or before[-1].by == US or not before[-1].enabled:
        return ""
    mark = marker.parse_mark(before[-1].reason)
    if mark is None or mark.cause != marker.NETWORK:
        return ""
    began = [since(world, fact.host, one, fact.time, up=False) for one in what]
    same = any(one is not None and one < before[-1].time for one in began)
    return f"though {before[-1].by} had enabled it for the same failure" if same else ""


def since(world: World, host: NovaHost, network: str, at: float, *, up: bool) -> float | None:
    """Since when it is so; None: it is not. What nobody has changed is well from the beginning."""
    measure = policy_of(world).measured[network]
    began: float | None = 0.0 if up else None
    for fact in world.core.journal.of(Measured):
        if fact.host != host or fact.name != measure.attribute or fact.time > at:
            continue
        is_up = measured.read(measure, fact.value, runs=True).state is State.UP
        if is_up is not up:
            began = None
        elif began is None:
            began = fact.time
    return began


def policy_of(world: World) -> Policy:
    return world.policy(world.settings.controllers[0]).policy
