"""Whether what proved a host to be off still holds: a proof ends with a sign of life after it. Pure.

The sign has to be durable. The flag is written inside the fencing, and Pacemaker stops a connection that
still stood only afterwards; a worker that has just taken over has seen nothing; and ``updated_at`` of a
compute service moves with each PUT, ours too. What counts:

- Guests of Nova run on it: NovaCompute looks, when its node connects.
- Pacemaker says that the node is fenced and away: the proof holds, whatever people have changed in Nova.
- Nova calls the service up, by a heartbeat long after the proof. ``up`` comes from heartbeats alone, so
  no PUT can look like it; a host that has just died is up for a while too, so it has to be long after: by
  the clocks, or by our own seeing.
- Nova shows a time long after the proof, and that is all: it may be an operator's PUT. A doubt; where
  Pacemaker says that the node is fenced and away, only as long as Nova calls it up beside that.
- The time of a service that is forced down is that of whoever forced it down: no sign of anything.
- A connection that was made before the proof and still stands a while after it: what answers on it was
  never off.
- The boot that nova-compute was last started in is the boot on a connection that was made after it.

What speaks against a proof may be older than a later fencing of the node: the host was off then, and what
counts is what came after that. Only where it is so much later that it cannot be the end of the same one.

Clocks are set, and those of controllers may disagree. What the worker itself saw counts for more: a fencing
that Pacemaker told of while it was looking (proof/seen_fencings.py). What speaks against the proof by the
clocks, and not against one of that moment, is a clock that is wrong. While such a fencing may still be told
of, a proof that has only just appeared has not ended.

A silence is no proof: it may be our own doing, because the gate stops nova-compute on a flagged host.

Times of Pacemaker and of the flag are the controllers', those of services are Nova's: these two are
compared by how far the one clock is seen to be ahead of the other, with a tolerance, and whatever lies
within it is no sign.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from vmha_ocf.cloud import records
from vmha_ocf.model import ComputeService, Epoch, Evidence, NodeState

BELIEVED_UP = 300.0
"""Seconds for which Nova may call up a host that is dead: the longest service_down_time that is met."""
STILL_CONNECTED = 120.0
"""Seconds after which a connection to a host that is off has been noticed to be dead: an interval and a
timeout of its monitor."""


JUST_FLAGGED = 60.0
"""Seconds from the flag, which is written inside the fencing, to Pacemaker's word that it has ended."""


class Standing(Enum):
    HOLDS = "holds"
    DOUBTFUL = "doubtful"
    """Nothing is asked for on the strength of it, and nothing is given up: a person, or a new fencing."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Judgement:
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Boots:
    """Ids of boots as NovaCompute wrote them; "" is not known."""

    started_in: str = ""
    """In which nova-compute was last started through the gate."""
    now: str = ""
    """On the connection that the node has now."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a host. ``interval``: seconds between two heartbeats; ``now``: our clock, which is
    ``ahead`` seconds ahead of Nova's, as far as is known."""

    node: NodeState | None
    service: ComputeService | None
    now: Epoch
    interval: float = 10.0
    boots: Boots = Boots()
    guests: bool = False
    """Guests of Nova were found running on it since this proof."""
    ahead: float = 0.0
    known: float = 0.0
    """Seconds for which we had known of the proof when we looked at the service."""
    appeared: bool = False
    """It was not there when we looked before."""
    fenced_ago: float | None = None
    """Seconds since a fencing that we saw ourselves and that the proof is of, or of one before."""


HOLDS = Judgement(Standing.HOLDS)


def judge(proof: Evidence, signs: Signs) -> Judgement:
    """The strongest sign decides."""
    judged = _judge(proof, signs)
    if judged.standing is not Standing.HOLDS and (at := _fenced_anew_at(proof, signs)):
        judged = _judge(replace(proof, at=at), signs)
    if judged.standing is Standing.HOLDS or _held_by_our_own_seeing(proof, signs):
        return HOLDS
    if judged.standing is Standing.ENDED and _is_just_flagged(signs):
        return _doubtful(judged.why)
    return judged


def _held_by_our_own_seeing(proof: Evidence, signs: Signs) -> bool:
    """By a fencing that we saw. It was away then: a connection that stands now was made since."""
    if signs.fenced_ago is None:
        return False
    at = Epoch(signs.now - signs.fenced_ago)
    node = signs.node
    if node is not None and node.connected_at is not None:
        node = replace(node, connected_at=signs.now)
    seen = _judge(replace(proof, at=at), replace(signs, node=node))
    return seen.standing is Standing.HOLDS


def _is_just_flagged(signs: Signs) -> bool:
    return signs.appeared and signs.known < JUST_FLAGGED and not signs.guests


def _fenced_anew_at(proof: Evidence, signs: Signs) -> Epoch | None:
    at = signs.node.fenced_at if signs.node else None
    return at if at and proof.at + STILL_CONNECTED < at <= signs.now + records.APART else None


def _judge(proof: Evidence, signs: Signs) -> Judgement:
    if signs.guests:
        return _ended("guests were found running on it since the proof")
    judged = _ended_by_nova(proof, signs) or _by_pacemaker(proof, signs)
    if judged is None and proof.at > signs.now + records.APART:
        return _doubtful("the proof is of a time that has not come yet")
    return judged or _doubt(proof, signs)


def _ended_by_nova(proof: Evidence, signs: Signs) -> Judgement | None:
    service = signs.service
    if service is None or service.forced_down or not service.up:
        return None
    if max(_after(proof, signs, service), signs.known) > BELIEVED_UP + records.APART:
        return _ended(f"nova-compute ran on it at {service.updated_at}, after the proof")
    return None


def _by_pacemaker(proof: Evidence, signs: Signs) -> Judgement | None:
    node = signs.node
    if node is None:
        return None
    if not node.online:
        called_up = signs.service is not None and signs.service.up
        return HOLDS if node.fenced and not called_up else None
    at = node.connected_at
    if at is None:
        return None
    if at < proof.at and signs.now > proof.at + STILL_CONNECTED:
        return _ended("Pacemaker has been connected to it since before the proof")
    boots = signs.boots
    if at > proof.at and boots.now and boots.now == boots.started_in:
        return _ended("it still is in the boot that it was in before the proof")
    return None


def _doubt(proof: Evidence, signs: Signs) -> Judgement:
    service = signs.service
    if service is None or service.forced_down:
        return HOLDS
    if _after(proof, signs, service) > signs.interval + records.APART:
        return _doubtful(
            f"Nova shows something of nova-compute there at {service.updated_at}, after the proof"
        )
    return HOLDS


def _after(proof: Evidence, signs: Signs, service: ComputeService) -> float:
    """Seconds from the proof to what Nova shows; what cannot be read was before."""
    at = records.seconds(service.updated_at)
    return 0.0 if at is None else at + signs.ahead - proof.at


def _ended(why: str) -> Judgement:
    return Judgement(Standing.ENDED, why)


def _doubtful(why: str) -> Judgement:
    return Judgement(Standing.DOUBTFUL, why)
