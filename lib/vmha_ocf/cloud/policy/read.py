"""A policy's text -> what it says, or all that is wrong with it. Pure.

The file is understood as a whole or not at all. What it may say and nothing of this version does is refused
as well: ``obeyed.py``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cloud.policy import obeyed, rows, sense
from vmha_ocf.cloud.policy.faults import Fault
from vmha_ocf.cloud.policy.kinds import NETWORKS
from vmha_ocf.cloud.policy.lines import parse
from vmha_ocf.cloud.policy.table import Table
from vmha_ocf.cloud.policy.values import (
    EVACUATION,
    FROM,
    Class,
    Exclusion,
    Gates,
    Guests,
    Marks,
    Measure,
    Policy,
)

_DAY = 86400.0
_PROJECT = re.compile(r"[0-9a-f-]{6,64}")
"""Keystone makes 32 hexadecimal digits; clouds that are older than it have numbers."""
_IMAGE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")
_TAG = re.compile(r"[^,/]{1,60}")
_ALL = re.compile(r"[*?]*\*[*?]*")
_PAUSES = "storage"
"""The network without which guests are paused."""
_OF_AGENT = ("attribute", "resource", "healthy", "healthy_from")


@dataclass(frozen=True, slots=True)
class Understood:
    policy: Policy = Policy()
    """The empty one where there are faults."""
    faults: Sequence[Fault] = ()
    """In the order of the lines."""
    path: str = ""
    """Of the file that it is from, for people."""


def digest_of(text: str) -> str:
    """The first 16 digits of what ``sha256sum`` says of the file."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def understand(text: str, not_yet: Mapping[str, str] = obeyed.NOT_YET) -> Understood:
    """``not_yet``: by what, why nothing does it."""
    document = parse(text)
    if isinstance(document, list):
        return Understood(faults=sorted(document))
    faults: list[Fault] = []
    top = Table(document, (), document.values, faults)
    policy = _policy(top, digest_of(text), not_yet)
    sense.judge(policy, top)
    return Understood(faults=sorted(set(faults))) if faults else Understood(policy)


def _policy(top: Table, digest: str, not_yet: Mapping[str, str]) -> Policy:
    for key in ("never_fence", "gates", "measured"):
        obeyed.refuse(top, key, key, not_yet)
    found = Policy(
        digest,
        _classes(top.table("class"), not_yet),
        top.text("default_class"),
        tuple(_exclusion(one, not_yet) for one in top.tables("exclude")),
        top.texts("never_fence"),
        _guests(top.table("guest")),
        _gates(top.table("gates")),
        _measured(top.table("measured")),
    )
    top.close()
    return found


def _classes(table: Table, not_yet: Mapping[str, str]) -> tuple[Class, ...]:
    return tuple(_class(name, table, not_yet) for name in table.each())


def _class(name: str, classes: Table, not_yet: Mapping[str, str]) -> Class:
    table = classes.table(name)
    if not _NAME.fullmatch(name):
        table.fault("", "a class is called by letters, digits, dots, dashes and underscores")
    found = Class(name, _marks(table), rows.read(table, not_yet))
    table.close()
    return found


def _exclusion(table: Table, not_yet: Mapping[str, str]) -> Exclusion:
    out_of = table.texts("from")
    for word in out_of:
        if word not in FROM:
            table.fault("from", f"'{word}' is none of {', '.join(FROM)}")
        obeyed.refuse(table, "from", f"from.{word}", not_yet)
    why, marks = table.text("why"), _marks(table)
    if not table.has("why"):
        table.fault("", "why is missing", "say for whom comes after you why these are left alone")
    if not marks:
        table.fault("", "it names nobody", "say which: by tags, metadata, image, projects, names")
    notify = table.yes("notify")
    if notify and out_of and EVACUATION not in out_of:
        told = "it tells of those that are not evacuated, and these are not excluded from that"
        table.fault("notify", told, f'from = ["{EVACUATION}"]')
    table.close()
    return Exclusion(table.line, why, marks, out_of or FROM, notify)


def _marks(table: Table) -> Marks:
    return Marks(
        _tags(table),
        table.says("metadata"),
        table.says("flavor"),
        table.says("image"),
        _ids(table, "images", _IMAGE, "openstack image show NAME -f value -c id"),
        _ids(table, "projects", _PROJECT, "openstack project show NAME -f value -c id"),
        _names(table),
    )


def _tags(table: Table) -> tuple[str, ...]:
    found = table.texts("tags")
    for one in found:
        if not _TAG.fullmatch(one):
            told = f"'{one[:60]}' can be no tag of Nova's, so it would match nothing"
            table.fault("tags", told, 'each by itself: tags = ["one", "two"]')
    return found


def _ids(table: Table, key: str, form: re.Pattern[str], how: str) -> tuple[str, ...]:
    found = tuple(one.lower() for one in table.texts(key))
    for one in found:
        if not form.fullmatch(one):
            table.fault(key, f"'{one[:60]}' is no id, so it would match nothing", how)
    return found


def _names(table: Table) -> tuple[str, ...]:
    found = table.texts("names")
    for one in found:
        if _ALL.fullmatch(one):
            told = "name those you mean; default_class is for all others"
            table.fault("names", f"'{one}' is every instance of the cloud", told)
        if ", " in one:
            told = 'each by itself: names = ["one", "two"]; a comma of a name is matched by ?'
            table.fault("names", f"'{one[:60]}' is one name, with a comma in it", told)
    return found


def _guests(table: Table) -> Guests:
    default = Guests()
    found = Guests(
        table.whole("attempts", default.attempts, least=1, most=100),
        table.seconds("window", default.window, least=60, most=7 * _DAY),
        table.whole("burst", default.burst, least=1, most=1000),
        table.seconds("pace", default.pace, least=0, most=3600),
        table.seconds("io_grace", default.io_grace, least=10, most=3600),
    )
    table.close()
    return found


def _gates(table: Table) -> Gates:
    default = Gates()
    found = Gates(
        table.seconds("held_for", default.held_for, least=10, most=_DAY),
        table.whole("hosts_at_once", default.hosts_at_once, least=1, most=100),
    )
    table.close()
    return found


def _measured(table: Table) -> Mapping[str, Measure]:
    found = {name: _measure(table.table(name), name) for name in NETWORKS if table.has(name)}
    for name in NETWORKS:
        table.table(name)
    table.close()
    return found


def _measure(table: Table, network: str) -> Measure:
    least = table.whole("healthy_from", 0, least=0, most=1_000_000)
    found = Measure(
        table.text("attribute"),
        table.text("resource"),
        least if table.has("healthy_from") else None,
        table.texts("healthy"),
        table.whole("paused_guests", 0, least=1, most=100),
    )
    if found.paused_guests and network != _PAUSES:
        table.fault(
            "paused_guests", f"guests pause for their {_PAUSES} alone", f"[measured.{_PAUSES}]"
        )
    if not found.paused_guests or any(map(table.has, _OF_AGENT)):
        _check_agent(table)
    table.close()
    return found


def _check_agent(table: Table) -> None:
    for key in ("attribute", "resource"):
        if not table.has(key):
            table.fault("", f"{key} is missing")
    if table.has("healthy") == table.has("healthy_from"):
        told = 'the least number (healthy_from = 1), or the words (healthy = ["green"])'
        table.fault("", "it has to say once what is well", told)
