"""Board over attrd_updater and the CIB: the public attributes of the node that this runs on.

They are read from the CIB, as the controllers see them: after a remote node's connection has moved,
attrd and the CIB have both lost them. On a remote node both tools go through its connection (seen on
2.1.5, and on 3.0).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vmha_ocf.backends.pacemaker.cib import Cib, quote
from vmha_ocf.backends.pacemaker.tools import ask, no_answer
from vmha_ocf.backends.process.command import Run, run

TOOL = "attrd_updater"
_PLACES = (
    "/cib/status/node_state[@uname={}]/transient_attributes/instance_attributes/nvpair[{}]",
    "/cib/configuration/nodes/node[@uname={}]/instance_attributes/nvpair[{}]",
)


class OwnAttributes:
    """``node``: Pacemaker's name of it. ``timeout``: seconds for one call."""

    def __init__(self, node: str, run: Run = run, *, timeout: float = 5.0) -> None:
        self._node = node
        self._run = run
        self._timeout = timeout
        self._cib = Cib(run, timeout=timeout)

    def read(self, names: Collection[str]) -> Mapping[str, str]:
        """Raises CommandUnavailable, NotInstalled."""
        wanted = " or ".join(f"@name={quote(name)}" for name in names)
        places = (one.format(quote(self._node), wanted) for one in _PLACES)
        found = self._cib.query("|".join(places))
        return {one.get("name", ""): one.get("value", "") for one in found}

    def write(self, name: str, text: str) -> None:
        """Raises CommandUnavailable, NotInstalled."""
        self._ask(name, f"--update={text}")

    def remove(self, name: str) -> None:
        """Raises CommandUnavailable, NotInstalled."""
        self._ask(name, "--delete")

    def _ask(self, name: str, what: str) -> None:
        argv = [TOOL, f"--name={name}", f"--node={self._node}", what]
        result = ask(self._run, argv, self._timeout)
        if result.rc != 0:
            raise no_answer(TOOL, result)
