"""What on a compute host would run nova-compute again after a stop, or before its gate opens.

    what                              for example
    an enabled unit                   systemctl enable, kolla-ansible, a package's preset
    a unit that a generator made      podman's quadlets: they have nothing to disable
    a unit that another one wants     a target of the site's
    a unit that owns the container    Kolla since 2023.1, TripleO: Restart=always brings it back in seconds
    a timer, a path, a socket
    a container's restart policy      docker starts it with itself, podman at boot
    a second container, or a unit     docker's beside podman's, a package's beside the container

That the unit which NovaCompute is told has Restart= is no harm: a stop of the unit is final.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from vmha_ocf.living.past_gate.containers import NAMES, Container, Named, started_by
from vmha_ocf.living.past_gate.units import Unit

ENABLED, GENERATED, WANTED, OWNER = "enabled", "generated", "wanted", "owner"
TRIGGER, POLICY, SECOND = "trigger", "policy", "second"


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    name: str
    """A unit, or ``engine/container``."""
    by: str = ""
    """The unit or the file that makes it start."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What NovaCompute itself starts: a unit, or a container by a command. Both may be unknown."""

    unit: str = ""
    container: Named | None = None


def ours_of(words: Sequence[str], names: Sequence[str], units: Mapping[str, Unit]) -> Ours:
    """``words`` are start_command's; without it ``names`` are the units that NovaCompute may start, and
    the first that is there is the one. A command may start a unit, too."""
    if words:
        named = started_by(words)
        if named or "systemctl" not in map(basename, words):
            return Ours(container=named)
        names = [_full(word) for word in words if not word.startswith("-")][-1:]
    for name in map(_full, names):
        if (unit := units.get(name)) and unit.loaded:
            return Ours(name, _container_of(unit))
    return Ours()


def judge(
    ours: Ours,
    units: Mapping[str, Unit],
    triggers: Mapping[str, Unit],
    containers: Iterable[Container],
) -> Sequence[Found]:
    """``units`` are all that are loaded; ``triggers`` what TriggeredBy= names; ``containers`` those that
    may be nova-compute's."""
    there = list(containers)
    names = {ours.container.name} if ours.container else set(NAMES)
    owned = {one.unit for one in there if one.unit and one.running and one.name in names}
    concerned = [
        one
        for one in units.values()
        if one.loaded and (one.name == ours.unit or one.name in owned or _starts(one, names))
    ]
    found = [each for one in concerned for each in _of_unit(one, ours, triggers)]
    return [*found, *(each for one in there for each in _of_container(one, ours, units))]


def candidates(ours: Ours) -> Sequence[str]:
    """Names under which a container of nova-compute's may be there."""
    return tuple(dict.fromkeys([*([ours.container.name] if ours.container else []), *NAMES]))


def triggers_of(units: Mapping[str, Unit], ours: Ours) -> Sequence[str]:
    """What is to be asked about before it can be judged."""
    names = {ours.container.name} if ours.container else set(NAMES)
    found = [
        by
        for one in units.values()
        if one.name == ours.unit or _starts(one, names)
        for by in one.triggered_by
    ]
    return tuple(dict.fromkeys(found))


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"


def _container_of(unit: Unit) -> Named | None:
    return next(filter(None, map(started_by, unit.commands)), None)


def _starts(unit: Unit, names: Iterable[str]) -> bool:
    if any("nova-compute" in map(basename, words[:2]) for words in unit.commands):
        return True
    named = _container_of(unit)
    return named is not None and named.name in names


def _of_unit(unit: Unit, ours: Ours, triggers: Mapping[str, Unit]) -> Iterator[Found]:
    for name in unit.triggered_by:
        by = triggers.get(name)
        if by and (by.active or by.enabled):
            yield Found(TRIGGER, name, unit.name)
    if unit.gated:
        return
    if unit.enabled:
        yield Found(ENABLED, unit.name)
    elif unit.wanted_by and unit.source:
        yield Found(GENERATED, unit.name, unit.source)
    elif unit.wanted_by:
        yield Found(WANTED, unit.name, unit.wanted_by[0])
    if unit.name != ours.unit and unit.active:
        yield Found(OWNER, unit.name) if unit.restart else Found(SECOND, unit.name)


def _of_container(one: Container, ours: Ours, units: Mapping[str, Unit]) -> Iterator[Found]:
    full = f"{one.engine}/{one.name}"
    if one.restart:
        yield Found(POLICY, full)
    is_ours = ours.container == Named(one.engine, one.name) or ours == Ours()
    owner = units.get(one.unit)
    if not is_ours and one.running and not (owner and owner.active):
        yield Found(SECOND, full)
