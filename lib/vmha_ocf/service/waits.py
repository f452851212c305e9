"""What waits for a person: a line of the log at once, and a problem when it has lasted."""

from __future__ import annotations

from vmha_ocf.model import NovaHost
from vmha_ocf.ports import Ports

PATIENCE = 120.0
"""Seconds without progress, after which somebody has to know. A return takes minutes by itself."""


class Waits:
    """``problems``: one sentence for each host, as long as it waits and is looked at."""

    def __init__(self, ports: Ports) -> None:
        self.problems: dict[NovaHost, str] = {}
        self._ports = ports
        self._since: dict[NovaHost, tuple[str, float]] = {}
        """What each waits for, and since when: other words are progress."""

    def note(self, host: NovaHost, line: str, *, patience: float | None = PATIENCE) -> None:
        """``patience``: seconds until it is a problem; None while nobody need know."""
        now = self._ports.clock.monotonic()
        said, since = self._since.get(host, ("", now))
        if said != line:
            self._ports.say(line)
            since = now
        if patience is None:
            since = now
        self._since[host] = line, since
        if patience is not None and now - since >= patience:
            self.problems[host] = line
        else:
            self.problems.pop(host, None)

    def over(self, host: NovaHost) -> None:
        self.problems.pop(host, None)
        self._since.pop(host, None)
