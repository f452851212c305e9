"""Since when a policy has guests restarted: what was down before is left as it is.

It is kept beside a controller, as a permanent attribute, so that a worker that comes after us restarts
what fails between two workers, and nothing older.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vmha_ocf.model import Epoch, NodeName
from vmha_ocf.ports import Later, Ports

ATTRIBUTE = "vmha-guests-since"
_TIME = re.compile(r"[1-9][0-9]{0,10}")


class SwitchedOn:
    def __init__(self, ports: Ports, me: NodeName) -> None:
        self._ports = ports
        self._me = me
        self._since: Epoch | None = None
        self._forgetting: Later[None] | None = None
        self._is_forgotten = False

    def since(self) -> Epoch:
        """Raises FlagsUnavailable, FlagNotWritten: then nobody is restarted."""
        if self._since is None:
            was_off = self._is_forgotten or self._forgetting is not None
            known = {} if was_off else times(self._ports.notes.read(ATTRIBUTE))
            self._since = min(known.values()) if known else self._write()
            self._is_forgotten, self._forgetting = False, None
        return self._since

    def off(self) -> None:
        """No policy asks for it: what fails from now on is not restarted by one that comes later. A worker
        that is started without one looks once whether the one before had one, and waits for nothing.
        Raises as ``since``."""
        self._since = None
        if self._is_forgotten:
            return
        if self._forgetting is None:
            self._forgetting = self._ports.aside(self._forget)
        if self._forgetting.is_there:
            forgetting, self._forgetting = self._forgetting, None
            forgetting.get()
            self._is_forgotten = True

    def _forget(self) -> None:
        for node, text in self._ports.notes.read(ATTRIBUTE).items():
            self._ports.notes.remove(node, ATTRIBUTE, text)

    def _write(self) -> Epoch:
        now = self._ports.clock.now()
        self._ports.notes.write(self._me, ATTRIBUTE, f"{int(now)}")
        return Epoch(int(now))


def times(texts: Mapping[NodeName, str]) -> Mapping[NodeName, Epoch]:
    """What none of us wrote says nothing."""
    return {node: Epoch(float(text)) for node, text in texts.items() if _TIME.fullmatch(text)}
