"""What libvirt says of a domain, and what that is. Pure.

The numbers are libvirt's own and part of its interface (libvirt-domain.h, virDomainState and the reasons
of each); a contract test compares them with the library. Seen on 9.0 with QEMU 7.2: a QEMU that was
killed is SHUTOFF, CRASHED; one that died while libvirtd was away is so, too, as soon as libvirtd is
back; of all that were off before, libvirtd has then forgotten why (UNKNOWN).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from vmha_ocf.model import InstanceId


class State(IntEnum):
    NOSTATE = 0
    RUNNING = 1
    BLOCKED = 2
    PAUSED = 3
    SHUTDOWN = 4
    SHUTOFF = 5
    CRASHED = 6
    PMSUSPENDED = 7


class Paused(IntEnum):
    MIGRATION = 2
    IOERROR = 5
    WATCHDOG = 6
    CRASHED = 10
    POSTCOPY_FAILED = 13
    API_ERROR = 14
    """Since libvirt 9.2."""


class Shutoff(IntEnum):
    UNKNOWN = 0
    SHUTDOWN = 1
    DESTROYED = 2
    CRASHED = 3
    FAILED = 6
    DAEMON = 8


class Control(IntEnum):
    """virDomainControlState: what libvirt can say of a QEMU's monitor without asking it."""

    OK = 0
    JOB = 1
    OCCUPIED = 2
    """A command has been sent, and is not answered yet."""
    ERROR = 3


class Kind(Enum):
    """How an instance is down or stuck. Its value is its word in the attribute."""

    CRASHED = "crashed"
    """QEMU ended, and nobody had asked it to."""
    PANICKED = "panicked"
    """The guest's kernel says so (pvpanic)."""
    WATCHDOG = "watchdog"
    """The guest's watchdog has paused it, or switched it off."""
    IO_ERROR = "io-error"
    """Paused: its storage failed, or is full."""
    HUNG = "hung"
    """QEMU's monitor does not answer."""
    SILENT = "silent"
    """The guest agent answered, does no more, and nothing moves on its disks."""
    UNMANAGEABLE = "unmanageable"
    """libvirt has lost control of a QEMU that runs."""
    TORN = "torn"
    """A live migration failed after the guest had gone over, with a part of its memory left behind."""
    SHUT_DOWN = "shut-down"
    """It has ended in peace: by itself, or because somebody had Nova or libvirt ask it to."""
    UNCLEAR = "unclear"
    """It ran, it is off, and nobody knows why; also a word of a version that is newer than who reads it."""


class Word(Enum):
    """What else a state can mean."""

    RUNS = "runs"
    OFF = "off"
    """Because somebody wanted it."""
    FORGOTTEN = "forgotten"
    """Off, and libvirt does not know why."""
    BETWEEN = "between"
    """Paused by a person, on its way up, down or elsewhere: nothing that ends or begins a failure."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One of a listing, with libvirt's numbers. ``nova``: Nova's metadata is in its definition."""

    uuid: InstanceId
    state: int
    reason: int
    nova: bool = True

    @property
    def active(self) -> bool:
        """There is a QEMU of it, whatever it does; also of a live migration that arrives."""
        return self.state not in (State.NOSTATE, State.SHUTOFF, State.CRASHED)


_PAUSED: dict[int, Kind] = {
    Paused.IOERROR: Kind.IO_ERROR,
    Paused.WATCHDOG: Kind.WATCHDOG,
    Paused.CRASHED: Kind.PANICKED,
    Paused.POSTCOPY_FAILED: Kind.TORN,
    Paused.API_ERROR: Kind.UNMANAGEABLE,
}
_SHUTOFF: dict[int, Kind | Word] = {
    Shutoff.SHUTDOWN: Kind.SHUT_DOWN,
    Shutoff.CRASHED: Kind.CRASHED,
    Shutoff.FAILED: Kind.CRASHED,
    Shutoff.DAEMON: Kind.CRASHED,
    Shutoff.UNKNOWN: Word.FORGOTTEN,
}


def judge(domain: Domain) -> Kind | Word:
    """By its state alone. Whether a crash is one of today is for ``down.py``: FAILED is also what a domain
    is that could not be started."""
    match domain.state:
        case State.RUNNING | State.BLOCKED:
            return Word.RUNS
        case State.PAUSED:
            return _PAUSED.get(domain.reason, Word.BETWEEN)
        case State.SHUTOFF:
            return _SHUTOFF.get(domain.reason, Word.OFF)
        case State.CRASHED:
            return Kind.PANICKED
    return Word.BETWEEN
