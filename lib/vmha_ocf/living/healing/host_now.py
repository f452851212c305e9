"""Whether the host of a guest can do with a restart of it now. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.verdict import Verdict, tell
from vmha_ocf.model import NodeName, Services


@dataclass(frozen=True, slots=True)
class Surroundings:
    services: Services
    in_maintenance: bool
    """By Pacemaker's word: its node, or the whole cluster."""
    without_storage: Collection[NodeName]
    """Hosts that have lost theirs, by the word of who measures it."""


def hindrance(case: Case, node: NodeName | None, around: Surroundings) -> Verdict | None:
    """``node``: that of its host. None: nothing is in the way."""
    if around.in_maintenance:
        return tell(f"its host is in maintenance; it is restarted when that is over ({node})")
    if case.trouble.kind is Kind.IO_ERROR and node in around.without_storage:
        return tell(f"its host has lost its storage; it is restarted when that is back ({node})")
    return _by_service(case, around.services)


def _by_service(case: Case, services: Services) -> Verdict | None:
    """What is asked of a nova-compute that is down would wait for it, and be done whenever it comes."""
    host = case.instance.host
    found = next((one for one in services if one.host == host), None)
    if found is not None and found.up and not found.forced_down:
        return None
    return tell(f"Nova calls its nova-compute down; it is restarted when that is back ({host})")
