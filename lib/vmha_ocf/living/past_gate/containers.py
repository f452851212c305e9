"""Containers, as podman and docker tell of them, and which one a command starts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from posixpath import basename
from typing import Any

ENGINES = ("podman", "docker")
NAMES = ("nova_compute", "nova-compute")
"""What Kolla, TripleO and others call it."""
_STARTS = ("start", "run", "restart")
_NEXT = ("&&", "||", "|", ";", "&")


@dataclass(frozen=True, slots=True)
class Container:
    engine: str
    name: str
    running: bool = False
    restart: str = ""
    """Its restart policy, "" for "no"."""
    unit: str = ""
    """The systemd unit that podman says it belongs to."""


@dataclass(frozen=True, slots=True)
class Named:
    """A container that a command starts."""

    engine: str
    name: str


def started_by(words: Sequence[str]) -> Named | None:
    """The container that a program with these words starts, also within the text of a ``sh -c``; None
    where there is none."""
    flat = " ".join(words).split()
    for place, word in enumerate(flat):
        if basename(word) in ENGINES:
            return _named(basename(word), flat[place + 1 :])
    return None


def _named(engine: str, words: Sequence[str]) -> Named | None:
    verb = next((place for place, word in enumerate(words) if word in _STARTS), None)
    if verb is None or "exec" in words[:verb]:
        return None
    # Of the text of a sh -c, this one command.
    after = list(takewhile(lambda word: word not in _NEXT, words[verb + 1 :]))
    given = [word.partition("=")[2] for word in after if word.startswith("--name=")]
    given += [name for word, name in zip(after, after[1:], strict=False) if word == "--name"]
    if not given and words[verb] != "run":
        plain = [word.strip("'\";") for word in after if not word.startswith("-")]
        given = [word for word in plain if word in NAMES] or plain[-1:]
    return Named(engine, given[0].strip("'\"")) if given else None


def parse_containers(engine: str, text: str) -> Sequence[Container]:
    """Of ``ENGINE container inspect NAME...``: those of them that are there. What is not understood is
    left out."""
    try:
        said = json.loads(text)
    except ValueError:
        return ()
    found = (_container(engine, one) for one in said) if isinstance(said, list) else ()
    return tuple(filter(None, found))


def _container(engine: str, said: Mapping[str, Any]) -> Container | None:
    try:
        restart = str(_of(said["HostConfig"].get("RestartPolicy"), "Name"))
        return Container(
            engine,
            str(said["Name"]).removeprefix("/"),
            bool(said["State"]["Running"]),
            "" if restart == "no" else restart,
            str(_of(said["Config"].get("Labels"), "PODMAN_SYSTEMD_UNIT")),
        )
    except (KeyError, TypeError, AttributeError):
        return None


def _of(pairs: Mapping[str, object] | None, key: str) -> object:
    return (pairs or {}).get(key) or ""
