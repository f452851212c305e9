"""Which instances run and do not answer. Pure.

Two are asked: QEMU, by a command to its monitor that changes nothing, and, where that is wanted, the
guest agent. A QEMU that hangs looks running to libvirt for ever. An agent that is silent is a weak sign:
it may be updated, or the guest's file systems are frozen for a backup. So it counts only after it has
answered, for a time, and while nothing moves on the guest's disks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from vmha_ocf.living.guests.down import UNANSWERED, Memory, Trouble
from vmha_ocf.living.guests.states import Control, Kind
from vmha_ocf.model import Epoch, InstanceId, Monotonic

LOST_AFTER = 60.0
"""Seconds that libvirt has no control of a QEMU before it is told."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one running instance. ``control``: libvirt's number; ``waits``: seconds since the command that
    OCCUPIED is about. ``answered``: QEMU has answered a command of ours just now. ``agent``: whether it
    answered; None is not asked, or there is none. ``disk``: a number that moves with each request to a
    disk; None is not known."""

    uuid: InstanceId
    control: int
    waits: float = 0.0
    answered: bool = False
    agent: bool | None = None
    disk: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """What the readings before have said. Seconds of one process; None: never."""

    lost_at: Monotonic | None = None
    agent_at: Monotonic | None = None
    """When the agent answered last."""
    disk: int | None = None
    disk_at: Monotonic | None = None
    """When the disk was seen to move last."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. 0: nobody is asked."""

    hung_after: float = 30.0
    agent_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One time by both clocks."""

    epoch: Epoch
    monotonic: Monotonic


Contacts = Mapping[InstanceId, Contact]


def after_readings(
    memory: Memory, before: Contacts, readings: Iterable[Reading], limits: Limits, now: Moment
) -> tuple[Memory, Contacts]:
    """An instance without a reading keeps what was known of it as long as it runs."""
    contacts = {uuid: one for uuid, one in before.items() if uuid in memory.ran}
    troubles, answered = dict(memory.troubles), set(memory.answered)
    for one in readings:
        known = troubles.get(one.uuid)
        if one.uuid not in memory.ran or (known and known.kind not in UNANSWERED):
            continue
        contact = contacts[one.uuid] = _heard(contacts.get(one.uuid, Contact()), one, now)
        if one.answered:
            answered.add(one.uuid)
        troubles.pop(one.uuid, None)
        if found := _found(one, contact, limits, now):
            seen = one.uuid in answered
            troubles[one.uuid] = _trouble(known, *found, seen=seen, now=now)
    return replace(memory, answered=frozenset(answered), troubles=troubles), contacts


def _trouble(
    known: Trouble | None, kind: Kind, lasted: float, *, seen: bool, now: Moment
) -> Trouble:
    if known and known.kind is kind:
        return known
    return Trouble(kind, Epoch(now.epoch - lasted), seen)


def _heard(before: Contact, reading: Reading, now: Moment) -> Contact:
    at = now.monotonic
    lost = at if before.lost_at is None else before.lost_at
    moved = reading.disk is not None and reading.disk != before.disk
    return Contact(
        lost_at=lost if reading.control == Control.ERROR else None,
        agent_at=at if reading.agent else before.agent_at,
        disk=reading.disk if moved else before.disk,
        disk_at=at if moved else before.disk_at,
    )


def _found(
    reading: Reading, contact: Contact, limits: Limits, now: Moment
) -> tuple[Kind, float] | None:
    """With the seconds that it has lasted."""
    if limits.hung_after and reading.control == Control.OCCUPIED:
        return (Kind.HUNG, reading.waits) if reading.waits >= limits.hung_after else None
    if contact.lost_at is not None and now.monotonic - contact.lost_at >= LOST_AFTER:
        return Kind.UNMANAGEABLE, now.monotonic - contact.lost_at
    if not limits.agent_after or reading.agent is not False or contact.agent_at is None:
        return None
    silent = now.monotonic - max(contact.agent_at, contact.disk_at or contact.agent_at)
    return (Kind.SILENT, silent) if silent >= limits.agent_after else None
