"""What comes next for an instance that we have begun to move: from what Nova says of it, and from what it
knew before our request. Pure.

Nothing is asked for twice, as each request shows in Nova: the migration as a record, its confirmation by
that record's end, the start in the list of what was asked. What anybody else asks for ends our part: the
instance is its owner's. Nova switches off what it migrates, so no stop is ours: each is somebody's will.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud import records, task_states
from vmha_ocf.living.moving.trace import Trace
from vmha_ocf.model import Action, Instance, Move

_OURS = frozenset({"migrate", "confirmResize", "start"})
_LATE = 120.0
"""Seconds from a trace to the record that Nova makes for it, by two clocks, at most."""
_FAILED = frozenset({"error", "failed", "cancelled"})


class Next(Enum):
    UNASKED = "unasked"
    """Nova knows nothing of our request."""
    WAIT = "wait"
    CONFIRM = "confirm"
    START = "start"
    TELL = "tell"
    """A person has to look."""
    BACK = "back"
    """It is down where it was: not moved."""
    MOVED = "moved"
    """It runs elsewhere."""
    OVER = "over"
    """It is none of our business any more."""


@dataclass(frozen=True, slots=True)
class Found:
    next: Next
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Nova says. ``instance``: None where it is neither on its host nor where it was to go.
    Lists are newest first."""

    instance: Instance | None
    actions: Sequence[Action] = ()
    moves: Sequence[Move] = ()


def newer(trace: Trace, moves: Sequence[Move]) -> Sequence[Move]:
    """Those since our request, newest first."""
    return moves[: max(0, len(moves) - trace.moves)]


def ours(trace: Trace, moves: Sequence[Move]) -> Move | None:
    """Our migration: the first since our request, if it is one off this host."""
    since = newer(trace, moves)
    if not since or (since[-1].kind, since[-1].source) != ("migration", trace.host):
        return None
    return since[-1] if _is_of_then(trace, since[-1].created_at) else None


def next_step(trace: Trace, seen: Seen, *, down: bool) -> Found:
    """``down``: the host that it is to leave still tells that it is."""
    one = seen.instance
    if one is None:
        return Found(Next.OVER, f"it is not on {trace.host} any more, nor where it was to go")
    if task_states.is_being_deleted(one):
        return Found(Next.OVER, "its owner deletes it")
    since, move = _asked(trace, seen), ours(trace, seen.moves)
    if others := _others(trace, seen, since):
        return Found(Next.OVER, others)
    asked = [action.name for action in since]
    if move is None and "migrate" not in asked:
        return Found(Next.UNASKED)
    if one.task_state is not None:
        return Found(Next.WAIT, f"Nova has it {one.task_state}")
    if one.vm_state == "error":
        return Found(Next.TELL, _in_error(one))
    if one.vm_state == "resized":
        return _resized(move)
    return _at_rest(trace, one, move, asked, down=down)


def _is_of_then(trace: Trace, made: str) -> bool:
    """Of a trace that somebody else has written: Nova made it right after that."""
    at = records.seconds(made)
    return not trace.is_found or (at is not None and abs(at - trace.at) <= _LATE)


def _asked(trace: Trace, seen: Seen) -> Sequence[Action]:
    """By people and by us, since our request was written down."""
    since = seen.actions[: max(0, len(seen.actions) - trace.actions)]
    return [one for one in since if one.user]


def _others(trace: Trace, seen: Seen, asked: Sequence[Action]) -> str:
    """What anybody else does with it, in words."""
    more = [one.name for one in asked if one.name not in _OURS]
    migrated = [one.is_ours for one in asked if one.name == "migrate"]
    moves = newer(trace, seen.moves)
    if more or len(migrated) > 1 or len(moves) > 1:
        return f"somebody has asked for more: {(more or ['migrate'])[0]}"
    is_anothers = not all(migrated) or (moves and ours(trace, seen.moves) is None)
    return "somebody else moves it" if is_anothers else ""


def _resized(move: Move | None) -> Found:
    """Only what is ours and waits for it is confirmed."""
    if move is not None and move.status == "finished":
        return Found(Next.CONFIRM)
    return Found(Next.WAIT, "Nova has it resized, and its move is not finished")


def _at_rest(
    trace: Trace, one: Instance, move: Move | None, asked: Sequence[str], *, down: bool
) -> Found:
    if move is not None and move.status == "confirmed" and one.host != trace.host:
        return _arrived(one, asked)
    if move is not None and move.status not in _FAILED:
        return Found(Next.WAIT, f"its move is {move.status}")
    status = "it has no record of it" if move is None else f"its record says {move.status}"
    if down:
        return Found(Next.BACK, f"Nova could not move it: {status}")
    if one.vm_state == "active":
        return Found(Next.OVER, f"Nova could not move it ({status}), and it runs where it was")
    told = f"Nova could not move it ({status}), and it is {one.vm_state} on {one.host}"
    return Found(Next.TELL, f"{told}: openstack server reboot --hard {one.id}")


def _arrived(one: Instance, asked: Sequence[str]) -> Found:
    if one.vm_state == "active":
        return Found(Next.MOVED, f"it runs on {one.host}")
    if one.vm_state != "stopped":
        return Found(Next.OVER, f"it is on {one.host}, and Nova has it {one.vm_state}")
    if "start" in asked:
        told = f"it was moved to {one.host} and did not start"
        return Found(Next.TELL, f"{told}: openstack server start {one.id}")
    return Found(Next.START)


def _in_error(one: Instance) -> str:
    fault = one_line(one.fault, 200) or "no reason is given"
    return f"it is in error in Nova ({fault}): openstack server show {one.id}"
