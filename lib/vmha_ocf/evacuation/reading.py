"""What is read of one flagged host: its instances, what is asked about them, and Nova's records.

In this order, wherever a host is read: the records come last, so that between them and a request there is
nothing but the plan. What they do not show, nobody had asked for when the instance was listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import poison, task_states
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.past import PastEvacuations
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation import moving
from vmha_ocf.evacuation.view import Reading
from vmha_ocf.model import Flag, Instance, InstanceId, Move, NovaHost
from vmha_ocf.ports import Ports


class HostReader:
    """``begin``, then ``finish``. What need not be asked each time is kept. Both raise NovaUnavailable,
    NovaDenied."""

    def __init__(self, host: NovaHost, ports: Ports, settings: Settings, cloud: Cloud) -> None:
        self.marks = HostMarks(host, ports, settings, cloud.marks)
        self._host = host
        self._ports = ports
        self._moves = _Moves(ports, settings, cloud.past)
        self._every = settings.relist
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
            marks.excluded,
        )


class _Moves:
    """What Nova had under way is asked for each instance that was on its way, or is in error, and only for
    them: a host's own list holds years of moves."""

    def __init__(self, ports: Ports, settings: Settings, past: PastEvacuations) -> None:
        self._ports = ports
        self._settings = settings
        self._past = past
        self._suspects: poison.Past | None = None
        self._moves: Mapping[InstanceId, Sequence[Move]] = {}
        self._looked_at: Mapping[InstanceId, float] = {}

    def suspects(self, flag: Flag) -> poison.Past:
        """Instances that may be what killed the host. Asked once. Raises NovaUnavailable, NovaDenied:
        nothing is asked for before it is known."""
        if self._suspects is None:
            now = self._ports.clock.now()
            self._suspects = self._past.suspects(flag.evidence.at if flag.evidence else now)
        return self._suspects

    def look_up(self, instances: Sequence[Instance]) -> Mapping[InstanceId, Sequence[Move]]:
        """Of those that are known. Each is asked for again after ``look_again`` seconds.

        What Nova does not tell is missing: nobody evacuates such an instance, and the others of
        its host do not wait for it."""
        now = self._ports.clock.monotonic()
        asked = [
            one for one in instances if task_states.is_moving(one) or moving.may_have_failed(one)
        ]
        ids = {one.id for one in asked}
        self._moves = {one: moves for one, moves in self._moves.items() if one in ids}
        self._looked_at = {one: at for one, at in self._looked_at.items() if one in ids}
        due = [one for one in asked if self._is_due(one, now)]
        if due:
            self._looked_at = {**self._looked_at, **{one.id: now for one in due}}
            answers = zip(due, self._ports.parallel(self._moves_of, due), strict=True)
            found = {one.id: moves for one, moves in answers if moves is not None}
            self._moves = {**self._moves, **found}
        return self._moves

    def _is_due(self, instance: Instance, now: float) -> bool:
        looked_at = self._looked_at.get(instance.id)
        return looked_at is None or now - looked_at >= self._settings.look_again

    def _moves_of(self, instance: Instance) -> Sequence[Move] | None:
        try:
            return self._ports.nova.moves_of(instance)
        except VmhaError:
            return None
