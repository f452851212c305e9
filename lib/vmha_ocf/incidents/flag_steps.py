"""The steps of incidents that are told by the flags alone: fenced, held, over."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.model import Event, Flag, NovaHost, Step
from vmha_ocf.ports import Ports


class FlagSteps:
    """Tells each once; what an earlier worker has told already counts once all the same."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._told: dict[NovaHost, set[object]] = {}

    def look(self, flags: Mapping[NovaHost, Flag], held: str) -> None:
        """In every round. ``held``: why evacuation waits for an operator; empty if it does not."""
        self._told = {host: self._told.get(host, set()) for host in flags}
        for flag in flags.values():
            if flag.pending:
                self._pending(flag, held)
            elif self._is_new(flag.host, Step.OVER):
                self._tell(Step.OVER, flag.host, "its end was not seen")

    def _pending(self, flag: Flag, held: str) -> None:
        self._told[flag.host].discard(Step.OVER)
        proof = flag.evidence
        if proof and self._is_new(flag.host, proof):
            self._ports.tell(
                Event(Step.FENCED, flag.host, proof.at, by=proof.by, detail=proof.proof)
            )
        if held and self._is_new(flag.host, Step.HELD):
            self._tell(Step.HELD, flag.host, held)

    def _tell(self, step: Step, host: NovaHost, detail: str) -> None:
        self._ports.tell(Event(step, host, self._ports.clock.now(), detail=detail))

    def _is_new(self, host: NovaHost, key: object) -> bool:
        if key in self._told[host]:
            return False
        self._told[host].add(key)
        return True
