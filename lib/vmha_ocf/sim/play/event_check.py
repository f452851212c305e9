"""What is impossible in the events of a scenario, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, Scenario
from vmha_ocf.sim.cluster.libvirt import Trouble
from vmha_ocf.sim.play.events import EVENTS, FIELDS


def event_problems(scenario: Scenario) -> Iterator[str]:
    hosts = [host.name for host in scenario.host]
    controllers = scenario.pacemaker.controllers
    instances = [name for group in scenario.instances for name in _names_of(group)]
    for number, event in enumerate(scenario.event, 1):
        where = f"event {number} ({event.do})"
        if event.do not in EVENTS:
            yield from must_exist(f"event {number}: do", event.do, EVENTS)
            continue
        if not 0 <= event.at <= scenario.length:
            yield f"{where}: at {event.at:g} is not within 0 to {scenario.length:g}"
        yield from _fields(where, event)
        for what, name, known in (
            ("host", event.host, hosts),
            ("controller", event.controller, controllers),
            ("instances", event.instances, instances),
        ):
            if name:
                yield from must_exist(f"{where}: {what}", name, known)
    yield from _controllers(scenario)
    yield from _restored(scenario)
    yield from _guests(scenario)
    yield from _measuring(scenario)


def _names_of(group: GroupSpec) -> Iterator[str]:
    """What an event may be about: all of it, or one."""
    yield group.name
    yield from (f"{group.name}-{number}" for number in range(1, group.count + 1))


def _fields(where: str, event: EventSpec) -> Iterator[str]:
    kind = EVENTS[event.do]
    given = {name for name in FIELDS if getattr(event, name) not in ("", None)}
    for name in sorted(
        kind.needs - given - ({"value"} if event.do == "write_attribute" else set())
    ):
        yield f"{where}: {name} is missing"
    for name in sorted(given - kind.needs - kind.may - kind.one_of):
        yield f"{where}: {name} says nothing here"
    if kind.one_of and not given & kind.one_of:
        yield f"{where}: neither {' nor '.join(sorted(kind.one_of))} is given"


def _controllers(scenario: Scenario) -> Iterator[str]:
    """Whoever is killed lives, whoever is started is dead, and a worker by hand needs a living one."""
    up = dict.fromkeys(scenario.pacemaker.controllers, True)
    for event in sorted(scenario.event, key=lambda event: event.at):
        where = f"event {event.do} at {event.at:g}"
        wanted = event.do.startswith("start_")
        match event.do:
            case "kill_controller" | "start_controller":
                yield from _already(where, event.controller, up, wanted)
                up |= {event.controller: wanted}
            case "stop_cluster" | "shut_down_cluster" | "start_cluster":
                if all(one is wanted for one in up.values()):
                    yield f"{where}: it is {'up' if wanted else 'down'} already"
                up = dict.fromkeys(up, wanted)
            case "start_worker" if up.get(event.controller) is False:
                yield f"{where}: {event.controller} is down"
            case _:
                pass


def _already(where: str, name: str, up: Mapping[str, bool], wanted: bool) -> Iterator[str]:
    if up.get(name) is wanted:
        yield f"{where}: {name} is {'up' if wanted else 'down'} already"


def _restored(scenario: Scenario) -> Iterator[str]:
    """What is brought back was saved, or its age is told."""
    saved: list[str] = []
    for event in sorted(scenario.event, key=lambda event: event.at):
        if event.do == "save_configuration":
            saved.append(event.value)
        if event.do == "restore_configuration" and not event.value.isdecimal():
            yield from must_exist(f"event {event.do} at {event.at:g}: value", event.value, saved)


def _guests(scenario: Scenario) -> Iterator[str]:
    """What the value of an event about guests may be."""
    for event in scenario.event:
        where = f"event {event.do} at {event.at:g}"
        if event.do == "crash_guests" and event.value and not event.value.isdecimal():
            yield f"{where}: value is {event.value!r}: seconds from each start to the next crash"
        if event.do == "stop_instances" and event.value and not event.value.isdecimal():
            yield f"{where}: value is {event.value!r}: seconds that a guest takes to shut down"
        if event.do == "lose_libvirt" and event.value:
            yield from must_exist(f"{where}: value", event.value, [one.value for one in Trouble])
        watching = scenario.pacemaker.watches_guests
        if event.do in ("kill_watcher", "move_connection") and not watching:
            yield f"{where}: nothing watches guests; pacemaker.watches_guests = true"


def must_exist(what: str, name: str, names: Iterable[str]) -> Iterator[str]:
    known = list(names)
    if name not in known:
        near = get_close_matches(name, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(known) or 'none'}"
        yield f"{what} {name!r} does not exist; {meant}"


def _measuring(scenario: Scenario) -> Iterator[str]:
    for number, event in enumerate(scenario.event, 1):
        if event.do in ("measure", "kill_measuring"):
            where = f"event {number} ({event.do}): key, one of pacemaker.measures"
            yield from must_exist(where, event.key, scenario.pacemaker.measures)
