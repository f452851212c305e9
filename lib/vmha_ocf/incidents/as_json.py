"""Incidents for programs: the JSON of ``vmha history``, of the API and of notifications. Pure.

Times are in seconds since the epoch, durations in seconds. ``version`` grows when a name changes its
meaning or goes; names may come at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmha_ocf.agent.printable import one_line
from vmha_ocf.incidents.ailment import Ailment, What, names
from vmha_ocf.incidents.incident import Incident, Staying
from vmha_ocf.model import Ailing, Event, Step, Turn

VERSION = 1
NAMED_MOST = 20
"""Instances that a notification names; it has the number of all."""


def incident_json(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "what": "host",
        "host": incident.host,
        "began": incident.began,
        "state": state(incident),
        "steps": {step.value: at for step, at in sorted_steps(incident)},
        "last_moved": incident.last_moved,
        "time_to_recover": incident.recovery,
        "requested": incident.requested,
        "moved": incident.moved,
        "given_up": _staying(incident.given_up),
        "left_alone": _staying(incident.left_alone),
        "fencings": list(incident.fencings),
        "workers": list(incident.workers),
        "proof": incident.proof,
        "held": incident.held,
        "outcome": incident.outcome,
    }


def _staying(some: Staying) -> list[dict[str, Any]]:
    return [
        {"instance": one, "name": told.name, "reason": told.reason} for one, told in some.items()
    ]


def ailment_json(ailment: Ailment) -> dict[str, Any]:
    """What a host's incident has is there, too, so that whoever knows of hosts alone can read it."""
    patient, told = ailment.patient, ailment.told
    by_time = sorted(ailment.turns.items(), key=lambda one: (one[1], list(Turn).index(one[0])))
    return {
        "id": ailment.id,
        "what": ailment.what.value,
        "host": patient.host,
        "began": ailment.began,
        "state": ailment.state,
        "steps": {turn.value: at for turn, at in by_time},
        "time_to_recover": ailment.recovery,
        "requested": int(Turn.ASKED in ailment.turns),
        "moved": int(Turn.MOVING in ailment.turns and Turn.HEALED in ailment.turns),
        "given_up": [{"instance": patient.instance, "name": patient.name, "reason": told}]
        if told and not ailment.ended
        else [],
        "left_alone": [],
        "instance": patient.instance,
        "name": patient.name,
        "project_id": patient.project,
        "kind": ailment.kind,
        "since": ailment.since,
        "attempt": ailment.attempt,
        "told": told,
        "outcome": ailment.outcome,
    }


def ailing_notification(turn: Ailing, ailment: Ailment, controller: str) -> Mapping[str, Any]:
    """What a hook gets for one turn: ``step`` names it, as instance-failed."""
    about = names(ailment)
    return {
        "version": VERSION,
        "step": f"{ailment.what.value}-{turn.turn.value}",
        "at": turn.at,
        "host": turn.patient.host,
        "text": ailing_sentence(turn, ailment),
        "instances": list(about.values()),
        "ids": list(about),
        "count": len(about),
        "project_id": turn.patient.project,
        "controller": controller,
        "incident": ailment_json(ailment),
    }


def ailing_sentence(turn: Ailing, ailment: Ailment) -> str:
    patient = turn.patient
    whose = patient.name or patient.instance or ""
    sentences = {
        Turn.FAILED: f"has failed ({turn.kind})",
        Turn.ASKED: _restart(ailment),
        Turn.MOVING: "is moved to another host by Nova",
        Turn.TOLD: f"waits for a person: {turn.detail}",
        Turn.HEALED: f"is well again, {ailment.recovery} s after its failure",
        Turn.ENDED: f"is not followed any more: {turn.detail}",
    }
    return one_line(f"{patient.host}: {whose} {sentences[turn.turn]}")


def _restart(ailment: Ailment) -> str:
    who = "Nova" if ailment.what is What.INSTANCE else "Pacemaker"
    again = f", number {ailment.attempt} lately" if ailment.attempt > 1 else ""
    return f"is restarted by {who}{again}"


def notification(event: Event, incident: Incident, controller: str) -> Mapping[str, Any]:
    """What a hook gets for one step. ``controller``: where the worker runs that sends it."""
    whose = {"project_id": event.project, "stack": event.stack}
    return {
        "version": VERSION,
        "step": event.step.value,
        **(whose if event.step is Step.LEFT_ALONE else {}),
        "at": event.at,
        "host": event.host,
        "text": sentence(event),
        "instances": list(event.instances.values())[:NAMED_MOST],
        "ids": list(event.instances)[:NAMED_MOST],
        "count": len(event.instances),
        "controller": controller,
        "incident": incident_json(incident),
    }


def state(incident: Incident) -> str:
    """One word: held, running, away (evacuated, and not back yet), ended."""
    if incident.ended:
        return "ended"
    if incident.over:
        return "away"
    return "held" if Step.CLAIMED not in incident.milestones and incident.held else "running"


def sorted_steps(incident: Incident) -> list[tuple[Step, float]]:
    """By time, and steps of the same moment in their natural order."""
    order = list(Step)
    return sorted(incident.milestones.items(), key=lambda one: (one[1], order.index(one[0])))


def sentence(event: Event) -> str:
    return one_line(f"{event.host}: {_what(event)}")


def _what(event: Event) -> str:
    told, names = event.detail, _names(event)
    sentences = {
        Step.FENCED: f"fenced by {event.by} ({told})" if event.by else f"fenced ({told})",
        Step.HELD: f"held: {told}",
        Step.CLAIMED: f"{event.by} evacuates it",
        Step.FORCED_DOWN: "forced down in Nova",
        Step.REQUESTED: f"asked Nova to evacuate {names or 'more instances'}",
        Step.MOVED: f"{names or 'more instances'} run elsewhere",
        Step.GIVEN_UP: f"{names}: {told}",
        Step.LEFT_ALONE: f"{names} left alone: {told}",
        Step.OVER: "evacuation is over" + (f", {names} stay" if names else ""),
        Step.RETURNED: "is back, un-forced in Nova",
        Step.IN_SERVICE: f"evacuation is over; {told}" if told else "back in service",
    }
    return sentences[event.step]


def _names(event: Event) -> str:
    names = list(event.instances.values())
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
