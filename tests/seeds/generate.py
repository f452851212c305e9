"""A scenario from a number: always the same one.

Whatever happens is over before a quiet tail, which is long enough for everything to be well again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.seeds.cluster import around, crashes, faults
from tests.seeds.guests import with_guests
from tests.seeds.hosts import Happening, story
from tests.seeds.people import Where, peace, people
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.base.scenario import (
    EventSpec,
    FaultSpec,
    GroupSpec,
    HostSpec,
    ImageSpec,
    PacemakerSpec,
    Scenario,
    ServerGroupSpec,
)
from vmha_ocf.sim.base.timing import Timing

BEGIN = 20.0
TAIL = 3600.0
"""Seconds. The longest pauses of the worker are retries, 300 seconds apart."""
_IMAGES = (ImageSpec("marked", {"evacuable": "true"}), ImageSpec("plain"))
_GROUPS = (ServerGroupSpec("apart"), ServerGroupSpec("rather-apart", "soft-anti-affinity"))
_STATES = ("active",) * 12 + (
    "stopped",
    "error",
    "paused",
    "suspended",
    "rescued",
    "resized",
    "building",
)


def generate(seed: int) -> Scenario:
    random = Random(seed)
    hosts = tuple(_hosts(random))
    names = [host.name for host in hosts]
    end = BEGIN + random.choice([60.0, 150.0, 300.0, 600.0])
    options = dict(_options(random))
    if hosts[0].nova:
        options["domain"] = hosts[0].nova.partition(".")[2]
    pacemaker = _pacemaker(random)
    instances = tuple(_instances(random, hosts))
    stories = list(_stories(random, names, end))
    timing = _timing(random)
    if any(name.startswith("max_") for name in options):
        timing = replace(timing, spawn=2.0)  # All of it is to be over before the end.
    where = Where(pacemaker.controllers, instances, names, _moments(stories), end)
    happenings = [
        *stories,
        *around(random, pacemaker.controllers, BEGIN, end),
        *faults(random, names, _moments(stories), end),
        *_deletions(random, instances, end),
        *people(seed, where),
        *peace(seed, where),
        *(EventSpec(end + 30 * 2.0**n, "release_storm") for n in range(5)),
    ]
    events = [one for one in happenings if isinstance(one, EventSpec)]
    scenario = Scenario(
        f"seed {seed}",
        end + TAIL,
        pacemaker=pacemaker,
        timing=timing,
        latency=Latency("random", seed=seed),
        options=options,
        host=hosts,
        server_group=_GROUPS,
        image=_IMAGES,
        instances=instances,
        fault=tuple(one for one in happenings if isinstance(one, FaultSpec)),
        event=tuple(sorted(events, key=lambda event: event.at)),
        crash=tuple({(one.call, one.number): one for one in crashes(random)}.values()),
    )
    return with_guests(seed, where, scenario)


def _hosts(random: Random) -> Iterator[HostSpec]:
    size = random.choices([(2, 5), (6, 10), (11, 20)], [16, 5, 1])[0]
    domain = random.choice(["", "", "", ".example.com"])
    room = random.choice([1000, 1000, 1000, 12])
    for number in range(1, random.randint(*size) + 1):
        name = f"compute-{number}"
        yield HostSpec(
            name,
            nova=name + domain if domain else "",
            capacity=room,
            starts_compute=random.random() < 0.1,
            resumes_guests=False,
        )


def _options(random: Random) -> Iterator[tuple[str, str]]:
    choices = {
        "storm_limit": ["0", "1", "2", "5"],
        "untagged": ["auto", "none", "all"],
        "unevacuable_states": ["report"],
        "no_shared_storage": ["true"],
        "evacuate_delay": ["10", "40"],
        "max_in_flight": ["1", "4"],
        "max_per_host": ["2"],
        "max_per_destination": ["1"],
        "settle": ["30", "90"],
    }
    for name, values in choices.items():
        if random.random() < 0.25:
            yield name, random.choice(values)


def _pacemaker(random: Random) -> PacemakerSpec:
    count = random.choice([3, 3, 3, 3, 1, 5])
    return PacemakerSpec(
        controllers=tuple(f"ctl{number}" for number in range(1, count + 1)),
        action=random.choice(["reboot", "reboot", "off"]),
        level=random.choice([("fence_compute",)] * 6 + [("other", "record_only"), ("other",)]),
        action_limit=random.choice([-1, -1, 1, 2]),
        alert=random.random() < 0.8,
        purges_on_fencing=random.random() < 0.4,
        timing=PacemakerTiming(
            decide=random.choice([0.1, 0.1, 3.0]),
            launch=random.choice([0.5, 0.5, 5.0]),
            reconnect=random.choice([60.0, 20.0]),
            failure_timeout=random.choice([60.0, 10.0]),
        ),
    )


def _timing(random: Random) -> Timing:
    return Timing(
        spawn=random.choice([2.0, 2.0, 8.0, 40.0, 150.0]),
        schedule=random.choice([0.2, 0.2, 5.0]),
        boot=random.choice([60.0, 30.0, 180.0]),
        detect=random.choice([10.0, 4.0, 20.0]),
        power_change=random.choice([1.0, 8.0]),
        init_host=random.choice([1.0, 20.0]),
        power_sync=random.choice([600.0, 60.0]),
    )


def _instances(random: Random, hosts: tuple[HostSpec, ...]) -> Iterator[GroupSpec]:
    left = 200
    for host in hosts:
        room = min(host.capacity // 2, left)
        for number in range(random.choice([0, 1, 1, 2, 3])):
            count = min(room, random.choice([1, 1, 2, 3, 5, 12]))
            if count > 0:
                room, left = room - count, left - count
                yield _group(random, f"{'abc'[number]}-{host.name}", host.name, count)


def _group(random: Random, name: str, host: str, count: int) -> GroupSpec:
    group = GroupSpec(
        name,
        host,
        count,
        vm_state=random.choice(_STATES),
        image=random.choice(["", "", "", "marked", "plain"]),
        launched=random.random() < 0.97,
        vtpm=random.random() < 0.03,
        server_group=random.choice([""] * 8 + ["apart", "rather-apart"]),
    )
    match random.randrange(8):
        case 0:
            return replace(group, tags=())
        case 1:
            return replace(group, tags=(), metadata={"HA_Enabled": random.choice(["True", "no"])})
        case 2:
            return replace(group, tags=(), extra_specs={"evacuable": "true"})
        case 3:
            return replace(group, metadata={"evacuation_priority": random.choice(["1", "9", "x"])})
        case _:
            return group


def _stories(random: Random, hosts: list[str], end: float) -> Iterator[Happening]:
    """Each host has one at a time; some have several, some none."""
    calm = random.random()
    for host in hosts:
        since = BEGIN
        while random.random() > calm and since < end - 50:
            begins = round(random.uniform(since, end - 40), 1)
            over = round(random.uniform(begins + 30, end), 1)
            yield from story(random, host, begins, over)
            since = over


def _moments(happenings: list[Happening]) -> list[float]:
    """When something happens to a host: what fails then, meets it."""
    return [BEGIN, *(one.at for one in happenings if isinstance(one, EventSpec))]


def _deletions(
    random: Random, instances: tuple[GroupSpec, ...], end: float
) -> Iterator[EventSpec]:
    for group in instances:
        if random.random() < 0.05:
            time = round(random.uniform(BEGIN, end), 1)
            yield EventSpec(time, "delete_instances", instances=group.name)
