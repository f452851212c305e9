"""P13: nobody is restarted on one signal. Told from what was true as it happened, whatever Nova said.

Of what a policy does to a host that lives this version restarts a nova-compute that hangs, and guests that
fail; that their failure is one is P12's (restarts.py), that it has lasted for its time is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.living.guests.states import Kind
from vmha_ocf.sim.base.journal import US, ComputeToldToFail, RestartAccepted
from vmha_ocf.sim.judge.restarts import failures_of
from vmha_ocf.sim.world import World

HELD = {Kind.HUNG.value: 30.0}
"""Seconds for which a guest has been so before it counts; of a pause by its storage the policy says it."""


def on_one_signal(world: World) -> Iterator[str]:
    """A sentence each."""
    seen = set()
    for fact in world.core.journal.of(ComputeToldToFail):
        why = "a second time for one process" if fact.process in seen else _wrong(world, fact)
        seen.add(fact.process)
        if why:
            yield f"P13 at {fact.time:.2f}: nova-compute of {fact.host} was restarted, {why}"
    yield from _too_early(world)


def _wrong(world: World, fact: ComputeToldToFail) -> str:
    timing = world.core.timing
    if fact.hung_for is None:
        return "and did not hang"
    if fact.hung_for < timing.service_down - timing.heartbeat:
        return f"and had hung for {fact.hung_for:.0f} s"
    if fact.silent_too:
        return f"and {fact.silent_too} had fallen silent with it"
    return f"while {fact.busy}" if fact.busy else ""


def _too_early(world: World) -> Iterator[str]:
    grace = world.policy(world.settings.controllers[0]).policy.guests.io_grace
    held = {**HELD, Kind.IO_ERROR.value: grace}
    for fact in world.core.journal.of(RestartAccepted):
        before = [one for one in failures_of(world, fact.instance) if one.time <= fact.time]
        if fact.by != US or not before:
            continue
        kind, lasted = before[-1].kind, fact.time - before[-1].time
        if lasted < held.get(kind, 0.0):
            told = f"{fact.instance} was restarted {lasted:.0f} s after it failed ({kind})"
            yield f"P13 at {fact.time:.2f}: {told}"
