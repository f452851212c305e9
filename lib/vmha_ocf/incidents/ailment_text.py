"""All ailments of one sort as one line of text, the way the CIB keeps them: one write for all. Pure.

    1 host=compute-1 name=web-1 instance=5d8a... kind=crashed since=1795219300.000 ... ; host=compute-2 ...

The first word is the version of the form. Words this version does not know are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_text import VERSION, quoted, seconds, time, unquoted
from vmha_ocf.model import InstanceId, NovaHost, Patient, Turn

_LONGEST_NAME = 60
_LONGEST_WHY = 400
"""Characters: it ends with what to type."""
_BETWEEN = " ; "
LONGEST = 100_000
"""Characters of all: an argument of a command has 128 KiB at most. The oldest are left out beyond that:
where sixty names and reasons are as long as they can be, and of letters that are encoded."""


def format_ailments(ailments: Sequence[Ailment]) -> str:
    """``ailments``: the oldest first."""
    told = [" ".join(f"{key}={value}" for key, value in _words(one)) for one in ailments]
    while sum(map(len, told)) + len(_BETWEEN) * len(told) > LONGEST:
        del told[0]
    return f"{VERSION} {_BETWEEN.join(told)}"


def parse_ailments(text: str) -> Sequence[Ailment]:
    """Those that can be read: the rest is a newer version's, or somebody else's."""
    version, _, rest = text.partition(" ")
    if version != VERSION:
        return []
    return [one for part in rest.split(_BETWEEN) if (one := _parse(part)) is not None]


def _words(one: Ailment) -> Iterator[tuple[str, str]]:
    patient = one.patient
    yield "host", quoted(patient.host)
    yield "name", quoted(patient.name[:_LONGEST_NAME])
    if patient.instance is not None:
        yield "instance", quoted(patient.instance)
        yield "project", quoted(patient.project)
    yield "kind", quoted(one.kind)
    yield "since", time(one.since)
    yield "began", time(one.began)
    yield from ((turn.value, time(one.turns[turn])) for turn in Turn if turn in one.turns)
    if one.attempt:
        yield "attempt", str(one.attempt)
    if one.told:
        yield "why", quoted(one.told, _LONGEST_WHY)
    if one.outcome:
        yield "outcome", quoted(one.outcome)


def _parse(text: str) -> Ailment | None:
    pairs = (word.partition("=") for word in text.split())
    try:
        return _read({key: value for key, _, value in pairs})
    except (KeyError, ValueError):
        return None


def _read(words: Mapping[str, str]) -> Ailment:
    instance = words.get("instance")
    patient = Patient(
        NovaHost(unquoted(words["host"])),
        unquoted(words["name"]),
        None if instance is None else InstanceId(unquoted(instance)),
        unquoted(words.get("project", "")),
    )
    return Ailment(
        patient,
        unquoted(words["kind"]),
        seconds(words["since"]),
        seconds(words["began"]),
        {turn: seconds(words[turn.value]) for turn in Turn if turn.value in words},
        int(seconds(words.get("attempt", "0"))),
        unquoted(words.get("why", ""), _LONGEST_WHY),
        unquoted(words.get("outcome", "")),
    )
