"""The crash points of a scenario: before and after each port call of each agent.

Points that are provably the same run are played once, the earliest for all of them. Two points of one
process are the same if it has changed nothing between them (its calls between them are of ``READS`` and
have used up no fault), and if nobody could tell at which of the two it died:

- a fence agent or a start of NovaCompute: no time has passed and no event has run between them;
- NovaEvacuate's worker: no monitor has looked at it between them. Who is dead and who has only read
  leave the same world behind, and what Pacemaker does about it begins with its next monitor.

The earliest is the strictest: an operator has been told the least by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from vmha_ocf.sim.base.processes import Process
from vmha_ocf.sim.base.scenario import CrashSpec, Scenario
from vmha_ocf.sim.base.tripwire import Wired
from vmha_ocf.sim.play.run import Play, begin

P = TypeVar("P")
WORKER = "NovaEvacuate"
READS = frozenset(
    {
        "attrd.answer", "attrd.values", "cib.each_node_attribute", "cib.node_attributes", "cib.quorate",
        "clock.sleep", "cluster.configuration", "cluster.evacuators", "cluster.nodes", "cluster.quorate",
        "failures.read", "flags.poll", "flags.read",
        "flags.read_for", "flags.storm_release", "holds.read", "traces.read",
        "nova.actions_of", "nova.anything_marked", "nova.evacuations_from", "nova.evacuations_since",
        "nova.image_marks", "nova.instances_on",
        "nova.moves_of", "nova.moves_since", "nova.server_groups", "nova.services", "units.is_active",
        "notes.read", "notes.read_passing", "machine.guests",
    }
)  # fmt: skip
"""Calls without an effect. ``bmc.power`` is none: it proves that a host is off."""


@dataclass(frozen=True)
class Points:
    every: int
    """All of them."""
    classes: Sequence[Sequence[CrashSpec]]
    """Those that are the same run, the earliest first."""


@dataclass
class _Watch:
    """Between all agents and their ports, in a run in which nobody dies."""

    play: Play | None = None
    count: Counter[str] = field(default_factory=Counter)
    effects: Counter[int] = field(default_factory=Counter)
    classes: dict[Hashable, list[CrashSpec]] = field(default_factory=dict)
    seen: dict[int, Process] = field(default_factory=dict)
    """Kept, so that no other one gets its id."""

    def wrap(self, port: P, name: str) -> P:
        return cast(P, Wired(self._call, port, name))

    def _call(self, name: str, effect: Callable[[], Any]) -> Any:
        assert self.play is not None
        current = self.play.processes.current
        assert current is not None
        process = current.root
        self.seen[id(process)] = process
        self.count[name] += 1
        self._note(CrashSpec(name, self.count[name]), process)
        number, before = self.count[name], self._faults()
        if name.partition(".")[2] not in READS:
            self.effects[id(process)] += 1  # Its other threads go on while it is under way.
        try:
            return effect()
        finally:
            if not process.doomed:
                if name.partition(".")[2] not in READS or self._faults() != before:
                    self.effects[id(process)] += 1
                self._note(CrashSpec(name, number, after=True), process)

    def _note(self, point: CrashSpec, process: Process) -> None:
        assert self.play is not None
        now: Hashable = (self.play.world.now, self.play.world.core.timeline.ran)
        if point.call.startswith(WORKER):
            now = self.play.manager.evacuate.looks
        key = (id(process), self.effects[id(process)], now)
        self.classes.setdefault(key, []).append(point)

    def _faults(self) -> Hashable:
        assert self.play is not None
        return tuple((one.times, one.skip) for one in self.play.world.core.faults.active)


def points(scenario: Scenario) -> Points:
    watch = _Watch()
    play = watch.play = begin(scenario, watch.wrap)
    try:
        play.to_its_end()
    finally:
        play.processes.close()
    return Points(sum(map(len, watch.classes.values())), list(watch.classes.values()))
