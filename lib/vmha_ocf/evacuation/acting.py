"""Which of several workers may act: Pacemaker's, with quorum, and of two the first by name. Pure.

Nova does not guard against two who evacuate, and attrd, which has no compare-and-set, cannot: so nobody
acts because its own process lives. A worker that a person has started beside Pacemaker's, or one of a
second resource, asks for nothing, writes nothing, and says who the first is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vmha_ocf.model import Flag, FlagState, NodeName, NovaHost


@dataclass(frozen=True, slots=True)
class Turn:
    """``problem`` is what people are told; also one who may act can have something to tell."""

    mine: bool
    problem: str = ""


def judge(me: NodeName, evacuators: Collection[NodeName], *, quorate: bool) -> Turn:
    """``evacuators``: the nodes on which Pacemaker has NovaEvacuate active, ours perhaps among them."""
    if not quorate:
        return Turn(False, f"{me} has no quorum: this worker asks for nothing")
    first = min(evacuators, default=None)
    if me not in evacuators:
        return Turn(False, _not_started(me, first))
    if len(evacuators) == 1:
        return Turn(True)
    names = " and ".join(sorted(evacuators))
    return Turn(
        me == first,
        f"NovaEvacuate runs on {names} at once: only the worker on {first} acts; remove the other "
        "resource",
    )


def _not_started(me: NodeName, first: NodeName | None) -> str:
    if first is None:
        return f"Pacemaker does not say yet that NovaEvacuate runs on {me}: nothing is asked for"
    return (
        f"Pacemaker runs NovaEvacuate on {first}: the worker on {me} was not started by it and does "
        "nothing; end it with crm_resource --force-stop"
    )


def is_claimed_by(flag: Flag | None, claim: Flag) -> bool:
    """Whether a claim that we have written still stands, in what was read just now."""
    return (
        flag is not None
        and flag.state is FlagState.CLAIMED
        and (flag.owner, flag.since) == (claim.owner, claim.since)
    )


def overwritten(host: NovaHost, owner: str, me: str) -> str:
    """What people are told of a claim that is not ours any more."""
    return (
        f"{host} is claimed by {owner} while {me} evacuates it: is a second NovaEvacuate running "
        f"there? {me} waits until what it may have asked for has settled"
    )
