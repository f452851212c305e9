"""What our attempts have made of instances that stayed on their host, and how each is put back. Pure.

Nova calls an instance an ERROR when it finds no host for it, and keeps it so when its host returns: no
guest is started, whatever it was before. Where the flag was given up, that would be our damage for
ever. What an instance was is noted in the trace before it is asked for first, if it was not active; what
was asked for without a note was. A note is not made twice: after the first attempt Nova's word is ours.

On its own host, with its disk there, an instance in error is rebooted hard, which makes its guest anew
and ends as active, or it is stopped. That is asked for once, and is as safe as the next attempt to
evacuate it would have been: nothing is in flight, and nobody but that host has it. Where an attempt had
begun on another host, that one may run it: a person looks first.

Where nova-compute of its host is started past the gate, Nova calls an attempt completed that another host
works on still. If that one dies before it is done, the instance stays as it was being rebuilt, until the
next start turns it to error, and no record tells why. So what has stayed in spite of such a record is
noted before the flag is done.

A host may fail once more while some of that is left. By Nova's word it was in error before this failure,
and yet it is our damage: it is noted as such, and told when the host is back with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from vmha_ocf.cloud import records, task_states
from vmha_ocf.cloud.records import Found, Off
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.model import Evacuation, Instance, InstanceId, NovaHost
from vmha_ocf.service.trace import Trace, is_legible_state

STOPPED = "stopped"
ASKED = "asked"
"""Noted in the place of what it was, before it is put back."""
LEFT = "left"
"""Noted in the place of what it was, where its error is of an attempt in an earlier failure."""


CUT_SHORT = "cut-short"
"""Noted in the place of what it was, where its host has called an attempt completed, and has it still."""
_COMPLETED = "completed"
_IN_VAIN = records.LOST | {_COMPLETED}
"""The attempts at an instance that is on its host still."""
_SINCE = {ASKED: "was asked to be put back", CUT_SHORT: "its own host was started meanwhile"}


class Way(Enum):
    REBOOT = "reboot"
    """It ran."""
    STOP = "stop"
    WAIT = "wait"
    """Something is under way for it."""
    TELL = "tell"
    """It cannot be what it was, or was asked for already: its owner, or an operator, decides."""


@dataclass(frozen=True, slots=True)
class Damaged:
    instance: Instance
    way: Way
    was: str
    tried_on: NovaHost | None = None
    """Where an attempt failed that had begun there, perhaps after its guest was started: Nova does not
    take that back if nova-compute of the source starts meanwhile."""

    @property
    def told(self) -> str:
        """For a person, with the command that helps."""
        name = self.instance.name or self.instance.id
        if self.was == LEFT:
            return (
                f"{name} is in error since we tried to evacuate it in an earlier failure; if it runs "
                f"nowhere: openstack server reboot --hard {self.instance.id}"
            )
        if task_states.is_rebuilding(self.instance):
            there = self.tried_on or "another host"
            return (
                f"{name} stays {self.instance.task_state} since {there} failed to take it; if it does not "
                f"run there: openstack server set --state error {self.instance.id}"
            )
        since = _SINCE.get(self.was, f"was {self.was} before")
        if self.tried_on is not None:
            return (
                f"{name} is in error since {self.tried_on} failed to take it ({since}); if it does not run "
                f"there: openstack server reboot --hard {self.instance.id}"
            )
        return (
            f"{name} is in error since we tried to evacuate it ({since}): "
            f"openstack server reboot --hard {self.instance.id}"
        )


def to_note(asked: Iterable[Instance], found: Found, trace: Trace) -> Mapping[InstanceId, str]:
    """What is to be noted before these instances are asked for."""
    states = {one.id: _state(one) for one in asked if one.id not in trace.was}
    return {
        one: state
        for one, state in states.items()
        if state != "active"
        and is_legible_state(state)
        and not any(_is_new(each, trace) for each in found.get(one, ()))
    }


def cut_short(
    instances: Iterable[Instance], found: Found, trace: Trace
) -> Mapping[InstanceId, str]:
    """What is to be noted when the evacuation is over, of the instances that are on their host still."""
    newest = ((one.id, _newest(found.get(one.id, ()), trace)) for one in instances)
    stayed = (one for one, last in newest if last is not None and last.status == _COMPLETED)
    return {one: CUT_SHORT for one in stayed if trace.was.get(one, STOPPED) == STOPPED}


def still_left(
    instances: Iterable[Instance], found: Found, trace: Trace
) -> Mapping[InstanceId, str]:
    """What is to be noted when a host that has returned from the failure of ``trace`` fails again."""
    return {
        one.id: LEFT
        for one in instances
        if is_broken(one, trace) and _was(one, found.get(one.id, ()), trace) is not None
    }


def _state(one: Instance) -> str:
    """What its owner had asked for counts, although it had not come to it."""
    return STOPPED if task_states.wants_off(one) else one.vm_state


def stopped_elsewhere(
    trace: Trace, found: Found, known: Collection[InstanceId]
) -> Mapping[InstanceId, NovaHost]:
    """What was off, and an attempt has moved, with where it is now; without those that are ``known``."""
    noted = (one for one, state in trace.was.items() if state == STOPPED and one not in known)
    newest = {one: found[one][0] for one in noted if found.get(one)}
    return {
        one: each.dest
        for one, each in newest.items()
        if each.status == "done" and each.dest is not None
    }


def of_ours(
    instances: Iterable[Instance],
    choices: Mapping[InstanceId, Choice],
    found: Found,
    off: Off,
    trace: Trace,
) -> Sequence[Damaged]:
    """The instances listed on their returned host that our attempts have turned to error."""
    left = []
    for one in instances:
        was = _was(one, found.get(one.id, ()), trace)
        choice = choices.get(one.id, Choice.UNKNOWN)
        if is_broken(one, trace) and was is not None and choice is not Choice.OPTED_OUT:
            tried_on = _tried_on(found.get(one.id, ()), trace)
            way = _way(one, was, found.get(one.id, ()), off, choice)
            if way is Way.REBOOT and tried_on is not None:
                way = Way.TELL
            left.append(Damaged(one, way, was, tried_on))
    return left


def is_broken(one: Instance, trace: Trace) -> bool:
    """As far as Nova shows it: whoever made it so."""
    return one.vm_state == "error" or _is_stuck(one, trace.was.get(one.id, ""))


def _is_stuck(one: Instance, was: str) -> bool:
    """Nobody goes on with it. Its task_state would keep its owner's reboot away, too."""
    return was == CUT_SHORT and task_states.is_rebuilding(one)


