"""The hosts that could take an instance, as last seen."""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf.cloud.records import Off
from vmha_ocf.model import Flag
from vmha_ocf.proof import presence
from vmha_ocf.proof.presence import Services


class Destinations:
    """Less what went off since, for good: a host that boots is at its gate, and takes nothing before Nova
    is seen to call it up again. To ask for an evacuation that has no destination turns an instance into an
    ERROR."""

    def __init__(self) -> None:
        self._known: Services = None

    @property
    def count(self) -> int:
        return len(self._known or ())

    @property
    def are_there(self) -> bool:
        """Or nobody knows."""
        return self._known is None or bool(self._known)

    def note(self, services: Services, flags: Iterable[Flag], off: Off) -> None:
        self._known = presence.destinations(services, off, presence.gated(flags))

    def fewer(self, flags: Iterable[Flag], off: Off) -> None:
        self.note(self._known, flags, off)
