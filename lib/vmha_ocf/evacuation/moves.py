"""Where the instances of one host have been, and where they were going when it died.

What Nova had under way is asked for each instance that was on its way, and only for them: a host's own
list holds years of moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmha_ocf.agent.policy import Policy
from vmha_ocf.cloud import poison, task_states
from vmha_ocf.cloud.past import PastEvacuations
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import Flag, Instance, InstanceId, Move
from vmha_ocf.ports import Ports


class HostMoves:
    def __init__(self, ports: Ports, policy: Policy, past: PastEvacuations) -> None:
        self._ports = ports
        self._policy = policy
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
        moving = [one for one in instances if task_states.is_moving(one)]
        ids = {one.id for one in moving}
        self._moves = {one: moves for one, moves in self._moves.items() if one in ids}
        self._looked_at = {one: at for one, at in self._looked_at.items() if one in ids}
        due = [one for one in moving if self._is_due(one, now)]
        if due:
            self._looked_at = {**self._looked_at, **{one.id: now for one in due}}
            answers = zip(due, self._ports.parallel(self._moves_of, due), strict=True)
            found = {one.id: moves for one, moves in answers if moves is not None}
            self._moves = {**self._moves, **found}
        return self._moves

    def _is_due(self, instance: Instance, now: float) -> bool:
        looked_at = self._looked_at.get(instance.id)
        return looked_at is None or now - looked_at >= self._policy.look_again

    def _moves_of(self, instance: Instance) -> Sequence[Move] | None:
        try:
            return self._ports.nova.moves_of(instance)
        except VmhaError:
            return None
