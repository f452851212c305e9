"""A person who looks at ``pcs status`` now and again, and types what it says.

What waits for a person has to end when the person does what is shown: a problem with a command that does
not help is no better than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.play.event_kind import Stage
from vmha_ocf.sim.play.events import EVENTS
from vmha_ocf.sim.play.run import Play

PATIENCE = 120.0
"""Seconds that a problem is shown before the person believes it, and before it is answered once more."""
_FENCE = re.compile(r"pcs stonith fence ([\w.-]*\w)")
_RESTART = re.compile(r"^([\w.-]+): .*: systemctl restart nova-compute$")


@dataclass
class Person:
    """``typed``: how often something was."""

    typed: int = 0
    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self, one: Play) -> None:
        now = one.world.now
        asked = dict.fromkeys(_asked(one), now)
        self._since = {what: self._since.get(what, now) for what in asked}
        for what, since in self._since.items():
            if now - since >= PATIENCE:
                self._since[what] = now
                self._do(one, *what)

    def _do(self, one: Play, what: str, name: str) -> None:
        for host in one.world.hosts.values():
            if name == (host.node if what == "fence" else host.name):
                self.typed += 1
                event = EventSpec(one.world.now, what, host=name)
                EVENTS[what].act(Stage(one.world, one.manager), event)


def _asked(one: Play) -> Iterator[tuple[str, str]]:
    """What is to be done, and with whom, as ``pcs status`` says. Who is fenced is a node; of what is killed
    to be restarted Pacemaker starts another one."""
    for problem in one.manager.evacuate.told.problems:
        yield from (("fence", node) for node in _FENCE.findall(problem))
        yield from (("kill_compute", host) for host in _RESTART.findall(problem))
