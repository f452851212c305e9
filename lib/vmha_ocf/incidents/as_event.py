"""Incidents for the message bus: events as OpenStack's services send them, with flat traits. Pure.

An alarm (Aodh's, for one) compares traits one by one, so nothing in them has parts. A step that is about
instances is one event of the host and one of each instance. The id of an event is made of what it says:
told twice, it is the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.incidents.as_json import VERSION, ailing_sentence, sentence, state
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Ailing, Event, Step, Turn

Message = Mapping[str, Any]

_OURS = uuid.UUID("b9a4a7f6-5c0e-5d0c-9d55-6f2f0d2a1c11")
_WAITS = (Step.HELD, Step.GIVEN_UP)
_OF_INSTANCES = (Step.REQUESTED, Step.MOVED, Step.GIVEN_UP, Step.LEFT_ALONE)
"""That have an event for each instance."""


def of_step(event: Event, incident: Incident, controller: str) -> Iterator[Message]:
    """The host's first."""
    traits: dict[str, Any] = {
        "version": VERSION,
        "step": event.step.value,
        "host": event.host,
        "incident": incident.id,
        "state": state(incident),
        "controller": controller,
        "text": sentence(event),
        "project_id": event.project,
        "stack": event.stack,
    }
    counted = {
        "count": len(event.instances),
        "requested": incident.requested,
        "moved": incident.moved,
        "given_up": len(incident.given_up),
        "left_alone": len(incident.left_alone),
        "time_to_recover": incident.recovery,
    }
    is_error = event.step in _WAITS
    yield _message("host", event.step.value, event.at, {**traits, **counted}, is_error=is_error)
    for instance, name in event.instances.items() if event.step in _OF_INSTANCES else ():
        about = {**traits, "instance_id": instance, "display_name": name}
        yield _message("instance", event.step.value, event.at, about, is_error=is_error)


def of_turn(turn: Ailing, ailment: Ailment, controller: str) -> Message:
    """One event, of the instance, the process or the network that it is about."""
    patient, word = turn.patient, turn.turn.value
    traits: dict[str, Any] = {
        "version": VERSION,
        "step": f"{ailment.what.value}-{word}",
        "host": patient.host,
        "incident": ailment.id,
        "state": ailment.state,
        "controller": controller,
        "text": ailing_sentence(turn, ailment),
        "kind": ailment.kind,
        "attempt": ailment.attempt,
        "time_to_recover": ailment.recovery,
    }
    if ailment.what is What.INSTANCE:
        about = {
            "instance_id": patient.instance,
            "display_name": patient.name,
            "project_id": patient.project,
        }
    else:
        about = {"name": patient.name}
    waits = turn.turn is Turn.TOLD
    return _message(ailment.what.value, word, turn.at, {**traits, **about}, is_error=waits)


def is_of_instance(message: Message) -> bool:
    return "instance_id" in message["payload"]


def _message(
    what: str, word: str, at: float, traits: Mapping[str, Any], *, is_error: bool
) -> Message:
    """As oslo.messaging wants it. An empty trait is none."""
    payload = {key: value for key, value in traits.items() if value not in (None, "")}
    named = (
        what,
        word,
        traits["incident"],
        str(payload.get("instance_id")),
        repr(at),
        traits["text"],
    )
    return {
        "message_id": str(uuid.uuid5(_OURS, "\n".join(named))),
        "publisher_id": f"vmha:{traits['controller']}",
        "event_type": f"vmha.{what}.{word}",
        "priority": "ERROR" if is_error else "INFO",
        "timestamp": str(datetime.fromtimestamp(at, UTC).replace(tzinfo=None)),
        "payload": payload,
    }
