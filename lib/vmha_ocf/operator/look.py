"""One look at a host, for the worker's own planner: read as the worker reads, and nothing is changed.

The worker's memory is made up from the times in Nova's records: what an evacuation has been through
is there, only what was asked for in the last second is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import Off
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation import plan as evacuation
from vmha_ocf.evacuation.memory import Memory, of_record
from vmha_ocf.evacuation.pace import Allowance
from vmha_ocf.evacuation.plan import Plan
from vmha_ocf.evacuation.reading import HostReader
from vmha_ocf.evacuation.view import Reading, Surroundings, View
from vmha_ocf.model import ComputeService, Epoch, Evacuation, Flag, ImageId, InstanceId, Monotonic
from vmha_ocf.operator.rules import deciding_rule
from vmha_ocf.proof import presence
from vmha_ocf.worker.ports import WorkerPorts

NO_END = Allowance(10**9, 10**9)
"""Of requests: the caps only spread them over time."""


@dataclass(frozen=True, slots=True)
class Look:
    view: View
    plan: Plan
    rules: Mapping[InstanceId, str]
    """What decides about each instance, in words."""
    problem: str = ""
    """What could not be looked up."""
    policy: Policy = Policy()
    """That counts."""
    images: Mapping[ImageId, Mapping[str, str]] = field(default_factory=dict)
    """The properties of all of its images, as far as they could be looked up."""
    excluded: Mapping[InstanceId, str] = field(default_factory=dict)
    """By it, and why."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known beside the host."""

    off: Off
    services: Sequence[ComputeService]
    node_back: bool = False


def look_at(flag: Flag, around: Around, ports: WorkerPorts, settings: Settings) -> Look:
    """Raises NovaUnavailable, NovaDenied. It is read as the worker reads it."""
    cloud = Cloud(ports, settings, read_policy=ports.read_policy)
    reader = HostReader(flag.host, ports, settings, cloud)
    if reader.begin():
        cloud.ask_groups()
    reading = reader.finish(flag)
    there_are = bool(presence.destinations(around.services, around.off, {flag.host}))
    view = View(
        flag, reading, Surroundings(around.off, around.node_back, there_are, cloud.groups())
    )
    now = ports.clock.monotonic()
    memory = memory_of(reading.evacuations, settings, now=now, epoch=ports.clock.now())
    plan = evacuation.plan_host(view, settings=settings, memory=memory, now=now, allowance=NO_END)
    rules = {
        one.id: deciding_rule(one, settings, reading.images, reading.anything_marked)
        for one in reading.instances
    }
    found = records.by_instance(reading.evacuations)
    return Look(
        view,
        plan,
        rules,
        "; ".join(filter(None, [reader.marks.problem, cloud.in_force.problem])),
        cloud.in_force.policy,
        _images(reading, cloud.in_force.policy, ports),
        evacuation.excluded_still(view, found, memory).by,
    )


def _images(
    reading: Reading, policy: Policy, ports: WorkerPorts
) -> Mapping[ImageId, Mapping[str, str]]:
    """The worker asks for those alone that decide whether an instance is ours; a policy asks for more."""
    new = {one.image for one in reading.instances if one.image is not None} - {*reading.images}
    try:
        more = ports.nova.image_marks(sorted(new)) if new and policy.digest else {}
    except VmhaError:
        more = {}
    return {**reading.images, **more}


def memory_of(
    evacuations: Sequence[Evacuation], settings: Settings, *, now: Monotonic, epoch: Epoch
) -> Memory:
    """As of a worker that has watched for long: each record is as old as Nova says. ``epoch`` is
    the time of ``now`` in seconds since 1970."""
    long_ago = Monotonic(now - max(settings.settle, settings.evacuate_delay, settings.back_after))
    return Memory(
        first_seen=long_ago,
        watching=long_ago,
        looked=now,
        noticed={
            (one.instance, of_record(one)): Monotonic(now - max(0.0, epoch - since))
            for one in evacuations
            if (since := records.seconds(one.updated_at or one.created_at)) is not None
        },
    )
