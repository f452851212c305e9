"""Whether evacuation waits for a person: an operator's hold, or a storm that nobody has released."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from vmha_ocf import storm
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import Flag
from vmha_ocf.ports import WorkerPorts

LOOK_AGAIN = 10.0
"""Seconds between two looks at an operator's hold while nothing is flagged."""


class Held:
    """Not knowing holds too. ``problems`` says why, one sentence for each reason."""

    def __init__(self, ports: WorkerPorts, storm_limit: int) -> None:
        self.problems: dict[str, str] = {}
        self._ports = ports
        self._limit = storm_limit
        self._storm = False
        self._looked = -inf

    def look(self, flags: Iterable[Flag]) -> bool:
        known = list(flags)
        by_hand = self._is_held_by_hand(bool(known))
        return self._is_storm(known) or by_hand

    def _is_held_by_hand(self, flagged: bool) -> bool:
        """Told all the time: a hold that was forgotten must not be noticed by the next failure."""
        now = self._ports.clock.monotonic()
        if not flagged and "hold" not in self.problems and now - self._looked < LOOK_AGAIN:
            return False
        self._looked = now
        self.problems.pop("hold", None)
        try:
            hold = self._ports.holds.read()
        except VmhaError as error:
            self.problems["hold"] = f"whether evacuation is held is not known: {error}"
            return True
        if hold is not None:
            self.problems["hold"] = hold.reason
        return hold is not None

    def _is_storm(self, known: list[Flag]) -> bool:
        self._storm = storm.is_storm(known, self._limit, self._storm)
        self.problems.pop("storm", None)
        if not self._storm:
            return False
        try:
            if self._ports.flags.storm_released():
                return False
            self.problems["storm"] = storm.hold_reason(known, self._limit)
        except VmhaError as error:
            self.problems["storm"] = str(error)
        return True
