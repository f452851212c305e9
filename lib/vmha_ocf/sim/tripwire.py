"""Dying at the k-th call of a port, before or after its effect.

    dry = Tripwire()                                the calls that a run makes: dry.calls
    wire = Tripwire(at=17, after_effect=True)
    worker = Worker(wire.worker_ports(world.worker_ports()))
    with pytest.raises(Died): ...

One tripwire dies once. What is started again after it may use the same one: it only counts on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from vmha_ocf.ports import WorkerPorts

P = TypeVar("P")
_HARMLESS = frozenset({"now", "monotonic", "close"})
"""Dying around these is dying around their neighbours."""


class Died(BaseException):
    """The process was killed. Not an Exception: no error boundary may survive it."""


@dataclass
class Tripwire:
    at: int = 0
    """Counts from 1; 0 never dies."""
    after_effect: bool = False
    calls: list[str] = field(default_factory=list)

    def wrap(self, port: P, name: str) -> P:
        return cast(P, _Wired(self, port, name))

    def worker_ports(self, ports: WorkerPorts) -> WorkerPorts:
        return replace(
            ports,
            clock=self.wrap(ports.clock, "clock"),
            flags=self.wrap(ports.flags, "flags"),
            holds=self.wrap(ports.holds, "holds"),
            cluster=self.wrap(ports.cluster, "cluster"),
            nova=self.wrap(ports.nova, "nova"),
        )

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        self.calls.append(name)
        here = len(self.calls) == self.at
        if here and not self.after_effect:
            raise Died(f"before call {self.at}, {name}")
        try:
            return effect()
        finally:
            if here:
                # Also where the call failed: nobody lives to see the error.
                raise Died(f"after call {self.at}, {name}")


class _Wired:
    def __init__(self, tripwire: Tripwire, port: object, name: str) -> None:
        self._tripwire = tripwire
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)
        if method in _HARMLESS:
            return target
        name = f"{self._name}.{method}"

        def wired(*args: Any, **kwargs: Any) -> Any:
            return self._tripwire.call(name, lambda: target(*args, **kwargs))

        return wired
