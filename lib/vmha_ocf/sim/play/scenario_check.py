"""What is impossible in a scenario, in sentences. A scenario that cannot happen proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields

from vmha_ocf.errors import VmhaError
from vmha_ocf.fencing.request import read_request
from vmha_ocf.sim.base.faults import Fault, Faults, UnknownFault
from vmha_ocf.sim.base.latency import KINDS, Latency
from vmha_ocf.sim.base.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.base.scenario import GroupSpec, PacemakerSpec, Scenario, ScenarioError
from vmha_ocf.sim.base.timing import Timing
from vmha_ocf.sim.cluster.configured import DEVICES
from vmha_ocf.sim.play.crashes import CALLS
from vmha_ocf.sim.play.event_check import event_problems, must_exist
from vmha_ocf.worker.options import WorkerOptions, worker_options
from vmha_ocf.worker.parameters import PARAMETERS

_FLAGS = ("none", "needed", "claimed", "done")
_POLICIES = ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")


def verify(scenario: Scenario) -> Scenario:
    """The same scenario. Raises ScenarioError with everything that is wrong."""
    problems = list(_problems(scenario))
    if problems:
        raise ScenarioError(problems)
    return scenario


def options_of(scenario: Scenario) -> WorkerOptions:
    """NovaEvacuate's parameters with their defaults. Raises ParameterError."""
    values = {one.name: one.default for one in PARAMETERS} | dict(scenario.options)
    for one in PARAMETERS:
        problem = one.problem(values[one.name])
        if problem:
            raise problem
    return worker_options(values)


def _problems(scenario: Scenario) -> Iterator[str]:
    yield from _shape(scenario)
    yield from _pacemaker(scenario.pacemaker)
    yield from _options(scenario)
    yield from _instances(scenario)
    yield from _faults(scenario)
    yield from event_problems(scenario)
    yield from _crashes(scenario)
    yield from _expected(scenario)


def _shape(scenario: Scenario) -> Iterator[str]:
    if scenario.length <= 0:
        yield f"length is {scenario.length:g}: a scenario takes time, such as 300 seconds"
    if not 0 <= scenario.spare <= max(0.0, scenario.length):
        yield f"spare is {scenario.spare:g}: it is a part of the length, {scenario.length:g}"
    if not scenario.host:
        yield "there is no host: hosts = 3, or [[host]]"
    yield from _twice("host", (host.name for host in scenario.host))
    yield from _twice("host with the Nova name", (h.nova or h.name for h in scenario.host))
    yield from _twice("group of instances", (group.name for group in scenario.instances))
    yield from _twice("server group", (group.name for group in scenario.server_group))
    yield from _timing("timing", scenario.timing)
    yield from _timing("pacemaker.timing", scenario.pacemaker.timing)
    yield from _latency(scenario.latency)


def _pacemaker(settings: PacemakerSpec) -> Iterator[str]:
    yield from _twice("controller", settings.controllers)
    if not settings.controllers:
        yield "pacemaker.controllers is empty: somebody has to decide"
    if settings.fencer:
        yield from must_exist("pacemaker.fencer", settings.fencer, settings.controllers)
    yield from _one_of("pacemaker.action", settings.action, ("reboot", "off"))
    yield from _one_of("pacemaker.subscriber", settings.subscriber, ("", "tells", "deaf"))
    for level in settings.levels:
        for device in level:
            yield from _one_of("pacemaker.level", device, DEVICES)
        if not level:
            yield "pacemaker.level is empty: nothing could be fenced"
    if settings.action_limit == 0:
        yield "pacemaker.action_limit is 0: nothing could be fenced; -1 is any number"


def _timing(name: str, timing: Timing | PacemakerTiming) -> Iterator[str]:
    for one in fields(timing):
        if getattr(timing, one.name) < 0:
            yield f"{name}.{one.name} is negative: time does not go back"


def _latency(latency: Latency) -> Iterator[str]:
    yield from _one_of("latency.kind", latency.kind, KINDS)
    if not 0 < latency.least <= latency.most:
        yield "latency.least is not from 0 to latency.most: no answer takes that long"


