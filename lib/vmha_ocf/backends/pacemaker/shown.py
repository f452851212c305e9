"""What Pacemaker shows of a resource that is degraded, kept true.

Pacemaker notes the reason when a monitor's exit code becomes 190, and keeps that one until somebody
cleans the resource up: a later reason is not shown, and the last one stays when all is well. No
failure-timeout ends it, because it is no failure (measured on 2.1.5). So it is remembered what is
shown. Before another reason is given a monitor says 0 once; what has been over for a while is cleaned
up, by the command that a person would type.

A monitor imports this: nothing heavy.
"""

from __future__ import annotations

import os

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import OCF_DEGRADED, OCF_SUCCESS

OVER = 45.0
"""Seconds without trouble after which what was shown is of the past. What comes and goes would have
the resource cleaned up again and again."""
_CLEAN_UP = """sleep 1
n=0
until crm_resource --wait --timeout=60s >/dev/null 2>&1 || [ $((n += 1)) -ge 10 ]; do sleep 10; done
exec crm_resource --cleanup --resource "$1" --node "$2"
"""
"""After this action: Pacemaker answers when none is under way. And not while it has anything to do: what it
has forgotten it looks at again once that is done, a fencing of minutes for example, and calls the resource
stopped until then. A cluster that is never at rest is not waited for for ever."""
_LONGEST = 4000
"""Characters that are read."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmha_ocf.agent.ocf import Call


class Shown:
    """Of one resource on this node. Whoever runs a monitor by hand, or a probe, changes nothing here."""

    def __init__(
        self, call: Call, over: float = OVER, leave: Callable[[Sequence[str]], None] = probe.leave
    ) -> None:
        self._path = f"{call.kept}.shown"
        self._call = call
        self._by_pacemaker = bool(call.node) and not call.probe
        self._over = over
        self._leave = leave

    def degraded(self, reason: str) -> int:
        """The exit code, with this reason."""
        _, shown = self._read()
        if shown and shown != reason and self._by_pacemaker:
            self._write("")
            return OCF_SUCCESS
        self._call.explain(reason)
        if self._by_pacemaker:
            self._write(reason)
        return OCF_DEGRADED

    def well(self) -> int:
        """The exit code of one that has nothing to tell."""
        at, _ = self._read()
        if self._by_pacemaker and at is not None and SystemClock().monotonic() - at >= self._over:
            os.unlink(self._path)
            words = ["sh", "-c", _CLEAN_UP, "sh", self._call.resource, self._call.node]
            self._leave(words)
        return OCF_SUCCESS

    def _read(self) -> tuple[float | None, str]:
        """When something was told last, and what Pacemaker shows: "" is of the past."""
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                at, _, reason = file.read(_LONGEST).partition("\n")
            return float(at), reason
        except (OSError, ValueError):
            return None, ""

    def _write(self, reason: str) -> None:
        """A full /run makes it forget, and that is all."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{SystemClock().monotonic():.3f}\n{reason}")
        except OSError:
            pass
