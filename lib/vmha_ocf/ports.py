"""The doors between what decides and what does: small Protocols that speak our values only.

Every method raises a ``VmhaError`` and nothing else. A read that cannot be answered raises
``Unavailable``; it never returns an empty answer instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from vmha_ocf.model import (
    Action,
    Ailing,
    ComputeService,
    Epoch,
    Evacuation,
    Event,
    Flag,
    ImageId,
    Instance,
    Monotonic,
    Move,
    NodeName,
    NodeState,
    NovaHost,
    Power,
    ServerGroup,
    ServiceChange,
    Services,
)

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Clock(Protocol):
    def now(self) -> Epoch:
        """Seconds since the epoch: what flags carry between nodes."""

    def monotonic(self) -> Monotonic:
        """Seconds that never jump: for every delay and deadline."""

    def sleep(self, seconds: float) -> None: ...


class Flags(Protocol):
    """The evacuation flags of the cluster, each in two records: attrd and CIB.

    A write is read back before it returns, or raises. DONE and ``clear`` are of the past where the
    host was flagged anew meanwhile: then they change nothing of the new flag and return, and the
    next read shows it.
    """

    def read(self) -> Mapping[NovaHost, Flag]:
        """All flags. A host is flagged if either record says so. Raises FlagsUnavailable."""

    def poll(self) -> Hashable:
        """A token of attrd's answer, cheap enough for twice a second: read() when it differs from
        the last one. A change of the CIB alone does not show. Raises FlagsUnavailable."""

    def write(self, flag: Flag) -> None:
        """NEEDED: both records, so ``flag.node`` is needed. CLAIMED: attrd. DONE: attrd (but not
        over another claim than ``flag.owner`` at ``flag.since``, if given), then the CIB record
        goes, but only if it is still the one of ``flag.evidence``.
        Raises FlagsUnavailable, FlagNotWritten, ParameterError (what cannot be recorded)."""

    def clear(self, host: NovaHost) -> None:
        """The host is back in service: the attrd record of a flag that is DONE goes. A flag that
        is pending stays: write it as DONE first."""

    def storm_release(self) -> float | None:
        """When an operator allowed evacuation although too many hosts have failed, in seconds since
        the epoch: 0 as long as nobody has noted when, None if nobody did. Raises FlagsUnavailable."""

    def date_storm_release(self, at: float) -> None:
        """Note when a release was given, or seen first. Raises as ``write``."""

    def end_storm_release(self) -> None: ...


class Notes(Protocol):
    """Durable facts of ours about nodes: permanent attributes of their own, beside the flag's record.

    Raises FlagsUnavailable; writes also FlagNotWritten, and are read back before they return."""

    def read(self, name: str) -> Mapping[NodeName, str]: ...

    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        """As attrd has it, for attributes that end with the connection of their node."""

    def write(self, node: NodeName, name: str, text: str) -> None:
        """Raises ParameterError if Pacemaker has no such node."""

    def write_passing(self, name: str, key: str, text: str) -> None:
        """In the memory of the controllers together: gone when all of them are away. ``key`` is in the
        place of a node, and none; without a text it goes."""

    def remove(self, node: NodeName, name: str, text: str) -> None:
        """Only this text; another one stays."""


class Cluster(Protocol):
    def nodes(self) -> Mapping[NodeName, NodeState]:
        """Pacemaker's view of all nodes. Raises ClusterUnavailable."""

    def evacuators(self) -> Collection[NodeName]:
        """The nodes on which Pacemaker itself has NovaEvacuate active. A worker that a person has
        started there, with debug-start for example, is none of them. Raises ClusterUnavailable."""

    def quorate(self) -> bool:
        """Whether our partition has quorum, by its controller's word. Raises ClusterUnavailable."""

    def fence(self, node: NodeName) -> None:
        """Pacemaker is to do it, by whatever fences that node: off, and on again. Returns when it has.
        Raises ClusterUnavailable, and then it may go on all the same."""


class Bmc(Protocol):
    """One host's power switch. Never guesses a state.

    A session that is lost after a request is told as BmcUnavailable, and not opened again before the
    next call: the BMC may have restarted, and then its answers mean something else."""

    def power(self) -> Power:
        """Ask the BMC now. Raises BmcUnavailable, BmcRefused."""

    def set_power(self, wanted: Power) -> None:
        """Request a change, which may take effect later. Raises BmcUnavailable, BmcRefused,
        and of that BmcAlready."""

    def in_service(self) -> bool:
        """Whether the BMC says so itself; one that starts or updates its firmware does not. Raises
        BmcUnavailable, BmcRefused."""

    def close(self) -> None:
        """End the session. The next call opens a new one."""


