"""How long an answer takes, so that others act between two calls of an agent.

Half of it passes before the call has its effect, the rest before its answer is heard. Only processes
wait: what Pacemaker does as an event of its own (a probe, a location rule) is an instant.

    Latency()                                  the default weather: the same for each call of a port
    Latency(kind="none")                       a kind world: nobody acts between two calls
    Latency(kind="random", seed=7)             from ``least`` to ``most``, by the number of the call
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

NONE, FIXED, RANDOM = KINDS = ("none", "fixed", "random")
_WRITES = frozenset({"update_service", "evacuate", "reset_to_error", "stop"})


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds. Ports that are not named here answer at once, or as ``random`` says."""

    kind: str = FIXED
    nova_read: float = 0.3
    nova_write: float = 0.5
    attrd: float = 0.05
    cib: float = 0.1
    cluster: float = 0.15
    bmc: float = 0.2
    least: float = 0.05
    """Of ``random``."""
    most: float = 2.0
    seed: int = 0


@dataclass
class Delays:
    """Draws from a Latency. The same world draws the same."""

    latency: Latency
    _random: Random = field(init=False)
    _fixed: dict[str, float] = field(init=False)
    _halves: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """Of ``fixed``, by what was asked before: that is asked for millions of times."""

    def __post_init__(self) -> None:
        one = self.latency
        self._random = Random(one.seed)
        self._fixed = {
            "attrd": one.attrd,
            "cib": one.cib,
            "cluster": one.cluster,
            "bmc": one.bmc,
        }

    @property
    def none(self) -> bool:
        return self.latency.kind == NONE

    def of(self, port: str, method: str) -> tuple[float, float]:
        """Before the effect, and after it."""
        if self.latency.kind == FIXED:
            return self._halves.get((port, method)) or self._halved(port, method)
        if self.latency.kind == RANDOM and (port in self._fixed or port == "nova"):
            return self._drawn()
        return 0.0, 0.0

    def _halved(self, port: str, method: str) -> tuple[float, float]:
        half = self._of(port, method) / 2
        self._halves[port, method] = half, half
        return half, half

    def _of(self, port: str, method: str) -> float:
        if port == "nova":
            return self.latency.nova_write if method in _WRITES else self.latency.nova_read
        return self._fixed.get(port, 0.0)

    def _drawn(self) -> tuple[float, float]:
        """Most answers are quick: each power of ten is as likely as another."""
        least, most = self.latency.least, self.latency.most
        whole = least * (most / least) ** self._random.random()
        before = whole * self._random.random()
        return before, whole - before
