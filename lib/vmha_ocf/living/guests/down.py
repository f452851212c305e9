"""What is down, from one listing after the other. Pure.

A failure is an edge: an instance that was seen to run in this boot is down, and nobody wanted it. What is
down at the first look is *found*: of the past, as far as anybody here can tell. So switching the watcher
on reports no old wreck as a failure; it names them apart, for whoever knows from Nova that one should
run.

Listings are compared, not events: an event can be lost, while libvirt is away for example, a state
cannot. One event only adds: who has started since the last listing has run, also where it is down again
by the next. An instance that is no longer defined here was deleted or moved, and is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from vmha_ocf.living.guests.states import Domain, Kind, Shutoff, State, Word, judge
from vmha_ocf.model import Epoch, InstanceId


@dataclass(frozen=True, slots=True)
class Trouble:
    """``since``: when it was seen first, by this host's clock; with the instance and the kind it names the
    episode. ``seen``: it happened before our eyes. ``reason``: libvirt's number, while it is off."""

    kind: Kind
    since: Epoch
    seen: bool
    reason: int = -1


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of this boot's instances: which were seen to run, whose QEMU has answered, who is in
    trouble."""

    ran: frozenset[InstanceId] = frozenset()
    answered: frozenset[InstanceId] = frozenset()
    troubles: Mapping[InstanceId, Trouble] = field(default_factory=dict)


_BY_A_WATCHDOG = (Word.OFF, Kind.SHUT_DOWN, Kind.CRASHED)
"""What libvirt may call the end of a guest that its watchdog has switched off."""
UNANSWERED = (Kind.HUNG, Kind.SILENT, Kind.UNMANAGEABLE)
"""What a listing says nothing of: the instance runs all the time."""


def after_look(
    before: Memory, domains: Iterable[Domain], watchdogs: Collection[InstanceId], now: Epoch
) -> Memory:
    """``watchdogs``: whose watchdog has just switched them off, by an event of libvirt's."""
    ran, here = set(), set()
    troubles: dict[InstanceId, Trouble] = {}
    for one in domains:
        if not one.nova:
            continue
        here.add(one.uuid)
        known = before.troubles.get(one.uuid)
        seen = one.uuid in before.ran
        found = judge(one)
        if found in _BY_A_WATCHDOG and seen and one.uuid in watchdogs:
            found = Kind.WATCHDOG  # QEMU 7.2 ends without a word then, which libvirt calls a crash
        trouble = _trouble(one, found, known, seen, now)
        if trouble and (trouble.seen or trouble.kind is not Kind.SHUT_DOWN):
            troubles[one.uuid] = trouble
        if found is Word.RUNS or (seen and (trouble or found is Word.BETWEEN)):
            ran.add(one.uuid)
    return Memory(frozenset(ran), before.answered & here, troubles)


def after_starts(before: Memory, started: Collection[InstanceId]) -> Memory:
    """As if a listing had shown them running: each is well, until the next one says otherwise."""
    troubles = {uuid: one for uuid, one in before.troubles.items() if uuid not in started}
    return replace(before, ran=before.ran | frozenset(started), troubles=troubles)


def _trouble(
    domain: Domain, found: Kind | Word, known: Trouble | None, seen: bool, now: Epoch
) -> Trouble | None:
    if isinstance(found, Kind):
        reason = domain.reason if domain.state == State.SHUTOFF else -1
        if known and (known.kind is found or 0 <= reason == known.reason):
            return known
        return Trouble(found, now, seen, reason)
    if found is Word.RUNS:
        return known if known and known.kind in UNANSWERED else None
    if domain.state == State.SHUTOFF and known:
        return _still(domain, known, now)
    return Trouble(Kind.UNCLEAR, now, True) if found is Word.FORGOTTEN and seen else None


def _still(domain: Domain, known: Trouble, now: Epoch) -> Trouble | None:
    """Off, by somebody's will or forgotten, and in trouble before. What libvirt has forgotten meanwhile is
    as it was; who was only stuck, and is off, is another case."""
    forgotten = domain.reason == Shutoff.UNKNOWN
    if known.reason >= 0:
        return known if forgotten or domain.reason == known.reason else None
    if not forgotten:
        return None
    return known if known.kind is Kind.UNCLEAR else Trouble(Kind.UNCLEAR, now, known.seen)
