"""The doors to what holds evacuation: a person's word, and too many failures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from vmha_ocf.cluster import storm
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Ports


class Holds(Protocol):
    """What an operator says about evacuating at all. Raises FlagsUnavailable; writes also
    FlagNotWritten."""

    def read(self) -> Hold | None: ...

    def write(self, wanted: Hold) -> None:
        """Read back before it returns."""

    def end(self) -> None:
        """Every hold there is."""

    def release_storm(self) -> None:
        """What ``Flags.storm_release`` tells from then on, until it has aged."""


class Failures(Protocol):
    """When the nodes failed, kept apart from flags and history: what makes a storm."""

    def read(self) -> storm.Failures:
        """Raises FlagsUnavailable."""

    def note(
        self, failed: storm.Failures, gone: storm.Failures | None = None
    ) -> Collection[NodeName]:
        """Failures more, in seconds since the epoch, of all that have failed: those that are known already
        change nothing. ``gone``: times that others stand for, by a clock that was set. Read back before it
        returns. Answers with the nodes that Pacemaker does not know, of which none is kept. Raises
        FlagsUnavailable, FlagNotWritten."""


class HoldingPorts(Ports, Protocol):
    @property
    def holds(self) -> Holds: ...
    @property
    def failures(self) -> Failures: ...
