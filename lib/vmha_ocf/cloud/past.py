"""The evacuations of the last hour off all hosts: asked for once for all that have failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import poison
from vmha_ocf.model import Evacuation
from vmha_ocf.ports import Ports

_KEPT = 5.0
"""Seconds that an answer serves the hosts that fail together."""
_EARLIER = 600.0
"""Seconds that one host may have been proved to be off before another one that asked first."""


@dataclass(frozen=True, slots=True)
class _Answer:
    since: float
    asked_at: float
    evacuations: Sequence[Evacuation]


class PastEvacuations:
    """One for all hosts, whose rounds may be on threads of their own."""

    def __init__(self, ports: Ports, settings: Settings) -> None:
        self._ports = ports
        self._window = settings.poison_window
        self._answer: _Answer | None = None
        self._lock = ports.lock()

    def suspects(self, until: float) -> poison.Past:
        """On a host that was proved to be off at ``until``, in seconds since the epoch.

        What is older than that does not change: it is enough to ask once. Raises NovaUnavailable,
        NovaDenied."""
        if not self._window:
            return {}
        with self._lock:
            found = self._since(until - self._window)
        return poison.suspects(found, until=until, window=self._window)

    def _since(self, at: float) -> Sequence[Evacuation]:
        now = self._ports.clock.monotonic()
        known = self._answer
        if known is None or known.since > at or now - known.asked_at >= _KEPT:
            since = at - _EARLIER
            known = _Answer(since, now, self._ports.nova.evacuations_since(since))
            self._answer = known
        return known.evacuations
