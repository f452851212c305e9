"""An incident as one line of text, the way the CIB keeps it. Pure.

    1 host=compute-1 began=1795219200.250 fenced=1795219200.250 claimed=1795219201.000 ...

The first word is the version of the form. Words this version does not know are skipped, so that a
newer worker may add some; times are in seconds since the epoch, values are percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from vmha_ocf.agent.printable import one_line
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.model import Epoch, InstanceId, NovaHost, Step

VERSION = "1"
_TEXT = 200
"""Characters of a proof or a reason."""
_STAYING = 10
"""Instances that are named. With all else a line has less than 12 kB, and 400 bytes as a rule."""
_SEVERAL = 8
"""Fencings and workers."""


def format_incident(incident: Incident) -> str:
    return " ".join([VERSION, *(f"{key}={value}" for key, value in _words(incident))])


def parse_incident(text: str) -> Incident | None:
    """None for what is not a line of this version: a newer one's, or somebody else's."""
    version, *words = text.split() or [""]
    if version != VERSION:
        return None
    pairs = [(key, value) for key, _, value in (word.partition("=") for word in words)]
    try:
        return _read(dict(pairs), pairs)
    except (KeyError, ValueError):
        return None


def _words(incident: Incident) -> Iterator[tuple[str, str]]:
    yield "host", quoted(incident.host)
    yield "began", time(incident.began)
    for step in Step:
        if step in incident.milestones:
            yield step.value, time(incident.milestones[step])
    if incident.last_moved is not None:
        yield "last", time(incident.last_moved)
    yield "asked", str(incident.requested)
    yield "away", str(incident.moved)
    yield from (("fencing", time(at)) for at in incident.fencings[-_SEVERAL:])
    yield from (("worker", quoted(one)) for one in incident.workers[-_SEVERAL:])
    told = {"proof": incident.proof, "why-held": incident.held, "outcome": incident.outcome}
    yield from ((key, quoted(text)) for key, text in told.items() if text)
    staying = [
        *(("left", *one) for one in incident.given_up.items()),
        *(("alone", *one) for one in incident.left_alone.items()),
    ]
    for word, one, why in staying[:_STAYING]:
        yield word, f"{quoted(one)},{quoted(why.name)},{quoted(why.reason)}"


def _read(last: Mapping[str, str], pairs: list[tuple[str, str]]) -> Incident:
    def several(key: str) -> list[str]:
        return [value for name, value in pairs if name == key]

    milestones = {step: seconds(last[step.value]) for step in Step if step.value in last}
    return Incident(
        NovaHost(unquoted(last["host"])),
        seconds(last["began"]),
        milestones,
        seconds(last["last"]) if "last" in last else None,
        _count(last.get("asked", "0")),
        _count(last.get("away", "0")),
        tuple(seconds(at) for at in several("fencing")),
        tuple(unquoted(worker) for worker in several("worker")),
        unquoted(last.get("proof", "")),
        unquoted(last.get("why-held", "")),
        unquoted(last.get("outcome", "")),
        dict(_staying(text) for text in several("left")),
        dict(_staying(text) for text in several("alone")),
    )


def _staying(text: str) -> tuple[InstanceId, GivenUp]:
    one, name, reason = (unquoted(part) for part in text.split(","))
    return InstanceId(one), GivenUp(name, reason)


def seconds(text: str) -> Epoch:
    """No sign, no exponent, no nan: anybody who may set a property can write here."""
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        raise ValueError
    return Epoch(float(text))


def _count(text: str) -> int:
    return int(seconds(text))


def time(at: float) -> str:
    return f"{at:.3f}"


def unquoted(text: str, longest: int = _TEXT) -> str:
    """Anybody who may set a property can write here, and people are shown it."""
    return one_line(unquote(text), longest)


def quoted(text: str, longest: int = _TEXT) -> str:
    return quote(text[:longest], safe="/:@()+")
