"""What happens to the cluster and around it: controllers, Pacemaker, operators, and what fails by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from vmha_ocf.sim.base.faults import METHODS, NAMES
from vmha_ocf.sim.base.scenario import CrashSpec, EventSpec, FaultSpec
from vmha_ocf.sim.play.crashes import CALLS

_POINTS = ("kill_worker", "kill_worker", "lose_dc", "release_storm")
CLUSTER = frozenset(
    {
        "kill_controller", "start_controller", "stop_cluster", "shut_down_cluster", "start_cluster",
        "maintenance_on", "maintenance_off",
    }
)  # fmt: skip
"""What ``Controllers`` follows."""
_HOSTS_OWN = ("bmc", "units")
"""Faults that belong to stories of hosts."""
_FENCE = "fence"
"""What no seed's policy asks for: it has no networks."""

_CALLS = [one for one in CALLS if not one.endswith(f".{_FENCE}")]


@dataclass
class Controllers:
    """Whoever is killed lives, and whoever is started is dead."""

    up: dict[str, bool]
    maintenance: bool = False

    def next(self, random: Random, time: float) -> EventSpec:
        living = [name for name, up in self.up.items() if up]
        dead = [name for name, up in self.up.items() if not up]
        can = ["maintenance_off" if self.maintenance else "maintenance_on"]
        can += ["kill_controller", "stop_cluster"] if living else []
        can += ["start_controller", "start_controller", "start_cluster"] if dead else []
        do = random.choice(can)
        if do == "stop_cluster" and random.random() < 0.5:
            do = "shut_down_cluster"
        one = random.choice(living if do == "kill_controller" else dead or [""])
        return self.did(EventSpec(time, do, controller=one if do.endswith("controller") else ""))

    def did(self, event: EventSpec) -> EventSpec:
        match event.do:
            case "kill_controller" | "start_controller":
                self.up[event.controller] = event.do.startswith("start")
            case "stop_cluster" | "shut_down_cluster" | "start_cluster":
                self.up = dict.fromkeys(self.up, event.do.startswith("start"))
            case _:
                self.maintenance = event.do == "maintenance_on"
        return event

    def repaired(self, time: float) -> Iterator[EventSpec]:
        if not all(self.up.values()):
            yield EventSpec(time, "start_cluster")
        if self.maintenance:
            yield EventSpec(time, "maintenance_off")


def around(
    random: Random, controllers: Sequence[str], since: float, until: float
) -> Iterator[EventSpec]:
    """At the end all controllers are up, and Pacemaker decides."""
    state = Controllers(dict.fromkeys(controllers, True))
    troubled = random.random() < 0.35
    times = (random.uniform(since, until) for _ in range(random.randint(1, 6) if troubled else 0))
    for time in sorted(times):
        yield state.next(random, round(time, 1))
    yield from state.repaired(until)
    for _ in range(random.choice([0, 0, 1, 1, 2, 4])):
        yield EventSpec(round(random.uniform(since, until), 1), random.choice(_POINTS))


def faults(
    random: Random, hosts: Sequence[str], moments: Sequence[float], until: float
) -> Iterator[FaultSpec]:
    """Any of those by name that no BMC and no unit is part of, mostly soon after one of the moments."""
    known = [(where, what) for where in NAMES if where not in _HOSTS_OWN for what in NAMES[where]]
    for _ in range(random.choice([0, 1, 1, 2, 3, 5])):
        where, what = random.choice(known)
        if where == "clock":
            yield _clock(random, what, until)
            continue
        soon = random.choice([0.0, 10.0, 15.0, 40.0, 100.0])
        begins = round(min(until - 1, random.choice(moments) + random.uniform(0, soon)), 1)
        ends = min(until, begins + random.choice([1.0, 15.0, 60.0, 120.0]))
        yield FaultSpec(
            _place(random, where, what),
            what,
            times=random.choice([None, 1, 1, 2, 5]),
            skip=random.choice([0, 0, 0, 1, 3]),
            since=begins,
            until=round(ends, 1),
            host=random.choice(hosts)
            if where.startswith("nova.") and random.random() < 0.5
            else "",
            seconds=random.choice([0.5, 2.0, 5.0, 10.0, 20.0]),
        )


def _clock(random: Random, what: str, until: float) -> FaultSpec:
    """One that is wrong for good, or until somebody sets it."""
    seconds = random.choice([1.0, 5.0, 40.0, 300.0, 4000.0])
    ends = random.choice([until, until, max(1.0, round(random.uniform(0, until), 1))])
    return FaultSpec("clock", what, until=ends, seconds=seconds)


def _place(random: Random, where: str, what: str) -> str:
    """The port, or one of its calls."""
    own = {"lost": "attrd.update", "late": "attrd.update"} if where == "attrd" else {}
    own |= {"no-quorum": "cib.quorum"}
    if what in own:
        return own[what]
    methods = sorted(set(METHODS.get(where, ())) - {_FENCE})
    return random.choice([where, *(f"{where}.{one}" for one in methods)])


def crashes(random: Random) -> Iterator[CrashSpec]:
    for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
        number = 1 + int(random.expovariate(0.3))
        yield CrashSpec(random.choice(_CALLS), number, random.random() < 0.5)
