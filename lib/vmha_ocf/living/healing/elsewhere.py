"""Who moves instances off their host, as those see it that are to be moved for their own failure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.episode import Episode
from vmha_ocf.living.healing.verdict import Verdict
from vmha_ocf.model import Action, InstanceId, NodeName, NovaHost, Turn

Judge = Callable[[Case, Sequence[Action]], Verdict]
"""By what was asked of one, whether it is to be moved."""


@dataclass(frozen=True, slots=True)
class Turned:
    """How far the move for an episode is."""

    episode: Episode
    turn: Turn
    detail: str = ""


class Elsewhere(Protocol):
    @property
    def told(self) -> Mapping[InstanceId, str]: ...
    @property
    def pause(self) -> float:
        """Seconds after which to look again."""

    @property
    def open(self) -> Mapping[InstanceId, Episode]:
        """What was begun, and is not over."""

    @property
    def is_busy(self) -> bool:
        """There is something to look at, or still to be forgotten."""

    def is_noted(self, attributes: Mapping[str, str]) -> bool:
        """A node with these permanent attributes has something that was begun."""

    def recall(self) -> None: ...
    def look(
        self, flagged: Collection[NovaHost], down: Collection[InstanceId]
    ) -> Sequence[Turned]: ...
    def begin(
        self, cases: Sequence[Case], node_of: Callable[[NovaHost], NodeName | None], judge: Judge
    ) -> Mapping[Episode, Verdict]: ...
