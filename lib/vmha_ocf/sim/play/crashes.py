"""Agents that are killed at one of their port calls, as a scenario says.

[[crash]]
call = "NovaEvacuate.nova.evacuate"
number = 3
after = true

Calls of attrd and the CIB are those within a call of the flags: a flag is two records, and who writes it
may die between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from vmha_ocf.sim.base.faults import METHODS
from vmha_ocf.sim.base.scenario import CrashSpec
from vmha_ocf.sim.base.tripwire import Died, Wired

P = TypeVar("P")
_FLAGS = ("clock.sleep", "attrd.values", "attrd.update", "cib.each_node_attribute", "cib.quorate")
_PORTS = {
    "NovaEvacuate": (
        *_FLAGS,
        "attrd.answer",
        "cib.node_attributes",
        "cib.delete_node_attribute",
        "cib.set_node_attribute",
        "cluster.nodes",
        "cluster.configuration",
        "cluster.evacuators",
        "cluster.fence",
        "cluster.quorate",
        "flags.read",
        "flags.poll",
        "flags.write",
        "flags.clear",
        "flags.storm_release",
        "flags.date_storm_release",
        "failures.read",
        "failures.note",
        "flags.end_storm_release",
        "holds.read",
        "traces.read",
        "traces.write",
        "traces.remove",
        "notes.read",
        "notes.read_passing",
        "notes.write",
        "notes.write_passing",
        "notes.remove",
        *(f"nova.{method}" for method in sorted(METHODS["nova"])),
    ),
    "fence_compute": (
        *_FLAGS,
        "cib.set_node_attribute",
        "flags.write",
        *(f"bmc.{method}" for method in sorted(METHODS["bmc"])),
    ),
    "NovaCompute": (
        "clock.sleep",
        "attrd.values",
        "cib.each_node_attribute",
        "flags.read_for",
        "machine.guests",
        "machine.note_boot",
        "machine.note_served",
        "machine.note_guests",
        "units.is_active",
        "units.start",
    ),
}
CALLS = tuple(f"{agent}.{call}" for agent, calls in _PORTS.items() for call in calls)
"""What an agent may be killed at."""


class Crashes:
    """Between all agents and their ports; ``wrap`` is the Wrap of a run."""

    def __init__(self, specs: Iterable[CrashSpec]) -> None:
        self._due = {(one.call, one.number): one for one in specs}
        self._count = Counter[str]()
        self.struck: list[CrashSpec] = []

    def wrap(self, port: P, name: str) -> P:
        return cast(P, Wired(self._call, port, name)) if self._due else port

    def _call(self, name: str, effect: Callable[[], Any]) -> Any:
        self._count[name] += 1
        due = self._due.get((name, self._count[name]))
        if due is None:
            return effect()
        self.struck.append(due)
        if not due.after:
            raise Died(f"before {name}")
        try:
            return effect()
        finally:
            # Also where the call failed: nobody lives to see the error.
            raise Died(f"after {name}")
