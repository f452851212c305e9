"""How things stand, for whoever asks the worker: one value, and its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import VERSION, ailment_json, incident_json
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Flag, FlagState, NovaHost


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How many notifications, since the worker began."""

    delivered: int = 0
    failed: int = 0
    """Given up after all attempts."""
    dropped: int = 0
    """Pushed out of the full queue."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Times in seconds since the epoch."""

    controller: str
    at: float
    round_at: float = 0.0
    """When the last round ended; 0 before the first one."""
    sentence: str = "starting"
    problems: Sequence[str] = ()
    flags: Mapping[NovaHost, Flag] | None = None
    """None: they could not be read."""
    incidents: Sequence[Incident] = ()
    """Newest first."""
    notifications: Mapping[str, Deliveries] = field(default_factory=dict)
    """By the parameter that asks for them."""
    ailments: Sequence[Ailment] = ()
    """Newest first."""
    turns: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """How many turns of ailments were told since the worker began, by whose they are, kind and turn."""


def answer(path: str, picture: Picture) -> Any:
    """What the API says at this path; None if there is no such thing."""
    match path.strip("/").split("/"):
        case ["v1", "status"]:
            return _status(picture)
        case ["v1", "incidents"]:
            return {
                "version": VERSION,
                "incidents": [*map(incident_json, picture.incidents)],
                "ailments": [*map(ailment_json, picture.ailments)],
            }
        case ["v1", "incidents", wanted]:
            return _one(wanted, picture)
    return None


def _one(wanted: str, picture: Picture) -> dict[str, Any] | None:
    incidents = (incident_json(one) for one in picture.incidents if one.id == wanted)
    ailments = (ailment_json(one) for one in picture.ailments if one.id == wanted)
    return next(chain(incidents, ailments), None)


def _status(picture: Picture) -> dict[str, Any]:
    flags = picture.flags
    return {
        "version": VERSION,
        "controller": picture.controller,
        "at": picture.at,
        "round_at": picture.round_at,
        "round": picture.sentence,
        "problems": list(picture.problems),
        "hosts": None if flags is None else {host: _host(flag) for host, flag in flags.items()},
        "open_incidents": [one.id for one in picture.incidents if not one.ended],
        "open_ailments": [one.id for one in picture.ailments if not one.ended],
        "notifications": {
            name: {"delivered": it.delivered, "failed": it.failed, "dropped": it.dropped}
            for name, it in picture.notifications.items()
        },
    }


def _host(flag: Flag) -> dict[str, Any]:
    claimed = flag.state is FlagState.CLAIMED
    return {
        "flag": flag.state.value,
        "claimed_by": flag.owner if claimed else None,
        "claimed_at": flag.since if claimed else None,
        "fenced_at": flag.evidence.at if flag.evidence else None,
    }
