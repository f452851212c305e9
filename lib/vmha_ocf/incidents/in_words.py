"""What happened, moment by moment and in words: of a host's incident, and of an ailment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.incidents.as_json import sorted_steps
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Step, Turn

Moment = tuple[float, str]


def story(incident: Incident) -> Sequence[Moment]:
    told = [(at, _step(step, incident)) for step, at in sorted_steps(incident)]
    told += [(at, "fenced again") for at in incident.fencings[1:]]
    if incident.last_moved is not None:
        told.append((incident.last_moved, f"the last of {incident.moved} instances elsewhere"))
    # Sorted by time alone: what is of the same moment stays in its natural order.
    return sorted(told, key=lambda one: one[0])


def story_of_ailment(one: Ailment) -> Sequence[Moment]:
    order = list(Turn)
    turns = sorted(one.turns.items(), key=lambda each: (each[1], order.index(each[0])))
    whose = one.patient.name or one.patient.instance or ""
    begin = (one.began, f"{whose} {one.kind}, as its host tells")
    return [begin, *((at, _turn(turn, one)) for turn, at in turns)]


def _step(step: Step, incident: Incident) -> str:
    workers = ", then ".join(incident.workers)
    texts = {
        Step.FENCED: incident.proof or "fenced",
        Step.HELD: f"held: {incident.held}",
        Step.CLAIMED: f"claimed by {workers}",
        Step.FORCED_DOWN: "forced down in Nova",
        Step.REQUESTED: f"the first of {incident.requested} requests that Nova accepted",
        Step.MOVED: "the first instance elsewhere",
        Step.GIVEN_UP: "a first instance could not be evacuated",
        Step.LEFT_ALONE: "the first instances that the policy leaves alone were told of",
        Step.OVER: "evacuation is over" if incident.ended else " ".join(_over(incident)),
        Step.RETURNED: "back, un-forced in Nova",
        Step.IN_SERVICE: " ".join(["back in service", *_outcome(incident)]),
    }
    return texts[step]


def _over(incident: Incident) -> Iterator[str]:
    yield "evacuation is over"
    yield from _outcome(incident)


def _outcome(incident: Incident) -> Iterator[str]:
    if incident.outcome:
        yield f"({incident.outcome})"


def _turn(turn: Turn, one: Ailment) -> str:
    who = "Nova" if one.what is What.INSTANCE else "Pacemaker"
    again = f" (number {one.attempt} lately)" if one.attempt > 1 else ""
    texts = {
        Turn.FAILED: "seen by the worker",
        Turn.ASKED: f"{who} was asked to restart it{again}",
        Turn.MOVING: "Nova was asked to move it",
        Turn.TOLD: f"waits for a person: {one.told}" if one.told else "waited for a person",
        Turn.HEALED: "well again",
        Turn.ENDED: f"not followed any more: {one.outcome}",
    }
    return texts[turn]
