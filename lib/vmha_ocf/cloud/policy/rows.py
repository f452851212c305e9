"""The rows of a class: what is done about which failure. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cloud.policy import obeyed
from vmha_ocf.cloud.policy.kinds import KINDS, Action, Kind
from vmha_ocf.cloud.policy.table import Table, nearest

_WORDS = [one.value for one in Action]


def read(table: Table, not_yet: Mapping[str, str]) -> Mapping[str, tuple[Action, ...]]:
    """Of the class ``table``. By kind, such as ``guest.crashed``."""
    found: dict[str, tuple[Action, ...]] = {}
    for area, kinds in KINDS.items():
        obeyed.refuse(table, area, f"class.{area}", not_yet)
        below = table.table(area)
        for name, kind in kinds.items():
            row = _row(below, name, kind)
            obeyed.refuse(below, name, f"class.{area}.{name}", not_yet)
            for action in row:
                for what in (f"{name}.{action.value}", action.value):
                    obeyed.refuse(below, name, f"class.{area}.{what}", not_yet)
            if row:
                found[f"{area}.{name}"] = row
        below.close()
    return found


def _row(table: Table, name: str, kind: Kind) -> tuple[Action, ...]:
    words = table.texts(name)
    unknown = [word for word in words if word not in _WORDS]
    for word in unknown:
        told = nearest(word, _WORDS) or f"one of {', '.join(_WORDS)}"
        table.fault(name, f"'{word[:60]}' is nothing that can be done", told)
    if unknown:
        return ()
    actions = tuple(Action(word) for word in words)
    for action in actions:
        if action not in kind.may:
            why = kind.cannot.get(action, f"it is no answer to {name}")
            table.fault(name, f"{action.value} can never work: {why}")
    for action in actions[:-1]:
        if action.ends:
            told = f"what comes after {action.value} is never reached"
            table.fault(name, told, f"make {action.value} the last")
    return actions
