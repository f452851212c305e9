"""Moves of guests that failed on a host that lives: one for each failure, of what has failed there, none
against the will of whoever owns it, and nobody else's resize is ended. Told from what really happened
alone, as restarts are (``restarts.py``)."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.model import InstanceId
from vmha_ocf.sim.base.journal import US, ConfirmAccepted, MoveAccepted, StartAccepted, Wanted
from vmha_ocf.sim.judge.restarts import CROSSING, failures_of, is_flagged, wanted
from vmha_ocf.sim.world import World

_OFF = ("stop", "pause", "suspend")
"""What an owner may ask for so that it does not run."""


def moved_wrongly(world: World) -> Iterator[str]:
    """P12, a sentence each."""
    facts = world.core.journal
    for move in facts.of(MoveAccepted):
        if move.by == US and (why := next(_wrongs(world, move), "")):
            yield f"P12 at {move.time:.2f}: {move.instance} was moved, {why}"
    for confirm in facts.of(ConfirmAccepted):
        if confirm.by == US and (confirm.kind, confirm.begun_by) != ("migration", US):
            what = f"the {confirm.kind} of {confirm.instance} by {confirm.begun_by}"
            yield f"P12 at {confirm.time:.2f}: {what} was confirmed"
    for start in facts.of(StartAccepted):
        if start.by == US and (what := _stopped(world, start)):
            told = f"{start.instance} was started after its move, and its owner had asked to {what} it"
            yield f"P12 at {start.time:.2f}: {told}"


def _wrongs(world: World, fact: MoveAccepted) -> Iterator[str]:
    before = [one for one in failures_of(world, fact.instance) if one.time <= fact.time]
    if not before or before[-1].host != fact.host:
        yield f"and had not failed on {fact.host}"
        return
    failure = before[-1]
    if fact.looked < failure.time:
        yield "and nobody had looked at Nova since it failed"
    if what := wanted(world, fact, failure.time):
        yield f"and its owner had asked to {what} it"
    since = [one for one in _ours(world, fact.instance) if failure.time <= one.time < fact.time]
    if since:
        yield "a second time for one failure"
    if is_flagged(world, fact.host, fact.time - CROSSING):
        yield f"and its host {fact.host} is flagged"


def _stopped(world: World, fact: StartAccepted) -> str:
    """What its owner wanted last since its move, and before we looked, if it is not that it runs."""
    moves = [one.time for one in _ours(world, fact.instance) if one.time < fact.time]
    asked = [
        one.what
        for one in world.core.journal.of(Wanted)
        if moves and one.instance == fact.instance and moves[-1] <= one.time <= fact.looked
    ]
    return asked[-1] if asked and asked[-1] in _OFF else ""


def _ours(world: World, instance: InstanceId) -> list[MoveAccepted]:
    every = world.core.journal.of(MoveAccepted)
    return [one for one in every if (one.instance, one.by) == (instance, US)]
