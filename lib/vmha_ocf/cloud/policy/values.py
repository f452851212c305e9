"""What a policy says. Values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmha_ocf.cloud.policy.kinds import Action

Says = Mapping[str, str | bool]
"""Names of metadata, extra specs or properties, and what each has to say: exactly this text, or yes or no
in any of the ways to write it."""

EVACUATION, GUEST, MOVE = "evacuation", "guest", "move"
FROM = (EVACUATION, GUEST, MOVE)
"""What an instance can be excluded from: the evacuation of its dead host, the recovery of its own failure,
and being moved off a host that lives."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Any one of them is enough."""

    tags: tuple[str, ...] = ()
    metadata: Says = field(default_factory=dict)
    flavor: Says = field(default_factory=dict)
    """Extra specs."""
    image: Says = field(default_factory=dict)
    """Properties; a tag of the image is one that says yes."""
    images: tuple[str, ...] = ()
    """Ids."""
    projects: tuple[str, ...] = ()
    """Ids."""
    names: tuple[str, ...] = ()
    """Patterns of a shell."""

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Class:
    name: str
    marks: Marks = Marks()
    rows: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    """By kind, such as ``guest.crashed``: what is done first, and what comes after it is of no use."""

    @property
    def asks_about_guests(self) -> bool:
        """Something is to be done about a guest that fails by itself."""
        return self._asks_about(GUEST)

    @property
    def asks_about_networks(self) -> bool:
        """Something is to be done, or told, about a host that has lost one."""
        return self._asks_about("network")

    def _asks_about(self, area: str) -> bool:
        rows = (row for kind, row in self.rows.items() if kind.startswith(f"{area}."))
        return any(row[0] is not Action.NONE for row in rows)


@dataclass(frozen=True, slots=True)
class Exclusion:
    line: int
    """Of the file, for people."""
    why: str
    marks: Marks
    out_of: tuple[str, ...] = FROM
    notify: bool = False
    """Of a dead host's, somebody is told: who makes them anew elsewhere."""


@dataclass(frozen=True, slots=True)
class Guests:
    """The failures of single guests. Times in seconds."""

    attempts: int = 3
    """In ``window``; then it is told, or the row's next action comes."""
    window: float = 1800.0
    burst: int = 4
    """So many restarts go at once, ..."""
    pace: float = 2.0
    """... and the others so far apart."""
    io_grace: float = 60.0
    """A guest that is paused by an I/O error is left for so long."""


@dataclass(frozen=True, slots=True)
class Gates:
    held_for: float = 60.0
    """Seconds for which a failure lasts before anything is done about it."""
    hosts_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Measure:
    """Who knows how a network is: a resource of Pacemaker, which writes an attribute of the host's node;
    or its guests."""

    attribute: str = ""
    resource: str = ""
    """Of an agent that measures it; "" where none does."""
    healthy_from: int | None = None
    """The least number that is well, or ..."""
    healthy: tuple[str, ...] = ()
    """... the words that are."""
    paused_guests: int = 0
    """So many guests of one host, paused by I/O errors, are the failure of its storage; 0: none are."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Without any of it: as if there were no file."""

    digest: str = ""
    """Of the file's text; "" without a file."""
    classes: tuple[Class, ...] = ()
    """The first that an instance carries a mark of is its class."""
    default_class: str = ""
    exclusions: tuple[Exclusion, ...] = ()
    never_fence: tuple[str, ...] = ()
    """Patterns of nodes."""
    guests: Guests = Guests()
    gates: Gates = Gates()
    measured: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def asks_about_guests(self) -> bool:
        return any(one.asks_about_guests for one in self.classes)

    @property
    def moves_guests(self) -> bool:
        """Some that fail again and again are to be moved."""
        rows = (row for one in self.classes for row in one.rows.items())
        return any(kind.startswith(f"{GUEST}.") and Action.MOVE in row for kind, row in rows)

    def asks_about(self, kind: str) -> bool:
        """Something is to be done about this kind in any class."""
        rows = (one.rows.get(kind, ()) for one in self.classes)
        return any(row and row[0] is not Action.NONE for row in rows)

    @property
    def asks_about_networks(self) -> bool:
        return any(one.asks_about_networks for one in self.classes)
