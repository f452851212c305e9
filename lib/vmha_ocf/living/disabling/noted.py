"""Which hosts were disabled in which episode, kept with their node. Text and values. Pure.

    vmha-disabled    permanent: ``<host> <cause> <episode> asked``, later ``... done``; one for each host
                     and cause, divided by "; "

Our mark in Nova (service/marker.py) says what is to be undone. This says that it was done once: whom
somebody has enabled meanwhile is left so until the failure is over. It is written before Nova is asked, as
``asked``: who comes after a worker that has died there asks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.model import NodeName, NovaHost

ATTRIBUTE = "vmha-disabled"
_ONE = re.compile(
    r"(?P<host>[!-:<-~]{1,200}) (?P<cause>[a-z][a-z-]{0,30}) "
    r"(?P<episode>[0-9A-Za-z][!-:<-~]{0,60}) (?P<state>asked|done)"
)
_BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class Noted:
    host: NovaHost
    cause: str
    episode: str
    """``tenant@1763695800``: what has failed, and when it was to be disabled for that."""
    done: bool = False

    @property
    def what(self) -> str:
        return self.episode.partition("@")[0]


def parse(text: str) -> Sequence[Noted]:
    """What nobody of ours has written counts as nothing."""
    matches = map(_ONE.fullmatch, text.split(_BETWEEN))
    return [
        Noted(NovaHost(one["host"]), one["cause"], one["episode"], one["state"] == "done")
        for one in matches
        if one
    ]


def format_all(every: Iterable[Noted]) -> str:
    return _BETWEEN.join(
        f"{one.host} {one.cause} {one.episode} {'done' if one.done else 'asked'}" for one in every
    )


def by_host(texts: Mapping[NodeName, str]) -> Mapping[NovaHost, Mapping[str, Noted]]:
    """And by cause."""
    found: dict[NovaHost, dict[str, Noted]] = {}
    for text in texts.values():
        for one in parse(text):
            found.setdefault(one.host, {})[one.cause] = one
    return found


def with_one(text: str, one: Noted) -> str:
    return format_all([*_others(text, one), one])


def without(text: str, one: Noted) -> str:
    return format_all(_others(text, one))


def _others(text: str, one: Noted) -> Sequence[Noted]:
    return [each for each in parse(text) if (each.host, each.cause) != (one.host, one.cause)]
