"""A scenario: a cluster, what happens to it, and what is expected at the end. Values only.

Its fields are the keys of ``scenario.toml`` (play/scenario_toml.py reads and writes them): a value that is
one of these classes is a table, a tuple of them an array of tables. Times are in seconds since the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.base.timing import Timing


class ScenarioError(ValueError):
    """The scenario is impossible. One sentence for each thing that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[str]]]:
        """From one process to another, with its sentences."""
        return ScenarioError, (self.problems,)


@dataclass(frozen=True, slots=True)
class HostSpec:
    name: str
    """Pacemaker's name of it."""
    nova: str = ""
    """Nova's, by default the same."""
    capacity: int = 1000
    """Instances that fit."""
    starts_compute: bool = False
    """systemd starts nova-compute at boot, behind Pacemaker's back."""
    resumes_guests: bool = False
    """Nova's resume_guests_state_on_host_boot."""
    cell: str = ""
    """Nova's cell of it: who is moved stays in it."""


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """Instances that are alike, on one host. They are named ``<name>-1``, ``<name>-2``, ..."""

    name: str
    host: str
    count: int = 1
    tags: tuple[str, ...] = ("automatic-recovery",)
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    """Of their flavor."""
    image: str = ""
    """An id; "" is booted from a volume."""
    vm_state: str = "active"
    task_state: str = ""
    off: bool = False
    """Its power state is off, whatever its vm_state: such as one in error that was stopped before."""
    vtpm: bool = False
    launched: bool = True
    project: str = ""
    excluded: bool = False
    """By the policy, as the scenario's author means it: nobody may evacuate them."""
    excluded_since: float = -1.0
    """Since a policy is written, or not known any more, at that time: who was asked for before is ours to
    the end, and of the others either is right. Below 0 is never."""
    left_alone: bool = False
    """Excluded likewise, and somebody is told of them; unless their own ``evacuable`` is not notify."""
    server_group: str = ""
    """The name of a server group that they are members of."""
    heals: bool = False
    """By the policy, as the scenario's author means it: a guest of theirs that fails is restarted."""
    wreck: bool = False
    """Their guests crashed before anything was watched. With ``off`` and active, Nova does not know it."""


@dataclass(frozen=True, slots=True)
class ServerGroupSpec:
    name: str
    policy: str = "anti-affinity"


@dataclass(frozen=True, slots=True)
class ImageSpec:
    id: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """See sim/base/faults.py."""

    where: str
    what: str
    times: int | None = None
    skip: int = 0
    since: float = 0.0
    until: float | None = None
    host: str = ""
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class EventSpec:
    """See sim/play/events.py for what ``do`` may be, and what it needs."""

    at: float
    do: str
    host: str = ""
    controller: str = ""
    enabled: bool | None = None
    forced_down: bool | None = None
    reason: str = ""
    by: str = ""
    key: str = ""
    value: str = ""
    instances: str = ""
    """A group, or one instance of it by its name."""


@dataclass(frozen=True, slots=True)
class CrashSpec:
    """An agent is killed at one of its port calls. Pacemaker then does what it does."""

    call: str
    """Such as ``NovaEvacuate.nova.evacuate``; see sim/play/crashes.py."""
    number: int = 1
    """Which of the calls of this name: 1 is the first."""
    after: bool = False
    """Once it has had its effect, not before."""


@dataclass(frozen=True, slots=True)
class PacemakerSpec:
    controllers: tuple[str, ...] = ("ctl1", "ctl2", "ctl3")
    action: str = "reboot"
    """stonith-action: reboot or off."""
    level: tuple[str, ...] = ("fence_compute",)
    """The first fencing level of each compute node: of fence_compute, record_only, other, kdump,
    heuristics_ping."""
    more_levels: tuple[tuple[str, ...], ...] = ()
    """Those that are tried after it, each when the one before has failed."""
    action_limit: int = -1
    """How many fencings at once; -1 is any number."""
    fencer: str = ""
    """The controller that runs the devices as long as it lives; "" is the DC."""
    fence_options: Mapping[str, str] = field(default_factory=dict)
    """fence_compute's parameters."""
    host_map: bool = True
    """The devices are told what Nova calls the hosts (pcmk_host_map), not only Pacemaker's names."""
    alert: bool = True
    """The alert that wakes NovaEvacuate is configured."""
    subscriber: str = ""
    """What NovaEvacuate keeps beside itself to be told of changes: "" (it does not run), tells, or deaf: it
    seems to work, and tells nothing."""
    startup_fencing: bool = True
    """Who is not there when the cluster starts is fenced."""
    purges_on_fencing: bool = False
    """As Pacemaker 3.0.2 and later."""
    watches_guests: bool = False
    """NovaInstances runs on the compute hosts."""
    measures: Mapping[str, str] = field(default_factory=dict)
    """Clones on the compute hosts that measure a network: each writes an attribute of its own name, which
    has this value at the beginning."""
    migration_threshold: int = 0
    """After so many failures NovaCompute is given up on a host, until ``failure_timeout`` after the last of
    them; 0 is never."""
    timing: PacemakerTiming = PacemakerTiming()

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """In the order in which they are tried."""
        return (self.level, *self.more_levels)


