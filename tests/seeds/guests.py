"""Guests that fail on hosts that live, in some of the seeds, where a policy restarts them.

Drawn apart from all else, so that a seed without them is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from tests.seeds.people import Where
from vmha_ocf.sim.base.scenario import EventSpec, FaultSpec, Scenario

T = TypeVar("T")
_SHARE = 0.1
_HALF = 0.5
_RESTARTS = 'default_class = "cattle"\n\n[class.cattle.guest]\n' + "".join(
    f'{kind} = ["restart", "notify"]\n'
    for kind in ("crashed", "panicked", "watchdog", "io-error", "hung", "shut-down")
)
_QUICK = f'{_RESTARTS}\n[guest]\nattempts = 2\nburst = 1\nio_grace = "10 s"\n'
_NOTIFIES = 'default_class = "cattle"\n\n[class.cattle.guest]\ncrashed = "notify"\n'
POLICIES = (_RESTARTS, _RESTARTS, _QUICK, _NOTIFIES)
"""Each as likely as the others."""


@dataclass(frozen=True)
class Guests:
    """Those of one group, or one of them."""

    name: str
    host: str


Act = Callable[[Random, float, Guests, Where], Iterator[EventSpec | FaultSpec]]


def with_guests(seed: int, where: Where, scenario: Scenario) -> Scenario:
    random = Random(f"guests of {seed}")
    groups = [one for one in where.instances if one.vm_state == "active" and one.launched]
    if random.random() > _SHARE or not groups:
        return scenario
    happenings: list[EventSpec | FaultSpec] = []
    for _ in range(random.choice([1, 2, 3, 4])):
        near = random.choice(where.moments) + random.uniform(-15.0, 60.0)
        at = round(min(max(1.0, near), where.end - 1.0), 1)
        group = random.choice(groups)
        name = group.name if random.random() < _HALF else f"{group.name}-1"
        act = random.choice(_KINDS)
        happenings += act(random, at, Guests(name, group.host), where)
    return replace(
        scenario,
        policy=random.choice(POLICIES),
        pacemaker=replace(scenario.pacemaker, watches_guests=True),
        event=_sorted([*scenario.event, *_of(happenings, EventSpec)]),
        fault=(*scenario.fault, *_of(happenings, FaultSpec)),
    )


def _of(every: Sequence[object], kind: type[T]) -> Iterator[T]:
    return (one for one in every if isinstance(one, kind))


def _sorted(events: Sequence[EventSpec]) -> tuple[EventSpec, ...]:
    return tuple(sorted(events, key=lambda event: event.at))


def _fail(random: Random, at: float, guests: Guests, _: Where) -> Iterator[EventSpec | FaultSpec]:
    kinds = ("crash_guests", "crash_guests", "panic_guests", "watchdog_guests")
    yield EventSpec(at, random.choice(kinds), instances=guests.name)
    if random.random() < _HALF:
        yield FaultSpec("nova.host", "reboot-fails", times=1, host=guests.host)


def _owner_too(random: Random, at: float, guests: Guests, _: Where) -> Iterator[EventSpec]:
    """In the same second, or a little later."""
    yield EventSpec(at, "crash_guests", instances=guests.name)
    asks = random.choice(["stop_instances", "reboot_instances", "delete_instances"])
    yield EventSpec(at + random.choice([0.1, 1.0, 5.0]), asks, instances=guests.name)


def _loop(random: Random, at: float, guests: Guests, where: Where) -> Iterator[EventSpec]:
    value = random.choice(["3", "20", "60"])
    yield EventSpec(at, "crash_guests", instances=guests.name, value=value)
    yield EventSpec(where.end, "mend_guests", instances=guests.name)


def _stuck(random: Random, at: float, guests: Guests, where: Where) -> Iterator[EventSpec]:
    yield EventSpec(at, random.choice(["pause_guests", "freeze_guests"]), instances=guests.name)
    if random.random() < _HALF:
        over = min(where.end, at + random.choice([5.0, 40.0, 90.0]))
        yield EventSpec(over, "go_on_guests", instances=guests.name)


def _incoming(random: Random, at: float, guests: Guests, where: Where) -> Iterator[EventSpec]:
    others = [host for host in where.hosts if host != guests.host]
    yield EventSpec(at, "fail_incoming", instances=guests.name, host=random.choice(others))


def _libvirt(random: Random, at: float, guests: Guests, where: Where) -> Iterator[EventSpec]:
    value = random.choice(["", "hangs"])
    yield EventSpec(at, "lose_libvirt", host=guests.host, value=value)
    yield EventSpec(at + random.choice([0.0, 2.0]), "crash_guests", instances=guests.name)
    over = min(where.end, at + random.choice([5.0, 60.0]))
    yield EventSpec(over, "bring_libvirt_back", host=guests.host)


def _watcher(random: Random, at: float, guests: Guests, _: Where) -> Iterator[EventSpec]:
    """What it told goes, or it does, around a failure."""
    kind = random.choice(["kill_watcher", "move_connection"])
    yield EventSpec(max(0.0, at + random.uniform(-12.0, 4.0)), kind, host=guests.host)
    yield EventSpec(at, "crash_guests", instances=guests.name)


_KINDS: tuple[Act, ...] = (
    _fail, _fail, _owner_too, _loop, _stuck, _incoming, _libvirt, _watcher,
)  # fmt: skip
