"""One host's failure from its fencing to its return: the steps that the worker tells, and what they
add up to. Pure. Times in seconds since the epoch, by the clock of the controller that tells.

A step may be told again, by the next worker or by the same one: told twice it counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from vmha_ocf.cloud.records import APART, second
from vmha_ocf.model import Epoch, Event, InstanceId, NovaHost, Step

_OPENING = frozenset({Step.FENCED, Step.HELD, Step.CLAIMED})
_COUNTED = frozenset({Step.REQUESTED, Step.MOVED})
_CLOSING = frozenset({Step.OVER, Step.RETURNED, Step.IN_SERVICE})


@dataclass(frozen=True, slots=True)
class GivenUp:
    name: str
    reason: str


Staying = Mapping[InstanceId, GivenUp]


@dataclass(frozen=True, slots=True)
class Incident:
    host: NovaHost
    began: Epoch
    """When the host was proved to be off; when it was first told of, if nobody told the proof."""
    milestones: Mapping[Step, Epoch] = field(default_factory=dict)
    """When each step was taken first."""
    last_moved: Epoch | None = None
    requested: int = 0
    """Requests that Nova accepted, repeated ones included."""
    moved: int = 0
    fencings: tuple[Epoch, ...] = ()
    workers: tuple[str, ...] = ()
    """The controllers that evacuated it, one after another."""
    proof: str = ""
    held: str = ""
    outcome: str = ""
    """How it ended, where that is not plain."""
    given_up: Mapping[InstanceId, GivenUp] = field(default_factory=dict)
    left_alone: Mapping[InstanceId, GivenUp] = field(default_factory=dict)
    """Not evacuated because the policy says so, and somebody was told of them."""

    @property
    def id(self) -> str:
        return f"{self.host}@{int(self.began)}"

    @property
    def over(self) -> bool:
        """Its evacuation is."""
        return Step.OVER in self.milestones

    @property
    def ended(self) -> bool:
        return Step.IN_SERVICE in self.milestones

    @property
    def recovery(self) -> float | None:
        """Seconds from the proof to the last instance that runs elsewhere; None while it lasts."""
        if not self.over:
            return None
        end = self.milestones[Step.OVER] if self.last_moved is None else self.last_moved
        return round(max(0.0, end - self.began), 3)


def opens(event: Event) -> bool:
    """Whether it may be the first step of an incident."""
    return event.step in _OPENING


def opened(event: Event) -> Incident:
    return advance(Incident(event.host, event.at), event)


def goes_on(incident: Incident, event: Event) -> bool:
    """Whether this step is one of this incident.

    A host that is fenced again while it is evacuated has failed once (Pacemaker fences a remote that
    is still connected twice). Fenced again after its evacuation, it has failed again.
    """
    if event.host != incident.host:
        return False
    if event.step is Step.FENCED and event.at in incident.fencings:
        return True
    if opens(event):
        return not incident.over
    return not (incident.over and event.step not in _CLOSING) and not incident.ended


def advance(incident: Incident, event: Event) -> Incident:
    """The incident after one more step of it; equal to it if that says nothing new."""
    after = _EFFECTS.get(event.step, _none)(incident, event)
    # That some more were asked for, or have moved, is a step only where one was or has.
    if event.step in _COUNTED and (after.requested, after.moved) == (
        incident.requested,
        incident.moved,
    ):
        return after
    return _reached(after, event)


def is_news(before: Incident | None, after: Incident) -> bool:
    """Whether people want to be told: not of another word for what is known."""
    if before is None:
        return True
    return after != replace(
        before,
        given_up=_reworded(before.given_up, after.given_up),
        left_alone=_reworded(before.left_alone, after.left_alone),
    )


def _reworded(before: Staying, after: Staying) -> Staying:
    return {one: after.get(one, why) for one, why in before.items()}


def _reached(incident: Incident, event: Event) -> Incident:
    """The end of what was never seen to be over is the end of its evacuation too."""
    steps = {event.step, Step.OVER} if event.step in _CLOSING else {event.step}
    new = {step: event.at for step in steps if step not in incident.milestones}
    return replace(incident, milestones={**incident.milestones, **new}) if new else incident


def _fenced(incident: Incident, event: Event) -> Incident:
    if event.at in incident.fencings:
        return incident
    proof = f"{event.detail}, fenced by {event.by}" if event.by else event.detail
    fencings = (*incident.fencings, event.at)
    return replace(incident, fencings=fencings, proof=incident.proof or proof)


def _held(incident: Incident, event: Event) -> Incident:
    return replace(incident, held=incident.held or event.detail)


def _claimed(incident: Incident, event: Event) -> Incident:
    if event.by in incident.workers[-1:]:
        return incident
    return replace(incident, workers=(*incident.workers, event.by))


def _requested(incident: Incident, event: Event) -> Incident:
    recorded = sum(_is_of(incident, asked) for asked in event.asked)
    requested = max(incident.requested + len(event.instances), recorded)
    return replace(incident, requested=requested)


def _moved(incident: Incident, event: Event) -> Incident:
    left = {one: why for one, why in incident.given_up.items() if one not in event.instances}
    alone = {one: why for one, why in incident.left_alone.items() if one not in event.instances}
    incident = replace(incident, given_up=left, left_alone=alone)
    moved = sum(_is_of(incident, asked) for asked in event.done)
    if moved <= incident.moved:
        return incident
    return replace(incident, moved=moved, last_moved=event.at)


def _is_of(incident: Incident, asked: Epoch) -> bool:
    """``asked`` is a time of Nova's."""
    return asked >= second(incident.began) - APART


def _given_up(incident: Incident, event: Event) -> Incident:
    return replace(incident, given_up={**incident.given_up, **_staying(event)})


def _left_alone(incident: Incident, event: Event) -> Incident:
    return replace(incident, left_alone={**incident.left_alone, **_staying(event)})


def _staying(event: Event) -> Staying:
    return {one: GivenUp(name, event.detail) for one, name in event.instances.items()}


def _over(incident: Incident, event: Event) -> Incident:
    """What was given up and is not on the host any more has ended some other way. Who tells how it
    ended instead does not know what stays there."""
    if incident.over:
        return incident
    if event.detail:
        return replace(incident, outcome=event.detail)
    left = {one: why for one, why in incident.given_up.items() if one in event.instances}
    return replace(incident, given_up=left)


def _in_service(incident: Incident, event: Event) -> Incident:
    return replace(incident, outcome=incident.outcome or event.detail)


def _none(incident: Incident, event: Event) -> Incident:  # noqa: ARG001 (one of the effects)
    return incident


_EFFECTS: Mapping[Step, Callable[[Incident, Event], Incident]] = {
    Step.FENCED: _fenced,
    Step.HELD: _held,
    Step.CLAIMED: _claimed,
    Step.REQUESTED: _requested,
    Step.MOVED: _moved,
    Step.GIVEN_UP: _given_up,
    Step.LEFT_ALONE: _left_alone,
    Step.OVER: _over,
    Step.IN_SERVICE: _in_service,
}
