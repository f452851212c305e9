"""What is read of one flagged host: its instances, what is asked about them, and Nova's records.

In this order, wherever a host is read: the records come last, so that between them and a request there is
nothing but the plan. What they do not show, nobody had asked for when the instance was listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.policy import Policy
from vmha_ocf.cloud import poison, tagging
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.evacuation.moves import HostMoves
from vmha_ocf.model import Evacuation, Flag, Instance, InstanceId, Move, NovaHost
from vmha_ocf.ports import Ports


@dataclass(frozen=True, slots=True)
class Reading:
    instances: Sequence[Instance]
    fresh: bool
    """They were listed for this reading."""
    evacuations: Sequence[Evacuation]
    images: tagging.ImageMarks
    anything_marked: bool | None
    moves: Mapping[InstanceId, Sequence[Move]]
    suspects: poison.Past

    @property
    def listed(self) -> Collection[InstanceId]:
        return {one.id for one in self.instances}


class HostReader:
    """``begin``, then ``finish``. What need not be asked each time is kept. Both raise NovaUnavailable,
    NovaDenied."""

    def __init__(self, host: NovaHost, ports: Ports, policy: Policy, cloud: Cloud) -> None:
        self.marks = HostMarks(host, ports, policy, cloud.marks)
        self._host = host
        self._ports = ports
        self._moves = HostMoves(ports, policy, cloud.past)
        self._every = policy.relist
        self._instances: Sequence[Instance] = ()
        self._listed_at: float | None = None
        self._fresh = False

    def list_again(self) -> None:
        """What was listed is of the past."""
        self._listed_at = None

    def begin(
        self,
        *,
        anew: bool = False,
        also: Iterable[Instance] = (),
        takes_untagged: bool = False,
    ) -> Sequence[Instance] | None:
        """The instances, if it was their time or ``anew``, and their marks. ``also``: others that are to be
        looked up; ``takes_untagged``: that what carries no mark is ours was decided before.

        Answers with what was listed; None if nothing was."""
        now = self._ports.clock.monotonic()
        due = self._listed_at is None or now - self._listed_at >= self._every
        self._fresh = anew or due
        if self._fresh:
            self._instances = self._ports.nova.instances_on(self._host)
            self._listed_at = now
        self.marks.look_up([*self._instances, *also], takes_untagged=takes_untagged)
        return self._instances if self._fresh else None

    def finish(self, flag: Flag) -> Reading:
        moves = self._moves.look_up(self._instances)
        suspects = self._moves.suspects(flag) if self._instances else {}
        evacuations = self._ports.nova.evacuations_from(self._host)
        marks = self.marks
        return Reading(
            self._instances,
            self._fresh,
            evacuations,
            marks.images,
            marks.anything_marked,
            moves,
            suspects,
        )