def _options(scenario: Scenario) -> Iterator[str]:
    known = [one.name for one in PARAMETERS]
    for name in scenario.options:
        yield from must_exist("options", name, known)
    if scenario.options.keys() <= set(known):
        try:
            options_of(scenario)
        except VmhaError as error:
            yield f"options: {error}"
    try:
        given = {**scenario.pacemaker.fence_options, "action": "off", "plug": "a", "ip": "a"}
        read_request(given)
    except (VmhaError, ValueError) as error:
        yield f"pacemaker.fence_options: {error}"


def _instances(scenario: Scenario) -> Iterator[str]:
    hosts = {host.name: host for host in scenario.host}
    for server_group in scenario.server_group:
        yield from _one_of(f"policy of {server_group.name}", server_group.policy, _POLICIES)
    room = Counter[str]()
    for group in scenario.instances:
        yield from _group(group, scenario)
        room[group.host] += group.count
    for name, count in room.items():
        if name in hosts and count > hosts[name].capacity:
            yield f"{name} has {count} instances and room for {hosts[name].capacity}"


def _group(group: GroupSpec, scenario: Scenario) -> Iterator[str]:
    where = f"instances {group.name}"
    yield from must_exist(f"{where}: host", group.host, (host.name for host in scenario.host))
    if group.count < 1:
        yield f"{where}: count is {group.count}: at least 1"
    if group.server_group:
        groups = (one.name for one in scenario.server_group)
        yield from must_exist(f"{where}: server_group", group.server_group, groups)
    if group.image:
        yield from must_exist(f"{where}: image", group.image, (one.id for one in scenario.image))


def _faults(scenario: Scenario) -> Iterator[str]:
    hosts = [name for host in scenario.host for name in (host.name, host.nova) if name]
    for number, fault in enumerate(scenario.fault, 1):
        where = f"fault {number} ({fault.where} {fault.what})"
        try:
            Faults().add(Fault(fault.where, fault.what))
        except UnknownFault as error:
            yield f"{where}: {error}"
        if fault.host:
            known = scenario.pacemaker.controllers if fault.where == "clock" else hosts
            yield from must_exist(f"{where}: host", fault.host, known)
        end = scenario.length if fault.until is None else fault.until
        if not 0 <= fault.since <= scenario.length:
            yield f"{where}: since {fault.since:g} is not within 0 to {scenario.length:g}"
        if end <= fault.since:
            yield f"{where}: it ends at {end:g}, not after it begins at {fault.since:g}"
        if fault.times is not None and fault.times < 1:
            yield f"{where}: times is {fault.times}: it would never strike"


def _crashes(scenario: Scenario) -> Iterator[str]:
    for number, crash in enumerate(scenario.crash, 1):
        yield from must_exist(f"crash {number}: call", crash.call, CALLS)
        if crash.number < 1:
            yield f"crash {number}: number is {crash.number}: 1 is the first call"


def _expected(scenario: Scenario) -> Iterator[str]:
    groups = [group.name for group in scenario.instances]
    hosts = [host.name for host in scenario.host]
    for instances in scenario.expect.instances:
        where = f"expect.instances {instances.group}"
        yield from must_exist(where, instances.group, groups)
        for name in instances.on:
            yield from must_exist(f"{where}: on", name, hosts)
        if instances.stays and (instances.moved or instances.on):
            yield f"{where}: it cannot stay and move"
    for host in scenario.expect.host:
        where = f"expect.host {host.name}"
        yield from must_exist(where, host.name, hosts)
        yield from _one_of(f"{where}: flag", host.flag, ("", *_FLAGS))
        yield from _one_of(f"{where}: power", host.power, ("", "on", "off"))
    if scenario.expect.problem and scenario.expect.no_problem:
        yield "expect: problem and no_problem cannot both be"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name} is there {count} times"


def _one_of(what: str, value: str, allowed: Iterable[str]) -> Iterator[str]:
    allowed = tuple(allowed)
    if value not in allowed:
        yield f"{what} is {value!r}: one of {', '.join(filter(None, allowed))}"
