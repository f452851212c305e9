"""By which action of a BMC a system is switched: its own, else that of the chassis that it has for itself.

DSP2046 has Reset for ComputerSystem and for Chassis. What the latter does to systems depends on the
release and the maker ("side effects can occur that affect those resources", up to Chassis 1.22): so it is
asked for only where the system's own takes no ForceOff, and PowerState of the system is read back as
ever. A chassis that has, or contains, anything else is left alone: with an enclosure the neighbours would
go. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
TYPES = {"off": ("ForceOff",), "on": ("On", "ForceOn")}
"""ResetType for a power state, in the order of our preference."""
_SYSTEM, _CHASSIS = "#ComputerSystem.Reset", "#Chassis.Reset"
_ALLOWED = "ResetType@Redfish.AllowableValues"


class NoAction(Exception):
    """The system has none. ``args`` is its name."""


@dataclass(frozen=True)
class Way:
    """``value`` is sent to ``target``, an action of the resource at ``path``."""

    path: str
    target: str
    value: str


def way(
    path: str, system: Document, wanted: str, read: Callable[[str], Document]
) -> Way | tuple[str, ...]:
    """To a power state; where there is none, what the system's own action would take.

    ``read`` gives the resource at a path. Raises NoAction, and what ``read`` does."""
    own = _action(system, _SYSTEM)
    if own is None:
        raise NoAction(_SYSTEM)
    allowed = own.get(_ALLOWED) or [each for values in TYPES.values() for each in values]
    if value := _first(TYPES[wanted], allowed):
        return Way(path, own["target"], value)
    for chassis in _links(system, "Chassis"):
        document = read(chassis)
        action = _action(document, _CHASSIS)
        value = _first(TYPES[wanted], action.get(_ALLOWED)) if action else ""
        if action and value and _is_for(document, path):
            return Way(chassis, action["target"], value)
    return tuple(map(str, allowed))


def _action(resource: Document, name: str) -> Document | None:
    action = (resource.get("Actions") or {}).get(name)
    return action if isinstance(action, dict) and "target" in action else None


def _first(wanted: tuple[str, ...], allowed: object) -> str:
    return next((one for one in wanted if isinstance(allowed, list) and one in allowed), "")


def _is_for(chassis: Document, system: str) -> bool:
    """For this system alone, by its own word: one that says nothing may be anything."""
    systems = [each.rstrip("/") for each in _links(chassis, "ComputerSystems")]
    return systems == [system.rstrip("/")] and not list(_links(chassis, "Contains"))


def _links(resource: Document, name: str) -> Iterator[str]:
    for one in (resource.get("Links") or {}).get(name) or ():
        yield str(one["@odata.id"])
