"""What happened: one line each for people, and typed facts for the invariants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.timeline import Timeline

US = "us"
OWNER, ADMIN = "its owner", "an admin"
"""Who asks through the Nova port; others have a name of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    time: float
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.time:9.2f}  {self.who}: {self.what}"


@dataclass(frozen=True, slots=True)
class Fact:
    time: float


@dataclass(frozen=True, slots=True)
class HostFact(Fact):
    host: NovaHost


@dataclass(frozen=True, slots=True)
class HostFailed(HostFact):
    """Its power or its network is gone."""

    how: str


@dataclass(frozen=True, slots=True)
class NodeLost(HostFact):
    """Pacemaker has found its connection dead."""


@dataclass(frozen=True, slots=True)
class NodeJoined(HostFact):
    pass


@dataclass(frozen=True, slots=True)
class ProvenOff(HostFact):
    """A BMC answered "off", truly, or Pacemaker recorded a successful fencing."""

    by: str


@dataclass(frozen=True, slots=True)
class ComputeStarted(HostFact):
    """nova-compute began to run. The rest is the truth of that moment."""

    by_us: bool
    """Through the port, not behind our back."""
    flagged: bool
    unfinished: tuple[InstanceId, ...]


@dataclass(frozen=True, slots=True)
class HeartbeatsBegin(HostFact):
    """Nova hears of the host from now on."""

    first: float
    """When its first heartbeat is due."""


@dataclass(frozen=True, slots=True)
class ComputeEnded(HostFact):
    """nova-compute runs no more, whyever."""


@dataclass(frozen=True, slots=True)
class EvacuateAccepted(HostFact):
    """Nova said 200 to a request: ours, which came through the port, or another tool's."""

    instance: InstanceId
    rivals: tuple[int, ...]
    """Earlier moves of this instance that were still in flight, whoever had asked for them."""
    by: str = US


@dataclass(frozen=True, slots=True)
class LeftAlone(HostFact):
    """The worker has told that this instance is not evacuated, and may be replaced."""

    instance: InstanceId


@dataclass(frozen=True, slots=True)
class Evacuated(HostFact):
    """Nova says that an instance of this host is elsewhere now."""

    instance: InstanceId
    name: str
    dest: NovaHost


@dataclass(frozen=True, slots=True)
class GuestFailed(HostFact):
    """A guest that Nova has on this host is down or stuck, and nobody wanted that."""

    instance: InstanceId
    kind: str


@dataclass(frozen=True, slots=True)
class GuestRecovered(HostFact):
    """By itself: it goes on where it was stuck."""

    instance: InstanceId


@dataclass(frozen=True, slots=True)
class RestartAccepted(HostFact):
    """Nova said 202 to a hard reboot. The rest is the truth of that moment."""

    instance: InstanceId
    looked: float
    """When Nova has told us of the instance last; below 0 is never."""
    well: bool
    """Its guest runs there, and there is nothing wrong with it."""
    state: str
    """Nova's vm_state."""
    by: str = US


@dataclass(frozen=True, slots=True)
class MoveAccepted(HostFact):
    """Nova said 202 to a cold migration off this host."""

    instance: InstanceId
    looked: float
    """As of a restart."""
    by: str = US


@dataclass(frozen=True, slots=True)
class ConfirmAccepted(HostFact):
    """Nova said 202 to the end of a resize or a migration. ``host``: the one that it has left."""

    instance: InstanceId
    kind: str
    begun_by: str
    by: str = US


@dataclass(frozen=True, slots=True)
class StartAccepted(HostFact):
    """Nova said 202 to the start of an instance that was stopped."""

    instance: InstanceId
    looked: float
    by: str = US


@dataclass(frozen=True, slots=True)
class ComputeToldToFail(HostFact):
    """A monitor of nova-compute has failed, as it was told to. The rest is the truth of that moment."""

    process: str
    hung_for: float | None
    """Seconds; None: it does not hang."""
    silent_too: str
    """Another host whose nova-compute has fallen silent with this one; "" is none."""
    busy: str
    """What it was in the middle of."""


@dataclass(frozen=True, slots=True)
class Wanted(Fact):
    """Somebody else has asked Nova for something about an instance, and was not refused."""

    instance: InstanceId
    what: str


@dataclass(frozen=True, slots=True)
class FlagWritten(HostFact):
    """A write that returned: whoever wrote it was told that it is safe."""

    state: FlagState
    left: tuple[InstanceId, ...]
    """Instances that Nova had on the host then."""


@dataclass(frozen=True, slots=True)
class FlagEnding(HostFact):
    """DONE is being written: from now on the gate may open, whenever the writer hears of it."""


@dataclass(frozen=True, slots=True)
class FlagKept(HostFact):
    """It did not end: it was not written, or the host was flagged anew meanwhile."""


@dataclass(frozen=True, slots=True)
class FlagCleared(HostFact):
    pass


@dataclass(frozen=True, slots=True)
class FlagErased(HostFact):
    """A person has restored a configuration without it while nobody else knew of it."""


@dataclass(frozen=True, slots=True)
class ServiceUndone(HostFact):
    """Through the port, a service was enabled or un-forced. ``set_by`` had set it before."""

    what: str
    set_by: str


@dataclass(frozen=True, slots=True)
class ServiceToggled(HostFact):
    """A service was enabled or disabled. ``reason``: what it is disabled for, or was."""

    enabled: bool
    by: str
    reason: str
    hears: bool
    """Its nova-compute runs, and is heard of."""


@dataclass(frozen=True, slots=True)
class LiveMigrationAccepted(HostFact):
    """Off this host, which is disabled for ``reason``, beside ``under_way`` others."""

    instance: InstanceId
    by: str
    reason: str
    under_way: int


@dataclass(frozen=True, slots=True)
class FencingAsked(HostFact):
    """By us, of a host that is disabled for ``reason``; "" if it is not."""

    reason: str
    hears: bool
    """Its nova-compute runs, and is heard of."""
    running: tuple[InstanceId, ...]
    """On it, really."""
    flagged: tuple[NovaHost, ...]
    """Those whose evacuation is not over."""


@dataclass(frozen=True, slots=True)
class Measured(HostFact):
    """What measures a network of the host finds ``value`` from now on."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class StormRelease(Fact):
    released: bool


F = TypeVar("F", bound=Fact)


@dataclass
class Journal:
    timeline: Timeline
    lines: list[Line] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def say(self, who: str, what: str) -> None:
        self.lines.append(Line(self.timeline.now, who, what))

    def note(self, fact: Fact) -> None:
        self.facts.append(fact)

    def of(self, kind: type[F]) -> Iterator[F]:
        return (fact for fact in self.facts if isinstance(fact, kind))
