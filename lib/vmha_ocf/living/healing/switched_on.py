"""Since when a policy has guests restarted: what was down before is left as it is.

It is kept beside a controller, as a permanent attribute, so that a worker that comes after us restarts
what fails between two workers, and nothing older.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vmha_ocf.model import Epoch, NodeName
from vmha_ocf.ports import Ports

ATTRIBUTE = "vmha-guests-since"
_TIME = re.compile(r"[1-9][0-9]{0,10}")


class SwitchedOn:
    def __init__(self, ports: Ports, me: NodeName) -> None:
        self._ports = ports
        self._me = me
        self._since: Epoch | None = None

    def since(self) -> Epoch:
        """Raises FlagsUnavailable, FlagNotWritten: then nobody is restarted."""
        if self._since is None:
            times = _times(self._ports.notes.read(ATTRIBUTE))
            self._since = min(times.values()) if times else self._write()
        return self._since

    def off(self) -> None:
        """No policy asks for it any more. Raises as ``since``."""
        if self._since is not None:
            for node, text in self._ports.notes.read(ATTRIBUTE).items():
                self._ports.notes.remove(node, ATTRIBUTE, text)
            self._since = None

    def _write(self) -> Epoch:
        now = self._ports.clock.now()
        self._ports.notes.write(self._me, ATTRIBUTE, f"{int(now)}")
        return Epoch(int(now))


def _times(texts: Mapping[NodeName, str]) -> Mapping[NodeName, Epoch]:
    """What none of us wrote says nothing."""
    return {node: Epoch(float(text)) for node, text in texts.items() if _TIME.fullmatch(text)}
