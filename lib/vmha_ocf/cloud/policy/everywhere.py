"""Whether all controllers have the same policy, from what each has said of its file. Pure.

Each says it in a permanent attribute of its own node: the worker for the controller that it runs on,
``vmha policy`` for any. A controller whose file has changed since says so when the worker comes to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.model import NodeName

ATTRIBUTE = "vmha-policy"
FAULTY = "not-understood"
"""In place of a digest."""


def word_of(understood: Understood) -> str:
    """What a controller says of its file; "" without one."""
    return FAULTY if understood.faults else understood.policy.digest


def differs(
    me: NodeName, mine: str, said: Mapping[NodeName, str], controllers: Collection[NodeName]
) -> str:
    """A sentence; "" if all ``controllers`` have what this one has."""
    others = sorted(set(controllers) - {me})
    silent = [node for node in others if not said.get(node)]
    other = {node: said[node] for node in others if node not in silent and said[node] != mine}
    told = "; ".join(_parts(other, silent))
    if not told:
        return ""
    return f"the policy of {me} is {mine}, but {told}: nothing new is begun by it"


def _parts(other: Mapping[NodeName, str], silent: Collection[NodeName]) -> Iterator[str]:
    if other:
        yield ", ".join(f"that of {node} is {word}" for node, word in other.items())
    if silent:
        yield f"nobody has said what that of {', '.join(silent)} is (type there: vmha policy)"