@dataclass(frozen=True, slots=True)
class NovaSpec:
    checks_task_state: bool = False
    """As Nova before 23.2.2, 24.2.0 and 25.1.0: a task_state makes an evacuation a 409."""


@dataclass(frozen=True, slots=True)
class InstancesExpected:
    """Of a group. What is not said is not looked at, but for liveness: who is neither told nor said to
    stay must not be left on a host without nova-compute."""

    group: str
    moved: bool = False
    """Each runs once, and not where it was."""
    on: tuple[str, ...] = ()
    """Each runs once, on one of these hosts."""
    stays: bool = False
    """Nova has them where they were."""
    state: str = ""
    """Nova's vm_state."""
    told: str = ""
    """What the operator was told about each contains this."""
    requests: int | None = None
    """How many evacuations Nova has accepted for the whole group."""
    restarts: int | None = None
    """How many hard reboots of ours Nova has accepted for the whole group."""
    runs: bool | None = None
    """Each runs once, where Nova has it; or none of them runs anywhere."""
    again_within: float = 0.0
    """Seconds from each failure of a guest until it runs anew, or goes on; 0 is not looked at."""
    may_stay: bool = False
    """Nobody misses it where it was. So too for those that are to stay or to be told."""
    or_told: bool = False
    """Nobody misses it where it was, as long as the operator is told about it."""


@dataclass(frozen=True, slots=True)
class HostExpected:
    name: str
    flag: str = ""
    """none, needed, claimed or done."""
    enabled: bool | None = None
    forced_down: bool | None = None
    up: bool | None = None
    power: str = ""
    """on or off."""
    compute: bool | None = None
    """nova-compute runs."""


@dataclass(frozen=True, slots=True)
class Expected:
    instances: tuple[InstancesExpected, ...] = ()
    host: tuple[HostExpected, ...] = ()
    said: tuple[str, ...] = ()
    """Parts of lines of the log."""
    unsaid: tuple[str, ...] = ()
    problem: str = ""
    """In what ``pcs status`` shows at the end; "" is not looked at."""
    no_problem: bool = False
    exact: bool = False
    """It is about a moment, which comes about in its own weather alone: in any other one only the
    promises are looked at, and that nobody is left behind."""
    exact_in: tuple[str, ...] = ()
    """Other weathers in which that moment does not come about."""


@dataclass(frozen=True, slots=True)
class Scenario:
    title: str
    length: float
    """Seconds that it runs for."""
    spare: float = 0.0
    """Of these, at the end: in them it is over as soon as nothing happens any more."""
    pacemaker: PacemakerSpec = PacemakerSpec()
    timing: Timing = Timing()
    latency: Latency = Latency()
    """The default weather, where nothing is said."""
    options: Mapping[str, str] = field(default_factory=dict)
    """NovaEvacuate's parameters, by their names."""
    policy: str = ""
    """The text of the policy's file, on all controllers. An event may change it."""
    host: tuple[HostSpec, ...] = ()
    server_group: tuple[ServerGroupSpec, ...] = ()
    image: tuple[ImageSpec, ...] = ()
    instances: tuple[GroupSpec, ...] = ()
    fault: tuple[FaultSpec, ...] = ()
    event: tuple[EventSpec, ...] = ()
    crash: tuple[CrashSpec, ...] = ()
    expect: Expected = Expected()
    nova: NovaSpec = NovaSpec()

    @property
    def last_moment(self) -> float:
        """When its last event happens or its last fault ends, as far as that is known."""
        ends = [fault.until or fault.since for fault in self.fault]
        return max((0.0, *ends, *(event.at for event in self.event)))
