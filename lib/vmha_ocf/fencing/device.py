"""What a fencing device of Pacemaker's configuration does about a host. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum

from vmha_ocf.cluster.configuration import OUR_FENCING, Configuration, Resource
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.power_agents import RECORDING, STONITH, SWITCHING, names_of
from vmha_ocf.fencing.request import Mode, decide_mode

_OFF = ("off", "reboot")
OTHER_STEPS = 30.0
"""Seconds of a fencing beside kdump_wait and power_timeout: two logins, and the flag."""
_UNITS = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "ms": 0.001,
    "msec": 0.001,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
}


class Part(Enum):
    """What a device does about a host."""

    SWITCHES = "switches its power"
    RECORDS = "only records"
    """Ours, with record_only."""
    NEITHER = "does not switch its power"


def part_of(device: Resource, others: Collection[str]) -> Part:
    """``others``: agents that switch power by an operator's word, by their names."""
    if not device.is_fencing:
        return Part.NEITHER
    options = options_of(device)
    if device.kind == OUR_FENCING:
        part = _part_of_ours(options)
    else:
        name = agent_of(device)
        known = name not in RECORDING and (name in SWITCHING or name in others)
        part = Part.SWITCHES if known else Part.NEITHER
    return Part.NEITHER if part is Part.SWITCHES and not _off_is_off(options) else part


def agent_of(device: Resource) -> str:
    return device.kind.removeprefix(STONITH)


def cycles(device: Resource) -> bool:
    """A reboot by it is one request to the BMC and no OFF that anybody has read."""
    return options_of(device).get("method", "").strip().lower() == "cycle"


def told_agents(devices: Iterable[Resource]) -> frozenset[str]:
    """What the devices of ours are told, without what switches nothing."""
    told = [
        options_of(each).get("power_agents", "") for each in devices if each.kind == OUR_FENCING
    ]
    return frozenset().union(*(names_of(text) for text in told)) - RECORDING


def _part_of_ours(options: Mapping[str, str]) -> Part:
    try:
        mode = decide_mode(options)
    except ParameterError:
        return Part.NEITHER
    return {Mode.POWER: Part.SWITCHES, Mode.RECORD: Part.RECORDS}.get(mode, Part.NEITHER)


def _off_is_off(options: Mapping[str, str]) -> bool:
    """Pacemaker can be told to say another word than the action's to an agent."""
    said = (options.get(f"pcmk_{action}_action") or action for action in _OFF)
    return all(word.lower() in _OFF for word in said)


def options_of(device: Resource) -> Mapping[str, str]:
    """Named as the agents name them: ``-`` for ``_`` is known to all, ``ipaddr`` is from before."""
    named = {name.replace("-", "_"): value for name, value in device.parameters.items()}
    return {"ip": named.get("ipaddr", ""), **named}


def too_short(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do, of each device that Pacemaker would kill while a host dumps."""
    for device in configuration.of_kind(OUR_FENCING):
        options = options_of(device)
        wait = _number(options.get("kdump_wait", ""), 0.0)
        if not wait:
            continue
        needed = wait + (_number(options.get("power_timeout", ""), 30.0) or wait) + OTHER_STEPS
        for action in _OFF:
            name = f"pcmk_{action}_timeout"
            given = _given(options, configuration.properties, name)
            if given < needed:
                yield (
                    f"{device.name} may wait for {wait:g} s while a host dumps, and Pacemaker ends its "
                    f"{action} after {given:g} s",
                    f"pcs stonith update {device.name} {name}={needed:.0f}s: kdump_wait, power_timeout "
                    f"and {OTHER_STEPS:g} s more",
                )


def _given(options: Mapping[str, str], properties: Mapping[str, str], name: str) -> float:
    """Seconds: the device's own, else the cluster's, else Pacemaker's default."""
    return seconds(options.get(name, "")) or seconds(properties.get("stonith-timeout", "")) or 60.0


def _number(text: str, default: float) -> float:
    try:
        return max(0.0, float(text)) if text.strip() else default
    except ValueError:
        return default


def seconds(text: str) -> float:
    """Pacemaker's spelling of a time; 0 for what it is not."""
    match = re.fullmatch(r"\s*([0-9]+)\s*([a-z]*)\s*", text.lower())
    return float(match[1]) * _UNITS.get(match[2], 0.0) if match else 0.0
