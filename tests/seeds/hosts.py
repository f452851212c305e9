"""What happens to hosts: stories, each of events and faults that make sense together.

A story knows what the truth must be for an operator not to lie: who confirms that a host is off must be
right, and a BMC may say "off" falsely only of a host that is off. All else may meet anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from vmha_ocf.sim.base.scenario import EventSpec, FaultSpec

Happening = EventSpec | FaultSpec
Story = Callable[[Random, str, float, float], Iterator[Happening]]
"""A random source, a host, when it begins and when it has to be over."""


def _within(random: Random, since: float, until: float) -> float:
    return round(random.uniform(since, until), 1)


def _power_cut(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    yield EventSpec(since, "power_cut", host)
    if random.random() < 0.4:
        yield EventSpec(_within(random, since, until), "boot_host", host)


def _flaps(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """It dies, comes back and dies again, at any moment of its recovery."""
    for time in sorted(_within(random, since, until) for _ in range(random.randint(2, 4))):
        yield EventSpec(time, "power_cut", host)
        yield EventSpec(min(until, time + _within(random, 1, 60)), "boot_host", host)


def _isolated(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    yield EventSpec(since, "isolate", host)
    yield EventSpec(min(until, since + random.choice([3.0, 8.0, 30.0, 120.0])), "rejoin", host)


def _fenced(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    for time in (since, _within(random, since, until))[: random.randint(1, 2)]:
        yield EventSpec(time, "fence", host)


def _watchdog(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    by = random.choice(["", "watchdog", "fence_other"])
    yield EventSpec(since, "fence_by_other", host, by=by)
    if random.random() < 0.6:
        yield EventSpec(_within(random, min(until, since + 15), until), "boot_host", host)


def _confirmed(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """Nobody can switch it on or read its power before its BMC answers again."""
    back = _within(random, since + 0.5 * (until - since), until)
    yield FaultSpec("bmc", random.choice(["silent", "denied"]), since=since, until=back, host=host)
    yield EventSpec(since, "power_cut", host)
    yield EventSpec(_within(random, since + 11, back - 1), "confirm", host)
    if random.random() < 0.7:
        yield EventSpec(back, "boot_host", host)


def _lied_about(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """Its BMC has just restarted: it says "off" without a look, and "already" to a request."""
    yield EventSpec(since, random.choice(["power_cut", "isolate", "fence"]), host)
    over = min(until, since + 25)
    if random.random() < 0.5:
        yield FaultSpec("bmc.power", "says-off", times=1, since=since, until=over, host=host)
    else:
        for where, what in (
            ("power", "says-off"),
            ("set_power", "already"),
            ("in_service", "not-in-service"),
        ):
            yield FaultSpec(f"bmc.{where}", what, since=since, until=over, host=host)
    yield EventSpec(until, "rejoin", host)


_AND_SAYS_SO = {"silent": "busy", "lost-answer": "unclear"}
"""What a BMC that answers says where another one says nothing."""


def _bad_bmc(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    what = random.choice(["silent", "slow", "denied", "lost-answer", "ignored", "says-on"])
    if int(since * 10) % 3 == 0:  # which draws nothing: all other seeds stay what they were
        what = _AND_SAYS_SO.get(what, what)
    yield EventSpec(since, random.choice(["power_cut", "isolate", "fence"]), host)
    where = random.choice(["bmc", "bmc.power", "bmc.set_power"])
    where = {"ignored": "bmc.set_power", "says-on": "bmc.power"}.get(what, where)
    over = min(until, since + random.choice([15.0, 40.0, 100.0]))
    yield FaultSpec(
        where, what, since=since, until=over, host=host, seconds=random.choice([2.0, 10.0, 40.0])
    )
    yield EventSpec(until, "rejoin", host)


def _bad_unit(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    what = random.choice(
        ["slow", "start-fails", "start-then-dies", "stop-fails", "silent", "missing"]
    )
    where = {
        "start-fails": "units.start",
        "start-then-dies": "units.start",
        "stop-fails": "units.stop",
    }
    yield EventSpec(since, random.choice(["power_cut", "kill_compute", "fence"]), host)
    yield FaultSpec(where.get(what, "units"), what, since=since, until=until, host=host)


def _compute_dies(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    yield EventSpec(since, "kill_compute", host)
    if random.random() < 0.4:
        yield EventSpec(_within(random, since, until), "power_cut", host)


def _behind_us(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """Somebody starts nova-compute as soon as the host is back."""
    yield EventSpec(since, "power_cut", host)
    for _ in range(random.randint(1, 3)):
        yield EventSpec(_within(random, since + 60, until), "start_compute", host)


def _serviced(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """An operator disables or forces it down in Nova, it dies meanwhile, and the operator ends that."""
    time = _within(random, since, until)
    if random.random() < 0.6:
        yield EventSpec(since, "operator", host, enabled=False, reason="maintenance")
        undo = EventSpec(until, "operator", host, enabled=True)
    else:
        yield EventSpec(since, "operator", host, forced_down=True)
        undo = EventSpec(until, "operator", host, forced_down=False)
    yield EventSpec(time, random.choice(["power_cut", "fence"]), host)
    if random.random() < 0.5:
        yield undo


def _meddled_with(random: Random, host: str, since: float, until: float) -> Iterator[Happening]:
    """An operator changes the service, or its flag, while it is being evacuated."""
    yield EventSpec(since, "power_cut", host)
    time = _within(random, since + 11, until)
    match random.randrange(4):
        case 0:
            yield EventSpec(time, "operator", host, forced_down=False)
        case 1:
            yield EventSpec(time, "operator", host, enabled=True)
        case 2:
            yield EventSpec(time, "purge", host)
        case _:
            key = random.choice(["nova:", ""]) + host
            value = random.choice(["no", "", "yes", "maybe"])
            yield EventSpec(time, "write_attribute", key=key, value=value)
            if value in ("yes", "maybe"):
                yield EventSpec(until, "fence", host)


STORIES: Sequence[tuple[int, Story]] = (
    (8, _power_cut),
    (4, _flaps),
    (3, _isolated),
    (3, _fenced),
    (3, _watchdog),
    (2, _confirmed),
    (1, _lied_about),
    (4, _bad_bmc),
    (3, _bad_unit),
    (2, _compute_dies),
    (2, _behind_us),
    (2, _serviced),
    (3, _meddled_with),
)


def story(random: Random, host: str, since: float, until: float) -> list[Happening]:
    weights = [weight for weight, _ in STORIES]
    ((_, tell),) = random.choices(STORIES, weights)
    return list(tell(random, host, since, until))
