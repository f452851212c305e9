"""How things stand, for whoever asks the worker: one value, and its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from vmha_ocf.agent.settings import Settings
from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.incidents.around import Around, hosts, in_order
from vmha_ocf.incidents.as_json import VERSION, ailment_json, incident_json
from vmha_ocf.incidents.in_words import Moment, story, story_of_ailment
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

    @property
    def lost(self) -> int:
        return self.failed + self.dropped


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
    around: Around | None = None
    """None before the first round that was not broken off."""
    settings: Settings = Settings()
    woken: bool = False
    """What tells the worker of changes in Pacemaker is seen to work: it asks attrd seldom."""


HIDDEN = "it may name instances: shown with a token, or by vmha status on a controller"


def answer(path: str, picture: Picture, *, names: bool = True) -> Any:
    """What the API says at this path; None if there is no such thing. ``names``: whoever asks may see what
    tenants call their instances, and their ids."""
    match path.strip("/").split("/"):
        case ["v1", "status"]:
            return _status(picture, names=names)
        case ["v1", "hosts"]:
            known = picture.around is not None and picture.flags is not None
            return {"version": VERSION, "hosts": _hosts(picture) if known else None}
        case ["v1", "incidents"]:
            return {
                "version": VERSION,
                "incidents": [_incident(one, names=names) for one in picture.incidents],
                "ailments": [_ailment(one) for one in _ailments(picture, names=names)],
                "unnamed": 0 if names else sum(map(_is_instance, picture.ailments)),
            }
        case ["v1", "incidents", wanted]:
            return _one(wanted, picture, names=names)
        case ["v1", "policy"]:
            return _policy(picture.around or Around(), picture.settings)
    return None


def _one(wanted: str, picture: Picture, *, names: bool) -> dict[str, Any] | None:
    incidents = (_incident(one, names=names) for one in picture.incidents if one.id == wanted)
    ailments = (_ailment(one) for one in _ailments(picture, names=names) if one.id == wanted)
    return next(chain(incidents, ailments), None)


def _incident(one: Incident, *, names: bool) -> dict[str, Any]:
    told = {**incident_json(one), "story": _story(story(one))}
    if not names:
        nobody = {"instance": None, "name": None, "reason": HIDDEN}
        told["given_up"] = [nobody] * len(one.given_up)
        told["left_alone"] = [nobody] * len(one.left_alone)
    return told


def _ailment(one: Ailment) -> dict[str, Any]:
    return {**ailment_json(one), "story": _story(story_of_ailment(one))}


def _ailments(picture: Picture, *, names: bool) -> Sequence[Ailment]:
    """Without names none of instances, and of a process no reason: it may be that of an instance."""
    if names:
        return picture.ailments
    plain = [one for one in picture.ailments if not _is_instance(one)]
    hidden = What.PROCESS
    return [replace(one, told=HIDDEN) if one.told and one.what is hidden else one for one in plain]


def _is_instance(one: Ailment) -> bool:
    return one.what is What.INSTANCE


def _story(moments: Sequence[Moment]) -> list[dict[str, Any]]:
    return [{"at": at, "what": what} for at, what in moments]


def _status(picture: Picture, *, names: bool) -> dict[str, Any]:
    flags = picture.flags
    level, headline = _verdict(picture)
    shown = picture.problems if names else (picture.around or Around()).plain
    return {
        "version": VERSION,
        "controller": picture.controller,
        "at": picture.at,
        "round_at": picture.round_at,
        "woken": picture.woken,
        "round": picture.sentence,
        "level": level,
        "headline": headline,
        "problems": list(shown),
        "unnamed": len(picture.problems) - len(shown),
        "held": list((picture.around or Around()).held),
        "names": names,
        "hosts": None if flags is None else {host: _host(flag) for host, flag in flags.items()},
        "open_incidents": [one.id for one in picture.incidents if not one.ended],
        "open_ailments": [one.id for one in _ailments(picture, names=names) if not one.ended],
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


def _verdict(picture: Picture) -> tuple[str, str]:
    """How bad it is, in the words of ``vmha``, and one line that says what."""
    if not picture.round_at:
        return "unknown", "the worker has just started"
    hosts_are = _unwell(picture)
    if picture.problems:
        count = len(picture.problems)
        told = f"{count} thing{'s wait' if count > 1 else ' waits'} for a person"
        return "error", f"{told}; {hosts_are}" if hosts_are else told
    if picture.flags is None:
        return "unknown", "the flags cannot be read"
    if hosts_are:
        return "warning", hosts_are
    ailing = sum(not one.ended for one in picture.ailments)
    if ailing:
        return "warning", f"{ailing} failed on hosts that live"
    return "ok", "all is well"


def _unwell(picture: Picture) -> str:
    """The hosts that are not up, in a few words; those that are flagged before others."""
    flags = picture.flags or {}
    unwell = {one["host"]: one["state"] for one in _hosts(picture) if one["state"] != "up"}
    if not unwell:
        return ""
    first = min(unwell, key=lambda host: (host not in flags, in_order(host)))
    more = len(unwell) - 1
    others = f", and {more} more host{'s are' if more > 1 else ' is'} not up" if more else ""
    return f"{first} {_ARE[unwell[first]]}{others}"


_ARE = {
    "waiting": "waits for its evacuation",
    "evacuating": "is being evacuated",
    "away": "is evacuated, and away",
    "returning": "is on its way back",
    "unknown": "is not known to Pacemaker",
    "fenced": "is fenced",
    "lost": "is lost, and not fenced yet",
    "forced-down": "is forced down in Nova",
    "nova-down": "lives, and its nova-compute is down",
    "disabled": "is disabled in Nova",
}


def _hosts(picture: Picture) -> Sequence[Mapping[str, Any]]:
    return hosts(picture.around or Around(), picture.flags or {})


def _policy(around: Around, settings: Settings) -> dict[str, Any]:
    policy, caps = around.policy, settings.caps
    return {
        "version": VERSION,
        "policy": policy.digest or None,
        "problem": around.policy_problem or None,
        "default_class": policy.default_class or None,
        "classes": [
            {
                "name": one.name,
                "rows": {kind: [it.value for it in row] for kind, row in one.rows.items()},
            }
            for one in policy.classes
        ],
        "exclusions": [
            {"line": one.line, "why": one.why, "out_of": list(one.out_of)}
            for one in policy.exclusions
        ],
        "never_fence": list(policy.never_fence),
        "settings": {
            "storm_limit": settings.storm_limit,
            "storm_window": settings.storm_window,
            "max_in_flight": caps.total,
            "max_per_host": caps.per_host,
            "max_per_destination": caps.per_destination,
            "untagged": settings.untagged.value,
            "after_boot": settings.after_boot.value,
        },
    }
