"""What was found, as a part of a node attribute's text, and as people read it.

The attribute is that of booting/starters.py: its words and these stand side by side, by commas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vmha_ocf.living.past_gate.judge import (
    ENABLED,
    GENERATED,
    OWNER,
    POLICY,
    SECOND,
    TRIGGER,
    WANTED,
    Found,
)

_SEP = ";"
_RERUN = "{name} starts nova-compute when this host boots"

_TOLD = {
    ENABLED: (_RERUN, "systemctl disable {name}"),
    GENERATED: (_RERUN, "take its [Install] section out of {by}, then systemctl daemon-reload"),
    WANTED: (
        "{name}, which runs nova-compute, starts with {by}",
        "take {name} out of what {by} wants and requires, then systemctl daemon-reload",
    ),
    OWNER: (
        "{name} runs nova-compute's container, and starts it again whenever it stops (Restart=)",
        "systemctl disable --now {name}, and give NovaCompute unit={name} instead of commands",
    ),
    TRIGGER: (
        "{name} starts {by}, and with it nova-compute, when it likes",
        "systemctl disable --now {name}",
    ),
    SECOND: ("a second nova-compute is run by {name}", "systemctl disable --now {name}"),
}
_POLICY = "{engine} starts the container {name} by itself (its restart policy)"
_NO_POLICY = {
    "docker": "docker update --restart=no {name}",
    "podman": "podman update --restart=no {name}; before podman 5.1 create it anew without --restart",
}
_SECOND = (
    "a second nova-compute is run by {engine}, in the container {name}",
    "{engine} stop {name} && {engine} rm {name}",
)


def format_found(found: Iterable[Found]) -> Sequence[str]:
    """Words for the attribute."""
    return [_SEP.join(_plain(part) for part in (one.kind, one.name, one.by)) for one in found]


def told(text: str) -> Sequence[tuple[str, str]]:
    """What starts nova-compute past its gate, and how it is ended; of an attribute's text. What nobody of
    us wrote is nothing."""
    return [pair for word in text.split(",") for pair in _told(word.split(_SEP))]


def _told(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(parts) != 3:
        return
    kind, name, by = parts
    engine, slash, container = name.partition("/")
    if kind == POLICY and engine in _NO_POLICY:
        what, how = _POLICY, _NO_POLICY[engine]
    elif kind == SECOND and slash:
        what, how = _SECOND
    elif kind in _TOLD:
        what, how = _TOLD[kind]
    else:
        return
    given = {"name": container if slash else name, "by": by, "engine": engine}
    yield what.format(**given), how.format(**given)


def _plain(text: str) -> str:
    return text.replace(",", "").replace(_SEP, "")
