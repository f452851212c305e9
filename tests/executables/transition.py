"""One transition of Pacemaker's: what it does, and what it is bound to do before what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree


class Transition:
    """Of the graph that crm_simulate saves. An action is named ``<resource>_<operation>_<ms>@<node>``
    or ``stonith-<node>-<operation>@<node>``, without a clone's number; a pseudo action has no node."""

    def __init__(self, graph: bytes) -> None:
        self._needs: dict[str, set[str]] = {}
        self.actions: dict[str, str] = {}
        """Names by number."""
        for synapse in etree.fromstring(graph).iter("synapse"):
            for action in synapse.iterfind("action_set/*"):
                number = str(action.get("id"))
                operation = re.sub(r":\d+_", "_", str(action.get("operation_key")))
                self.actions[number] = f"{operation}@{action.get('on_node', '')}"
                triggers = synapse.iterfind("inputs/trigger/*")
                self._needs[number] = {str(one.get("id")) for one in triggers}

    def named(self, *parts: str) -> list[str]:
        """The actions whose names have all of these parts, sorted."""
        return sorted(set(map(self.actions.__getitem__, self._numbers(*parts))))

    def is_bound(self, first: str, then: str) -> bool:
        """Whether each action that is named ``then`` has to wait for the one named ``first``."""
        (one,) = self._numbers(first)
        others = self._numbers(then)
        assert others, f"there is no {then} in {self.named('')}"
        return all(one in self._before(other) for other in others)

    def _numbers(self, *parts: str) -> list[str]:
        return [
            number for number, name in self.actions.items() if all(part in name for part in parts)
        ]

    def _before(self, number: str) -> set[str]:
        return set(self._walk(number, set()))

    def _walk(self, number: str, seen: set[str]) -> Iterator[str]:
        for need in self._needs.get(number, set()) - seen:
            seen.add(need)
            yield need
            yield from self._walk(need, seen)
