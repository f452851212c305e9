"""What a compute host says of its instances: one public attribute of its own node, as text. Pure.

It is a state, told again and again, and no event: a fencing wipes it, and so does each move of the node's
connection, without an alert. Absent is "nothing is known here", and never "all is well": a host without
trouble says so, with its boot and a time.

It is bounded whatever happens: MOST instances are named, those of the longest standing first, so that the
next are named as soon as these are over; how many are not named is said. It is read as what a stranger
wrote: what is not understood as a whole is an error, and nothing of it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId

ATTRIBUTE = "vmha-instances"
MOST = 100
"""Instances that are named."""
LONGEST = 8192
"""Characters. MOST of the longest kind are 5,900."""
_VERSION = "1"
_WORDS = {kind.value: kind for kind in Kind}
_BOOT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"[1-9][0-9]{0,10}")
_COUNT = re.compile(r"0|[1-9][0-9]{0,5}")
_ONE = re.compile(r"([a-z][a-z-]{0,15}):([0-9a-f]{32})@([1-9][0-9]{0,10})")
_KEYS = ("boot", "at", "unknown", "failed", "found", "more")


@dataclass(frozen=True, slots=True)
class Report:
    """``failed``: seen to run in this boot, and down since. ``found``: down at the first look, so of the
    past, as far as this host can tell. Both by its own clock."""

    boot: str
    """The kernel's id of the boot that it is about."""
    at: Epoch
    """When it was written."""
    unknown: Epoch | None = None
    """libvirt gives no answer, since then: what follows is what was known before, and nothing may be
    done because of it."""
    failed: Mapping[InstanceId, Trouble] = field(default_factory=dict)
    found: Mapping[InstanceId, Trouble] = field(default_factory=dict)
    more: int = 0
    """Instances in trouble that are not named."""


def make_report(
    boot: str, at: Epoch, troubles: Mapping[InstanceId, Trouble], unknown: Epoch | None
) -> Report:
    """Failures come before what was found, and older ones first; what has shut itself down is the least,
    and of that the newest first: it is no trouble, unless its owner says so."""

    def turn(one: tuple[InstanceId, Trouble]) -> tuple[bool, bool, float, InstanceId]:
        ended = one[1].kind is Kind.SHUT_DOWN
        return ended, not one[1].seen, -one[1].since if ended else one[1].since, one[0]

    ordered = sorted(troubles.items(), key=turn)
    named = ordered[:MOST]
    rest = [one for one, trouble in ordered[MOST:] if trouble.kind is not Kind.SHUT_DOWN]
    failed = {uuid: trouble for uuid, trouble in named if trouble.seen}
    found = {uuid: trouble for uuid, trouble in named if not trouble.seen}
    return Report(boot, at, unknown, failed, found, len(rest))


def format_report(report: Report) -> str:
    words = [_VERSION, f"boot={report.boot}", f"at={report.at:.0f}"]
    if report.unknown is not None:
        words.append(f"unknown={report.unknown:.0f}")
    for key, troubles in (("failed", report.failed), ("found", report.found)):
        if troubles:
            words.append(f"{key}={_format(troubles)}")
    if report.more:
        words.append(f"more={report.more}")
    return " ".join(words)


def parse_report(text: str) -> Report:
    """Raises GuestsUnavailable for anything that no watcher writes. A kind that is not known here, of a
    newer version, is UNCLEAR: it is told, and nothing is done about it."""
    values = parse_words(text)
    if unknown := sorted(values.keys() - set(_KEYS)):
        raise not_understood(f"it has {unknown[0]}=, which is not known here")
    failed, found = (_troubles(values.get(key, ""), key) for key in ("failed", "found"))
    if failed.keys() & found.keys() or len(failed) + len(found) > MOST:
        raise not_understood("an instance is there twice, or there are too many")
    unknown_since = values.get("unknown")
    return Report(
        boot=matched(_BOOT, values.get("boot", ""), "boot"),
        at=Epoch(float(matched(_TIME, values.get("at", ""), "at"))),
        unknown=(
            None
            if unknown_since is None
            else Epoch(float(matched(_TIME, unknown_since, "unknown")))
        ),
        failed=failed,
        found=found,
        more=int(matched(_COUNT, values.get("more", "0"), "more")),
    )


def parse_words(text: str) -> Mapping[str, str]:
    """``1 key=value ...``, each key once. Raises GuestsUnavailable."""
    if len(text) > LONGEST:
        raise not_understood(f"it has {len(text)} characters, and no more than {LONGEST} are read")
    version, *words = text.split(" ")
    if version != _VERSION:
        raise not_understood(f"it is not of version {_VERSION}")
    pairs = [word.partition("=") for word in words]
    values = {key: value for key, _, value in pairs}
    if len(values) < len(pairs) or not all(separator for _, separator, _ in pairs):
        raise not_understood("it is not made of words like key=value, each once")
    return values


def matched(pattern: re.Pattern[str], text: str, key: str) -> str:
    """The text, if it is all of what the pattern says. Raises GuestsUnavailable."""
    if not pattern.fullmatch(text):
        raise not_understood(f"its {key}= is not one")
    return text


def not_understood(why: str) -> GuestsUnavailable:
    return GuestsUnavailable(
        f"the attribute is not understood: {why}",
        hint="is NovaInstances of another version there?",
    )


def short(uuid: InstanceId) -> str:
    return uuid.replace("-", "")


def full(text: str) -> InstanceId:
    """Of 32 hexadecimal digits."""
    parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return InstanceId("-".join(parts))


def _format(troubles: Mapping[InstanceId, Trouble]) -> str:
    return ",".join(
        f"{one.kind.value}:{short(uuid)}@{one.since:.0f}" for uuid, one in troubles.items()
    )


def _troubles(text: str, key: str) -> Mapping[InstanceId, Trouble]:
    words: Sequence[str] = text.split(",") if text else ()
    found = [_trouble(word, key) for word in words]
    troubles = dict(found)
    if len(troubles) < len(found):
        raise not_understood("an instance is there twice, or there are too many")
    return troubles


def _trouble(word: str, key: str) -> tuple[InstanceId, Trouble]:
    match = _ONE.fullmatch(word)
    if not match:
        raise not_understood(f"its {key}= is not one")
    kind, uuid, since = match.groups()
    return full(uuid), Trouble(
        _WORDS.get(kind, Kind.UNCLEAR), Epoch(float(since)), key == "failed"
    )
