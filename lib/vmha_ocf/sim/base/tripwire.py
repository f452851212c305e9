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
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from vmha_ocf.worker.ports import WorkerPorts

P = TypeVar("P")
HARMLESS = frozenset({"now", "monotonic", "close"})
"""Dying around these is dying around their neighbours."""


class Wrap(Protocol):
    """Stands between an agent and one of its ports; ``Tripwire.wrap`` is one.

    Names are ``NovaEvacuate.nova``, ``fence_compute.bmc``, ``NovaCompute.units`` and so on."""

    def __call__(self, port: P, name: str, /) -> P: ...


def unwrapped(port: P, _name: str) -> P:
    """Nothing between."""
    return port


class Died(BaseException):
    """The process was killed. Not an Exception: no error boundary may survive it."""


@dataclass
class Tripwire:
    at: int = 0
    """Counts from 1; 0 never dies."""
    after_effect: bool = False
    calls: list[str] = field(default_factory=list)

    def wrap(self, port: P, name: str) -> P:
        return cast(P, Wired(self.call, port, name))

    def worker_ports(self, ports: WorkerPorts) -> WorkerPorts:
        return replace(
            ports,
            clock=self.wrap(ports.clock, "clock"),
            flags=self.wrap(ports.flags, "flags"),
            holds=self.wrap(ports.holds, "holds"),
            failures=self.wrap(ports.failures, "failures"),
            traces=self.wrap(ports.traces, "traces"),
            notes=self.wrap(ports.notes, "notes"),
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


class Counted:
    """A port whose calls are noted by their names, and that is all."""

    def __init__(self, calls: list[str], port: object, name: str) -> None:
        self._calls = calls
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)
        found = target if method in HARMLESS else self._counted(method, target)
        setattr(self, method, found)
        return found

    def _counted(self, method: str, target: Callable[..., Any]) -> Callable[..., Any]:
        name, note = f"{self._name}.{method}", self._calls.append

        def counted(*args: Any, **kwargs: Any) -> Any:
            note(name)
            return target(*args, **kwargs)

        return counted


class Wired:
    """A port whose calls go through ``call``, with their names."""

    def __init__(
        self, call: Callable[[str, Callable[[], Any]], Any], port: object, name: str
    ) -> None:
        self._call = call
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)
        found = target if method in HARMLESS else self._wired(method, target)
        # Asked for millions of times: from now on Python finds it without us.
        setattr(self, method, found)
        return found

    def _wired(self, method: str, target: Callable[..., Any]) -> Callable[..., Any]:
        name = f"{self._name}.{method}"

        def wired(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, partial(target, *args, **kwargs))

        return wired
