"""Whether anything in the cloud carries a mark: asked once for all hosts, and only if somebody wonders."""

from __future__ import annotations

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.ports import Ports

_KEPT = 300.0
"""Seconds that an answer serves. Whoever has heard it keeps it until its evacuation is over."""


class CloudMarks:
    """One for all hosts, whose rounds may be on threads of their own."""

    def __init__(self, ports: Ports, settings: Settings, in_force: InForce) -> None:
        self.in_force = in_force
        """The policy, which says who is excluded."""
        self._ports = ports
        self._names = settings.marks.all_names
        self._answer: bool | None = None
        self._asked_at = 0.0
        self._lock = ports.lock()

    def anything(self) -> bool:
        """Raises NovaUnavailable, NovaDenied."""
        with self._lock:
            now = self._ports.clock.monotonic()
            if self._answer is None or now - self._asked_at >= _KEPT:
                self._answer = self._ports.nova.anything_marked(self._names)
                self._asked_at = now
            return self._answer