class Nova(Protocol):
    """Nova as an admin. Reads raise NovaUnavailable or NovaDenied; writes also NovaRefused."""

    def services(self, host: NovaHost | None = None) -> Services:
        """The nova-compute services, all or those of exactly this host (none: Nova does not know it).

        Of a cell that is down only the hosts' names are known. Asked for one of them, it raises
        NovaUnavailable."""

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        """One atomic PUT; returns the service as Nova then shows it."""

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        """All pages; each instance's host is re-checked."""

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        """All pages, newest first."""

    def evacuations_since(self, at: float) -> Sequence[Evacuation]:
        """Off any host: those that were made or changed since ``at``, in seconds since the epoch."""

    def moves_of(self, instance: Instance) -> Sequence[Move]:
        """Its moves that are no evacuations: live migrations, migrations, resizes; newest first."""

    def moves_since(self, host: NovaHost, at: float) -> Sequence[Move]:
        """From it or to it, those that are no evacuations: made or changed since ``at``, in seconds since
        the epoch; newest first."""

    def actions_of(self, instance: Instance) -> Sequence[Action]:
        """What was asked of it, newest first: by people, and by Nova itself, such as the stop of an
        instance that was found off."""

    def evacuate(self, instance: Instance) -> None:
        """One POST, never repeated by a library. Accepted is not evacuated."""

    def reset_to_error(self, instance: Instance) -> None: ...

    def stop(self, instance: Instance) -> None: ...

    def start(self, instance: Instance) -> None:
        """Refused unless it is stopped, and nothing is under way for it. On a host that is down it would
        wait for its nova-compute."""

    def reboot(self, instance: Instance) -> None:
        """Hard: its guest is made anew on its host. Also what is in error is active then."""

    def migrate(self, instance: Instance) -> None:
        """Cold: its host switches it off and hands it over to one that the scheduler chooses, which
        starts it again if it was active. It is ``resized`` then, until that is confirmed. Accepted is
        not moved."""

    def confirm(self, instance: Instance) -> None:
        """What is ``resized``: the host that it has left forgets it."""

    def live_migrate(self, instance: Instance) -> None:
        """To a host that Nova chooses, with its disk where that is not shared. Accepted is not migrated:
        Nova's checks are made later, too."""

    def image_marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        """Properties of each image, its tags among them as ``{tag: "true"}``. An image that
        does not exist any more has ``{}``."""

    def anything_marked(self, keys: Sequence[str]) -> bool:
        """Whether any server tag, server's metadata, flavor, image in the cloud carries one of these
        marks. Where nothing does, each server of the cloud is looked at: seconds for each thousand."""

    def server_groups(self) -> Sequence[ServerGroup]: ...


class Units(Protocol):
    """What starts and stops nova-compute: systemd, or the operator's own commands."""

    def is_active(self) -> bool:
        """Whether it works, on its way up or down too: that it was started is not said by it. Raises
        UnitUnavailable."""

    def start(self) -> None:
        """Returns when it runs, or did already. Raises UnitFailed, UnitUnavailable, NotInstalled."""

    def stop(self) -> None:
        """TERM, then KILL; returns when it is gone. Raises UnitFailed."""


class Parallel(Protocol):
    """Runs a function over items, several at once; answers in the items' order."""

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]: ...


class Later(Protocol[R_co]):
    """The answer of something that goes on by itself."""

    @property
    def is_there(self) -> bool: ...

    def get(self) -> R_co:
        """Once it is there. Raises what the function raised."""


class Aside(Protocol):
    """Starts a function that may take long, and does not wait for it."""

    def __call__(self, function: Callable[[], R]) -> Later[R]: ...


class Ports(Protocol):
    """What most of a worker's parts reach the outside through. A room that needs more says so in a
    Protocol of its own."""

    @property
    def clock(self) -> Clock: ...
    @property
    def flags(self) -> Flags: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def cluster(self) -> Cluster: ...
    @property
    def nova(self) -> Nova: ...
    @property
    def parallel(self) -> Parallel: ...
    @property
    def aside(self) -> Aside: ...
    @property
    def say(self) -> Callable[[str], None]:
        """One line for the operator's timeline."""

    @property
    def tell(self) -> Callable[[Event | Ailing], None]:
        """One step of an incident, or turn of an ailment, for its history and for who is to be notified.
        Never raises and never waits."""

    @property
    def recall(self) -> Callable[[], Collection[Ailing] | None]:
        """The first turn of each ailment that was told of, and is not over; None as long as the history was
        not read. Never raises and never waits."""

    @property
    def lock(self) -> Callable[[], AbstractContextManager[object]]:
        """A lock for what several of ``parallel`` share."""
