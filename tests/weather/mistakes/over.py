"""A port with a mistake in it, and how it comes between an agent and the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from vmha_ocf.sim.base.tripwire import Wrap

P = TypeVar("P")
Mistake = Callable[[Any, Any], Any]
"""Makes the port that has it, from the right one and the clock of its process."""


class Over:
    """A port as it is, but for what a subclass does in another way. One for each process, as what a
    program keeps in its memory is."""

    def __init__(self, port: Any, clock: Any) -> None:
        self._port = port
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def at(where: str, mistake: Mistake) -> Wrap:
    """``where``: the ports' names, such as ``NovaEvacuate.nova``."""
    ports = where.split()
    clocks: dict[str, Any] = {}

    def wrap(port: P, here: str) -> P:
        agent, _, which = here.partition(".")
        if which == "clock":
            clocks[agent] = port
        return cast(P, mistake(port, clocks.get(agent))) if here in ports else port

    return wrap
