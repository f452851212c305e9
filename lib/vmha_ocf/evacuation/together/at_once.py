"""The same step for several hosts at once, on threads; what one of them cannot do is its own problem."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from vmha_ocf.errors import NovaDenied, NovaUnavailable, VmhaError
from vmha_ocf.evacuation.host import HostRound
from vmha_ocf.model import NovaHost
from vmha_ocf.ports import Ports

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Late:
    """It has not begun: the step has taken long enough."""


class AtOnce:
    """One round after another: ``begin``, then ``run`` for each step of it."""

    def __init__(self, ports: Ports, longest: float) -> None:
        self.waiting: dict[NovaHost, VmhaError] = {}
        """The hosts that Nova does not answer for, and what it was."""
        self.tried: dict[NovaHost, float] = {}
        """When each was last looked at."""
        self._ports = ports
        self._longest = longest

    def begin(self, hosts: Collection[NovaHost]) -> None:
        """``hosts``: those that are flagged."""
        self.tried = {host: at for host, at in self.tried.items() if host in hosts}

    def only(self, hosts: Collection[NovaHost]) -> None:
        """Nobody waits for Nova but these: somebody has dropped the flags of the others."""
        self.waiting = {host: error for host, error in self.waiting.items() if host in hosts}

    def run(
        self,
        action: Callable[[HostRound], R],
        hosts: Sequence[HostRound],
    ) -> Sequence[tuple[HostRound, R]]:
        """Those that could, in their order, each with its answer. Whom the round leaves to the next one
        comes before them then.

        Each step has a time of its own. Were it the round's, nothing would be asked for in any round where
        to look takes that long, and nobody looked at where another host's step does."""
        if not hosts:  # As in most rounds.
            return ()
        end = self._now() + self._longest
        answers = self._ports.parallel(partial(self._try, action, end), hosts)
        done = []
        for host, answer in zip(hosts, answers, strict=True):
            if isinstance(answer, VmhaError):
                self._failed(host, answer)
            elif not isinstance(answer, _Late):
                self.waiting.pop(host.host, None)
                host.problems.pop("round", None)
                done.append((host, answer))
        if any(isinstance(answer, _Late) for answer in answers):
            self.tried |= dict.fromkeys((host.host for host, _ in done), self._now())
        return done

    def _now(self) -> float:
        return self._ports.clock.monotonic()

    def _try(
        self, action: Callable[[HostRound], R], end: float, host: HostRound
    ) -> R | VmhaError | _Late:
        """On a thread of its own."""
        if self._now() >= end:
            return _Late()
        try:
            return action(host)
        except VmhaError as error:
            return error

    def _failed(self, host: HostRound, error: VmhaError) -> None:
        self.tried[host.host] = self._now()
        if isinstance(error, NovaUnavailable | NovaDenied):
            self.waiting[host.host] = error
        else:
            host.problems["round"] = f"{host.host}: {error}"

    @property
    def problem(self) -> str:
        """None ("") while Nova answers for all of them."""
        if not self.waiting:
            return ""
        host, error = next(iter(self.waiting.items()))
        others = f" (and {len(self.waiting) - 1} more)" if len(self.waiting) > 1 else ""
        return f"{host} is waiting: {error}{others}"
