"""Run a scenario. This is the interface that everything else builds on:

    scenario = load("tests/scenarios/power-loss")    a folder or its scenario.toml; ScenarioError
    outcome = run(scenario)
    outcome.broken                                   promises that were broken, a sentence each
    outcome.unmet                                    expectations that did not come true
    outcome.calls                                    the port calls of all agents, in order
    outcome.log                                      the raw log, as in timeline.log

``run(scenario, wrap=Tripwire(at=17).wrap)`` kills whichever agent makes call 17: NovaEvacuate's worker, a
fence agent or a start of NovaCompute. Pacemaker then does what it does: it starts the worker again, repeats
the fencing, tries the start later. Calls are named ``NovaEvacuate.nova.evacuate``,
``fence_compute.bmc.power``, ``NovaCompute.units.start``; ``outcome.calls[k - 1]`` is call k.

A [[crash]] of a scenario does the same by the name of a call (sim/play/crashes.py).

``run`` itself is pure in its arguments: the same scenario is the same log. ``format_scenario(scenario)``
writes a scenario as TOML that ``parse`` reads back as the same value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from vmha_ocf.model import ImageId, InstanceId
from vmha_ocf.sim.base.faults import Limits
from vmha_ocf.sim.base.processes import Processes
from vmha_ocf.sim.base.scenario import EventSpec, FaultSpec, GroupSpec, Scenario
from vmha_ocf.sim.base.tripwire import Counted, Wrap, unwrapped
from vmha_ocf.sim.judge.aftermath import SETTLED, judged
from vmha_ocf.sim.judge.invariants import Ours, check
from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.sim.pacemaker.resource_manager import Configuration, ResourceManager
from vmha_ocf.sim.play import scenario_toml
from vmha_ocf.sim.play.crashes import Crashes
from vmha_ocf.sim.play.event_kind import Stage
from vmha_ocf.sim.play.events import EVENTS
from vmha_ocf.sim.play.expectations import Members, Whose, ours_by, unmet
from vmha_ocf.sim.play.scenario_check import options_of, verify
from vmha_ocf.sim.world import World

P = TypeVar("P")
FILE = "scenario.toml"


@dataclass(frozen=True)
class Outcome:
    scenario: Scenario
    world: World
    members: Members
    """The instances of each group."""
    broken: Sequence[str]
    unmet: Sequence[str]
    calls: Sequence[str]
    problems: Sequence[str]
    """What ``pcs status`` shows of NovaEvacuate at the end."""
    ours: Ours
    """Which instances are to be evacuated."""

    @property
    def log(self) -> str:
        return "".join(f"{line}\n" for line in self.world.log)

    @property
    def good(self) -> bool:
        return not self.broken and not self.unmet


def load(path: str | Path) -> Scenario:
    """Raises ScenarioError, OSError."""
    where = Path(path)
    text = (where / FILE if where.is_dir() else where).read_text(encoding="utf-8")
    return verify(scenario_toml.parse(text))


@dataclass(frozen=True)
class Play:
    """A scenario that is being played, for whoever wants to look at it on the way."""

    scenario: Scenario
    world: World
    members: Members
    manager: ResourceManager
    processes: Processes
    whose: Whose
    calls: Sequence[str]
    crashes: Crashes

    @property
    def last(self) -> float:
        """When something happened or was said."""
        journal = self.world.core.journal
        newest = (each[-1].time for each in (journal.facts, journal.lines) if each)
        return max(newest, default=0.0)

    def to_its_end(self) -> None:
        """In the spare part of its length only until silence is judged: the longest that anybody may
        keep still, and what Nova may take to notice more."""
        scenario, world = self.scenario, self.world
        least = max(scenario.length - scenario.spare, scenario.last_moment)
        world.run_until(min(scenario.length, least))
        quiet = SETTLED + scenario.timing.service_down
        while (end := min(scenario.length, self.last + quiet)) > world.now:
            world.run_until(end)

    def outcome(self) -> Outcome:
        """Nothing of it runs after this."""
        self.processes.close()
        scenario, world, members, ours = self.scenario, self.world, self.members, self.whose.ours
        problems = self.manager.evacuate.told.problems
        settings = options_of(scenario).settings
        return Outcome(
            scenario,
            world,
            members,
            [
                *check(
                    world,
                    ours=ours,
                    storm_limit=settings.storm_limit,
                    storm_window=settings.storm_window,
                ),
                *judged(world, ours, problems, self.whose.perhaps),
            ],
            list(unmet(scenario, world, members, ours, problems)),
            self.calls,
            problems,
            ours,
        )


def run(scenario: Scenario, wrap: Wrap = unwrapped) -> Outcome:
    """Raises ScenarioError where the scenario is impossible, and what a bug in an agent raises."""
    play = begin(scenario, wrap)
    try:
        play.to_its_end()
        return play.outcome()
    finally:
        play.processes.close()


def begin(scenario: Scenario, wrap: Wrap = unwrapped) -> Play:
    """Nothing has happened yet: time passes with ``play.world.run_until``. Raises ScenarioError."""
    options = options_of(verify(scenario))
    world, members = _build(scenario)
    calls: list[str] = []
    crashes = Crashes(scenario.crash)

    def counted(port: P, name: str) -> P:
        return wrap(cast(P, Counted(calls, crashes.wrap(port, name), name)), name)

    processes = Processes(world.core.timeline)
    parts = Parts(world, processes, scenario.pacemaker.timing, counted)
    settings = scenario.pacemaker
    manager = ResourceManager(
        parts,
        Configuration(
            options,
            settings.controllers,
            settings.action,
            settings.levels,
            settings.fence_options,
            settings.action_limit,
            settings.alert,
            settings.watches_guests,
            settings.measures,
        ),
    )
    stage = Stage(world, manager)
    for event in scenario.event:
        _schedule(stage, event)
    whose = ours_by(options.settings, world)
    manager.begin()
    return Play(scenario, world, members, manager, processes, whose, calls, crashes)


def _schedule(stage: Stage, event: EventSpec) -> None:
    act = EVENTS[event.do].act
    stage.world.at(event.at, lambda: act(stage, event))


def _build(scenario: Scenario) -> tuple[World, Members]:
    world = World(
        timing=scenario.timing,
        latency=scenario.latency,
        controllers=scenario.pacemaker.controllers,
    )
    world.settings, world.evacuator = scenario.pacemaker, scenario.options
    world.write_policy(scenario.policy)
    world.has_long_had_its_policy()
    world.requests.checks_task_state = scenario.nova.checks_task_state
    world.pacemaker.purges_on_fencing = scenario.pacemaker.purges_on_fencing
    world.pacemaker.fences_unseen = scenario.pacemaker.startup_fencing
    for fault in scenario.fault:
        if fault.where == "clock":  # Hosts are connected from the start, by that clock.
            world.fault(fault.where, fault.what, **_limits(fault))
    world.has_long_been_there()
    for host in scenario.host:
        it = world.add_host(host.name, nova=host.nova, capacity=host.capacity)
        it.starts_compute, it.resumes_guests = host.starts_compute, host.resumes_guests
        it.cell = host.cell
    for image in scenario.image:
        world.database.images[ImageId(image.id)] = image.properties
    members = {group.name: _boot(world, group) for group in scenario.instances}
    for one in scenario.server_group:
        groups = [group.name for group in scenario.instances if group.server_group == one.name]
        world.group(one.policy, *(each for name in groups for each in members[name]))
    for fault in scenario.fault:
        if fault.where != "clock":
            world.fault(fault.where, fault.what, **_limits(fault))
    return world, members


def _boot(world: World, group: GroupSpec) -> list[InstanceId]:
    found = [
        world.boot(
            group.host,
            name=f"{group.name}-{number}",
            vm_state=group.vm_state,
            task_state=group.task_state or None,
            powered_off=group.off,
            tags=frozenset(group.tags),
            metadata=group.metadata,
            extra_specs=group.extra_specs,
            image=ImageId(group.image) if group.image else None,
            vtpm=group.vtpm,
            launched=group.launched,
            project=group.project,
            excluded=group.excluded,
            excluded_since=group.excluded_since,
            left_alone=group.left_alone,
        )
        for number in range(1, group.count + 1)
    ]
    for each in found if group.wreck else ():
        world.guests.wreck(each)
    return found


def _limits(fault: FaultSpec) -> Limits:
    limits: Limits = {"skip": fault.skip, "since": fault.since, "seconds": fault.seconds}
    if fault.times is not None:
        limits["times"] = fault.times
    if fault.until is not None:
        limits["until"] = fault.until
    if fault.host:
        limits["host"] = fault.host
    return limits
