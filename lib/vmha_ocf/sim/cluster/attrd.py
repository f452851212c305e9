"""Pacemaker's attribute manager as the agents meet it.

It accepts an update before it is applied, keeps everything in memory, ignores the case of keys and
values, and forgets all values of a remote node's own name when its connection stops or starts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.errors import FlagsUnavailable
from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.core import Core, Wire

T = TypeVar("T")


class SimAttrd:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._values: dict[str, dict[str, str]] = defaultdict(dict)
        self._texts: dict[str, str] = {}
        """All values of a name as one text: an idle worker asks for that twice a second."""
        self._age = 0
        self._wire = Wire(core, "attrd", {"down": _silent}, {"lost-answer": _silent})
        self.running = True

    def values(self, name: str) -> Mapping[str, str]:
        """Empty and absent are one."""
        return self._call("query", lambda: self.truth(name))

    def answer(self, name: str) -> str:
        """All values as one text."""
        return self._call("query", lambda: self._text(name))

    def update(self, name: str, key: str, value: str) -> None:
        """Accepted is not applied: see for yourself later."""
        self._call("update", lambda: self._accept(name, key, value))

    def truth(self, name: str) -> Mapping[str, str]:
        return {key: value for key, value in self._values[name].items() if value}

    def _text(self, name: str) -> str:
        if name not in self._texts:
            self._texts[name] = repr(sorted(self.truth(name).items()))
        return self._texts[name]

    def put(self, name: str, key: str, value: str) -> None:
        values = self._values[name]
        spelled = next((known for known in values if same(known, key)), key)
        if not same(values.get(spelled, ""), value):
            values[spelled] = value
            self._texts.clear()

    def purge(self, node: NodeName) -> None:
        """Every attribute of this name, private or not."""
        self._texts.clear()
        for values in self._values.values():
            for key in [key for key in values if same(key, node)]:
                if values.pop(key):
                    self._core.journal.say("attrd", f"the attributes of {node} are removed")

    def forget_all(self) -> None:
        self._values.clear()
        self._texts.clear()
        self._age += 1

    def _accept(self, name: str, key: str, value: str) -> None:
        if self._core.strike("attrd.update", "lost"):
            return
        late = self._core.strike("attrd.update", "late")
        delay = late.seconds if late else self._core.timing.attrd
        age = self._age

        def apply() -> None:
            if age == self._age:
                self.put(name, key, value)

        self._core.timeline.after(delay, apply)

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        """It may be stopped before the call comes to it."""

        def answer() -> T:
            if not self.running:
                raise _silent(method)
            return effect()

        return self._wire.call(method, answer)


def _silent(_: str) -> FlagsUnavailable:
    return FlagsUnavailable("attrd does not answer", hint="is the cluster running here?")
