"""What a seed has seen: so that a generator of nothing interesting shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.proof.judge import Played
from vmha_ocf.model import FlagState
from vmha_ocf.sim.base.faults import NAMES
from vmha_ocf.sim.base.journal import (
    ComputeStarted,
    EvacuateAccepted,
    Evacuated,
    Fact,
    FlagCleared,
    FlagWritten,
    ProvenOff,
)
from vmha_ocf.sim.play.events import EVENTS

_SAID = {
    "storms held": "evacuation is held",
    "workers started again": "NovaEvacuate does not run",
    "hosts fenced again": "was fenced again",
    "requests that waited for a lost host": "is lost and not flagged yet",
    "requests without a clear answer": "got no clear answer",
    "attempts that failed": "the next attempt follows",
    "hosts back in service": "back in service",
    "fencings that failed": ": failed: ",
    "controllers that took over": "is the DC",
    "flags by reconciling": ": flagged",
    "stuck evacuations": "never repeated while Nova may work on it",
    "guests that run again": "runs again, ",
    "starts behind our back": "something else than Pacemaker started it",
}
"""Parts of the log."""

_COUNTED: Mapping[type[Fact], str] = {
    EvacuateAccepted: "requests",
    Evacuated: "instances evacuated",
    FlagCleared: "flags cleared",
}


_NEVER = frozenset(
    {
        "edit_policy",
        "hang_compute",
        "kill_measuring",
        "lose_live_migrations",
        "measure",
        "remove_node",
    }
)
"""A node that is gone from Pacemaker can never be well again, and the policy of a seed is one and the same,
with rows about guests alone: scenarios have all of these."""


def names() -> Iterator[str]:
    """What all seeds together have to have seen."""
    yield from (f"fault {where} {what}" for where, kinds in NAMES.items() for what in kinds)
    yield from (f"event {name}" for name in EVENTS if name not in _NEVER)
    yield from (f"killed {agent}" for agent in ("NovaEvacuate", "NovaCompute", "fence_compute"))
    yield from _SAID
    yield from ("requests", "instances evacuated", "hosts done", "flags cleared", "gates opened")
    yield from ("instances told of", "hosts proved off twice", "two hosts flagged at once")


def seen(played: Played) -> Counter[str]:
    outcome = played.outcome
    world = outcome.world
    found = Counter[str]()
    for fault in world.core.faults.active:
        if fault.struck:
            where = fault.where if fault.where in NAMES else fault.where.partition(".")[0]
            found[f"fault {where} {fault.what}"] += 1
    found.update(f"event {one.do}" for one in outcome.scenario.event if one.at <= played.ended)
    found.update(f"killed {one.call.partition('.')[0]}" for one in played.crashes)
    log = outcome.log
    found.update({name: log.count(part) for name, part in _SAID.items()})
    found.update(_facts(played))
    found["instances told of"] = len(world.reported.reasons)
    return found


def _facts(played: Played) -> Iterator[str]:
    facts = played.outcome.world.core.journal.facts
    for fact in facts:
        match fact:
            case FlagWritten(state=FlagState.DONE):
                yield "hosts done"
            case ComputeStarted(by_us=True):
                yield "gates opened"
            case _ if type(fact) in _COUNTED:
                yield _COUNTED[type(fact)]
            case _:
                pass
    yield from _twice_off(facts)
    yield from _at_once(facts)


def _twice_off(facts: Sequence[Fact]) -> Iterator[str]:
    """Pacemaker has called a host fenced twice, and it was not in use between."""
    off: set[str] = set()
    for fact in facts:
        match fact:
            case ProvenOff() if fact.by != "bmc":
                if fact.host in off:
                    yield "hosts proved off twice"
                off.add(fact.host)
            case ComputeStarted(by_us=True):
                off.discard(fact.host)
            case _:
                pass


def _at_once(facts: Sequence[Fact]) -> Iterator[str]:
    flagged: set[str] = set()
    for fact in facts:
        if isinstance(fact, FlagWritten):
            (flagged.discard if fact.state is FlagState.DONE else flagged.add)(fact.host)
            if len(flagged) > 1:
                yield "two hosts flagged at once"
