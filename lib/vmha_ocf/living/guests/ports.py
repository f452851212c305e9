"""What a watcher reaches the outside through. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.living.guests.contact import Reading
from vmha_ocf.living.guests.states import Domain
from vmha_ocf.model import InstanceId
from vmha_ocf.ports import Aside, Clock


@dataclass(frozen=True, slots=True)
class News:
    """What libvirt has said by itself. ``changed``: it is time for a look. ``watchdogs``: whose watchdog
    has switched them off, by its event. ``started``: who has begun to run, from nothing."""

    changed: bool = False
    watchdogs: Sequence[InstanceId] = ()
    started: Sequence[InstanceId] = ()


class Hypervisor(Protocol):
    """libvirt. Each question may take for ever, as its daemon may hang: ask aside."""

    def look(self) -> Sequence[Domain]:
        """All that are defined, anew. Raises GuestsUnavailable."""

    def read(self) -> Sequence[Reading]:
        """Of each that runs; one that cannot be read is not in it. Raises GuestsUnavailable."""

    def news(self) -> News:
        """Since it was called last. Never waits."""


class Board(Protocol):
    """The public attributes of this node that end with its connection; and what is permanent, to be read.

    Raises CommandUnavailable, NotInstalled."""

    def read(self, names: Collection[str]) -> Mapping[str, str]:
        """Those that are there, as all of the cluster see them. No name is of both kinds."""

    def write(self, name: str, text: str) -> None:
        """Returns when it is accepted, which is before all see it."""

    def remove(self, name: str) -> None: ...


class Machine(Protocol):
    """The host that this runs on."""

    @property
    def boot(self) -> str:
        """The kernel's id of this boot."""

    def stops(self) -> bool:
        """Whether it is on its way down. Not known is no."""

    def qemus(self, instances: Collection[InstanceId]) -> Collection[InstanceId]:
        """Of which of these there is a process, whatever libvirt knows."""


class Notebook(Protocol):
    """What outlives a watcher, and no boot. Never raises: what cannot be kept is not."""

    def read(self) -> str: ...
    def write(self, text: str) -> None: ...


class Doors(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def hypervisor(self) -> Hypervisor: ...
    @property
    def board(self) -> Board: ...
    @property
    def machine(self) -> Machine: ...
    @property
    def notebook(self) -> Notebook: ...
    @property
    def aside(self) -> Aside:
        """Ends the watcher's pause when the answer is there."""

    @property
    def say(self) -> Callable[[str], None]: ...
