"""What ails an instance or a process of a host that lives, from its failure to its end: the turns that the
worker tells, and what they add up to. Pure. Times in seconds since the epoch, by the clock of the
controller that tells, but ``since``.

A turn may be told again, by the next worker or by the same one: told twice it counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from vmha_ocf.model import LOST, Ailing, Epoch, InstanceId, Patient, Turn


class What(Enum):
    """Whose ailment it is."""

    INSTANCE = "instance"
    PROCESS = "process"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Ailment:
    patient: Patient
    kind: str
    since: Epoch
    """By the clock of its host."""
    began: Epoch
    """The earlier one of ``since`` and of when it was first told of."""
    turns: Mapping[Turn, Epoch] = field(default_factory=dict)
    """When each was taken first."""
    attempt: int = 0
    """The how manieth restart, of those that count; 0 is not known."""
    told: str = ""
    """What a person has to know, as long as that stands."""
    outcome: str = ""
    """How it ended, where that is not plain."""

    @property
    def what(self) -> What:
        if self.patient.instance is not None:
            return What.INSTANCE
        return What.NETWORK if self.kind == LOST else What.PROCESS

    @property
    def id(self) -> str:
        patient = self.patient
        return f"{patient.instance or f'{patient.host}:{patient.name}'}@{int(self.since)}"

    @property
    def ended(self) -> bool:
        return Turn.HEALED in self.turns or Turn.ENDED in self.turns

    @property
    def state(self) -> str:
        """One word: failed, restarting, moving, told (it waits for a person), ended."""
        if self.ended:
            return "ended"
        if self.told:
            return "told"
        if Turn.MOVING in self.turns:
            return "moving"
        return "restarting" if Turn.ASKED in self.turns else "failed"

    @property
    def recovery(self) -> float | None:
        """Seconds from the failure until it was seen well again; None as long as it was not."""
        healed = self.turns.get(Turn.HEALED)
        return None if healed is None else round(max(0.0, healed - self.began), 3)


def opens(event: Ailing) -> bool:
    return event.turn is Turn.FAILED


def opened(event: Ailing) -> Ailment:
    began = min(event.since, event.at)
    return advance(Ailment(event.patient, event.kind, event.since, began), event)


def goes_on(ailment: Ailment, event: Ailing) -> bool:
    """Whether this turn is one of this ailment. The instance, the kind and since when name it; of a process
    every worker sees for itself since when, and it can have but one of a kind at a time."""
    if event.patient.instance is None:
        mine, its = ailment.patient, event.patient
        same = (mine.host, mine.name, ailment.kind) == (its.host, its.name, event.kind)
        return same and mine.instance is None and not ailment.ended
    return (ailment.patient.instance, ailment.kind, ailment.since) == (
        event.patient.instance,
        event.kind,
        event.since,
    )


def advance(ailment: Ailment, event: Ailing) -> Ailment:
    """The ailment after one more turn of it; equal to it if that says nothing new."""
    if Turn.HEALED in ailment.turns:
        return ailment
    return _EFFECTS[event.turn](ailment, event)


def is_news(before: Ailment | None, after: Ailment) -> bool:
    """Whether people want to be told: not of other words for what is known."""
    if before is None:
        return True
    return before.turns != after.turns or bool(after.told) > bool(before.told)


def _failed(ailment: Ailment, event: Ailing) -> Ailment:
    """What was taken for ended goes on."""
    left = dict(ailment.turns)
    left.pop(Turn.ENDED, None)
    return _reached(replace(ailment, turns=left, outcome=""), event)


def _asked(ailment: Ailment, event: Ailing) -> Ailment:
    """What was told before it is settled."""
    if Turn.ASKED in ailment.turns:
        return ailment
    return _reached(replace(ailment, told="", attempt=event.attempt), event)


def _moving(ailment: Ailment, event: Ailing) -> Ailment:
    """As a restart. What stands in its way is told later."""
    if Turn.MOVING in ailment.turns:
        return ailment
    return _reached(replace(ailment, told=""), event)


def _told(ailment: Ailment, event: Ailing) -> Ailment:
    return _reached(replace(ailment, told=event.detail), event)


def _over(ailment: Ailment, event: Ailing) -> Ailment:
    if ailment.ended:
        return ailment
    return _reached(replace(ailment, outcome=event.detail), event)


def _reached(ailment: Ailment, event: Ailing) -> Ailment:
    if event.turn in ailment.turns:
        return ailment
    return replace(ailment, turns={**ailment.turns, event.turn: event.at})


_EFFECTS: Mapping[Turn, Callable[[Ailment, Ailing], Ailment]] = {
    Turn.FAILED: _failed,
    Turn.ASKED: _asked,
    Turn.MOVING: _moving,
    Turn.TOLD: _told,
    Turn.HEALED: _over,
    Turn.ENDED: _over,
}


def names(ailment: Ailment) -> Mapping[InstanceId, str]:
    """The instance that it is about, and its name."""
    patient = ailment.patient
    return {} if patient.instance is None else {patient.instance: patient.name}