def may_be_some(found: Found, trace: Trace) -> bool:
    """Whether the instances have to be listed at all."""
    attempts = (_newest(each, trace) for each in found.values())
    return any(one is not None and one.status in records.LOST for one in attempts) or any(
        _was_reset(state) for state in trace.was.values()
    )


def _was(one: Instance, found: Sequence[Evacuation], trace: Trace) -> str | None:
    """What it was before us; None where its error is not of our making."""
    noted = trace.was.get(one.id)
    if noted == "error":
        return None
    newest = _newest(found, trace)
    if newest is not None and newest.status in records.LOST:
        return noted or "active"
    return noted if noted is not None and _was_reset(noted) else None


def _newest(found: Sequence[Evacuation], trace: Trace) -> Evacuation | None:
    newest = found[0] if found else None
    return newest if newest is not None and _is_new(newest, trace) else None


def _is_new(record: Evacuation, trace: Trace) -> bool:
    """Made since the host failed."""
    if trace.records is not None:
        return record.id > trace.records
    return records.is_since(record, trace.incident)


def _tried_on(found: Sequence[Evacuation], trace: Trace) -> NovaHost | None:
    vain = (one for one in found if one.status in _IN_VAIN and _is_new(one, trace))
    return next((one.dest for one in vain if one.dest is not None), None)


def _was_reset(noted: str) -> bool:
    """Paused, suspended, rescued: to evacuate it we had to call it an error ourselves."""
    return noted not in ("error", STOPPED)


def _way(one: Instance, was: str, found: Sequence[Evacuation], off: Off, choice: Choice) -> Way:
    is_waited_for = one.task_state is not None and not _is_stuck(one, was)
    if is_waited_for or any(records.at_work(found, off)):
        return Way.WAIT
    if choice is not Choice.EVACUATE:
        return Way.TELL
    return {"active": Way.REBOOT, STOPPED: Way.STOP}.get(was, Way.TELL)
