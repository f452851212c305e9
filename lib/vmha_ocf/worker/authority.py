"""Whether this worker is the one that may act: asked of Pacemaker in each round. Not knowing is no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vmha_ocf.agent.ahead import Question
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation import acting
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock, Cluster


class Authority:
    """``problem`` is for people, "" if there is none."""

    def __init__(self, cluster: Cluster, clock: Clock, me: str) -> None:
        self.problem = ""
        self.quorum = Question(cluster.quorate)
        self._evacuators = Question(cluster.evacuators)
        self._clock = clock
        self._me = NodeName(me)
        self._asked_at: float | None = None

    def questions(self, every: float) -> Sequence[Question[Any]]:
        """What a look would ask now."""
        return () if self._is_good(every) else (self._evacuators, self.quorum)

    def look(self, every: float) -> bool:
        """At who runs NovaEvacuate. A yes is good for ``every`` seconds: what comes between is caught
        by the quorum and the claim, which are read before each request."""
        if self._is_good(every):
            return True
        now = self._clock.monotonic()
        self._asked_at = None
        try:
            evacuators = self._evacuators()
            turn = acting.judge(self._me, evacuators, quorate=self.quorum())
        except VmhaError as error:
            turn = acting.Turn(False, f"who runs NovaEvacuate is not known: {error}")
        self.problem = turn.problem
        if turn.mine:
            self._asked_at = now
        return turn.mine

    def has_quorum(self) -> bool:
        """Asked right before a request. Raises ClusterUnavailable."""
        return self.quorum()

    def _is_good(self, every: float) -> bool:
        return self._asked_at is not None and self._clock.monotonic() - self._asked_at < every
