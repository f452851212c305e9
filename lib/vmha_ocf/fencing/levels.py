"""What Pacemaker's fencing levels prove about a host that counts as fenced. Pure.

Pacemaker goes through the levels of a node by their index until all devices of one have succeeded,
in their order. Which levels are a node's: those whose target is its name, else those of the
*first* target that fits among patterns, attributes and names in another case, and which one is the
first nobody knows. So all of them have to be right. Without any, each device that can fence the
node may be called, by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.fencing.device import Part, agent_of, cycles, part_of, told_agents
from vmha_ocf.model import NodeName

Level = Mapping[str, str]
"""The attributes of an element of the CIB."""


@dataclass(frozen=True, slots=True)
class Problem:
    what: str
    hint: str


def judge(
    node: NodeName, configuration: Configuration, others: Collection[str] = ()
) -> Problem | None:
    """Why a device that only records may not take ``node`` for off when Pacemaker calls it.

    Pacemaker does not say in which level it calls, nor as which device: so in each level that could
    be meant, something has to switch the power before the first device that records. ``others``
    are agents that do so by an operator's word, beside those that the devices of ours are told.
    """
    kinds = _Kinds(configuration, others)
    certain, levels = _levels_of(node, configuration)
    recording = [level for level in levels if Part.RECORDS in kinds.parts(level)]
    for level in recording:
        parts = kinds.parts(level)
        before = parts[: parts.index(Part.RECORDS)]
        if Part.SWITCHES not in before:
            return _not_behind(node, level, len(before), kinds)
    if recording and certain:
        return None
    return _no_level(node)


def weak_spot(node: NodeName, configuration: Configuration) -> str:
    """What could have made Pacemaker say that the node is fenced without switching its power off: a level
    or a device, in words; "" if nothing."""
    kinds = _Kinds(configuration)
    certain, levels = _levels_of(node, configuration)
    for level in levels:
        devices = _devices(level)
        if not any(kinds.switches(name, alone=len(devices) == 1) for name in devices):
            return f"{_name(level)} ({', '.join(devices)})"
    return "" if certain else _weak_device(node, configuration, kinds)


class _Kinds:
    """What each device does, by its name."""

    def __init__(self, configuration: Configuration, others: Collection[str] = ()) -> None:
        known = told_agents(configuration.devices) | frozenset(others)
        self.devices = {one.name: one for one in configuration.devices}
        self._parts = {one.name: part_of(one, known) for one in configuration.devices}

    def part(self, name: str) -> Part:
        return self._parts.get(name, Part.NEITHER)

    def parts(self, level: Level) -> Sequence[Part]:
        return [self.part(name) for name in _devices(level)]

    def switches(self, name: str, *, alone: bool) -> bool:
        """A device alone is told to reboot, several are told off and then on."""
        return self.part(name) is Part.SWITCHES and not (alone and cycles(self.devices[name]))

    def describe(self, name: str) -> str:
        device = self.devices.get(name)
        return f"{name} is {agent_of(device) if device else 'unknown'}"


def _levels_of(node: NodeName, configuration: Configuration) -> tuple[bool, Sequence[Level]]:
    """Those that could be the node's, and whether it is certain that it has any.

    A level is looked at by itself, also where several have one target and one index: what Pacemaker makes
    of these depends on when each was written.
    """
    exact = [level for level in configuration.levels if _key(level) == node]
    if exact:
        return True, exact
    attributes = configuration.attributes.get(node, {})
    fits = {_key(level): _fits(node, attributes, level) for level in configuration.levels}
    found = [level for level in configuration.levels if fits[_key(level)] is not False]
    return True in fits.values(), found


def _key(level: Level) -> str:
    """What Pacemaker files it under."""
    if "target" in level:
        return level["target"]
    if "target-pattern" in level:
        return level["target-pattern"]
    return f"{level.get('target-attribute', '')}={level.get('target-value', '')}"


def _fits(node: NodeName, attributes: Mapping[str, str], level: Level) -> bool | None:
    """None: nobody but Pacemaker can say."""
    if "target" in level:
        return level["target"].casefold() == node.casefold()
    if "target-pattern" in level:
        return _matches(level["target-pattern"], node)
    name = level.get("target-attribute", "")
    return name in attributes and attributes[name] == level.get("target-value")


_CLASSES = {
    "[:alnum:]": "A-Za-z0-9",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
}
_ATOM = r"(?:[\w .:,-]|\\[.-]|\)|\[\^?[\w .:-]+\])"
_PLAIN = re.compile(rf"(?:{_ATOM}(?:[*+?]|{{\d+(?:,\d*)?}})?|[$(^|])*", re.ASCII)


def _matches(pattern: str, node: NodeName) -> bool | None:
    """Pacemaker's patterns are POSIX's extended ones: what Python may read otherwise is None."""
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    if not _PLAIN.fullmatch(pattern):
        return None
    try:
        return re.search(pattern, node) is not None
    except re.error:
        return None


def _devices(level: Level) -> Sequence[str]:
    return [name.strip() for name in level.get("devices", "").split(",") if name.strip()]


def _name(level: Level) -> str:
    return f"fencing level {level.get('index', '?')} of {_key(level)}"


def _weak_device(node: NodeName, configuration: Configuration, kinds: _Kinds) -> str:
    may = [one for one in configuration.devices if _may_fence(one, node)]
    weak = [one.name for one in may if not kinds.switches(one.name, alone=True)]
    if configuration.said("fencing-watchdog-timeout") not in ("", "0", "0s"):
        weak.append("the watchdog")
    if not may:
        weak.append("a device that is not configured now")
    return weak[0] if weak else ""


def _may_fence(device: Resource, node: NodeName) -> bool:
    """Whether Pacemaker could call it for the node. A device that lists its hosts by itself could."""
    parameters = device.parameters
    if parameters.get("pcmk_host_check", "static-list") != "static-list":
        return True
    listed = f"{parameters.get('pcmk_host_list', '')} {parameters.get('pcmk_host_map', '')}"
    names = {name.casefold() for name in re.split(r"[:=;,\s]+", listed) if name}
    return not names or node.casefold() in names


def _not_behind(node: NodeName, level: Level, before: int, kinds: _Kinds) -> Problem:
    devices = _devices(level)
    recorder, others = devices[before], devices[:before]
    told, hint = "", f"pcs stonith level add INDEX {node} POWER-DEVICE {recorder}, in this order"
    if others:
        told = f" ({', '.join(kinds.describe(name) for name in others)})"
        hint += f"; if what stands there switches the power, set power_agents=AGENT on {recorder}"
    return Problem(
        f"nothing switches {node} off: {_name(level)} has no device that does so before {recorder}, "
        f"which only records{told}",
        hint,
    )


def _no_level(node: NodeName) -> Problem:
    return Problem(
        f"nothing switches {node} off: no fencing level of it has another device beside this one, "
        "which only records",
        f"pcs stonith level add 1 {node} POWER-DEVICE THIS-DEVICE, in this order",
    )
