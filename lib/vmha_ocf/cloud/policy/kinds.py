"""The failures of a host that lives, what may be done about each, and what cannot work. Values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import Enum


class Action(Enum):
    NONE = "none"
    NOTIFY = "notify"
    RESTART = "restart"
    """A guest by one hard reboot; a process by Pacemaker."""
    MOVE = "move"
    """A guest: stopped, migrated cold, started elsewhere."""
    MIGRATE = "migrate"
    """A host's guests, live, with the host disabled before."""
    DISABLE = "disable"
    """Nova chooses this host for nobody."""
    FENCE = "fence"
    """The host is switched off, and its instances are evacuated."""

    @property
    def ends(self) -> bool:
        """What comes after it in a row is never reached: it does not fail in a way that is counted."""
        return self in (Action.NONE, Action.NOTIFY, Action.FENCE)


@dataclass(frozen=True, slots=True)
class Kind:
    may: Set[Action]
    cannot: Mapping[Action, str] = field(default_factory=dict)
    """What somebody could want and no cloud can do, with the reason."""


_GUEST = frozenset({Action.NONE, Action.NOTIFY, Action.RESTART, Action.MOVE})
_LEAVES = frozenset({Action.NONE, Action.NOTIFY, Action.DISABLE, Action.FENCE})
_NO_COMPUTE = "a live migration needs the nova-compute of the host that it leaves"
_ONE_GUEST = "it is one guest's failure, and its host is well"

_OF_A_GUEST = Kind(
    _GUEST, dict.fromkeys((Action.FENCE, Action.DISABLE, Action.MIGRATE), _ONE_GUEST)
)
_ENDED = Kind(
    frozenset({Action.NONE, Action.NOTIFY, Action.RESTART}),
    dict.fromkeys(
        (Action.MOVE, Action.FENCE, Action.DISABLE, Action.MIGRATE),
        "it has shut itself down, and its host is well",
    ),
)
_UNREACHED = Kind(
    _LEAVES, {Action.MIGRATE: "Nova talks to the host over this network, so nothing can leave it"}
)

KINDS: Mapping[str, Mapping[str, Kind]] = {
    "guest": {
        "crashed": _OF_A_GUEST,
        "panicked": _OF_A_GUEST,
        "watchdog": _OF_A_GUEST,
        "io-error": _OF_A_GUEST,
        "hung": _OF_A_GUEST,
        "silent": _OF_A_GUEST,
        "shut-down": _ENDED,
        "unmanageable": Kind(
            frozenset({Action.NONE, Action.NOTIFY}),
            {Action.RESTART: "a restart goes by libvirt, which has lost control of it"},
        ),
    },
    "process": {
        "nova-compute": Kind(_LEAVES | {Action.RESTART}, {Action.MIGRATE: _NO_COMPUTE}),
        "libvirt": Kind(
            _LEAVES | {Action.RESTART},
            {Action.MIGRATE: "a live migration is done by libvirt, which is what has failed"},
        ),
    },
    "network": {
        "admin": _UNREACHED,
        "tenant": Kind(_LEAVES | {Action.MIGRATE}),
        "storage": Kind(_LEAVES | {Action.MIGRATE}),
        "several": _UNREACHED,
    },
}
"""By what fails, and how. ``several`` is two or more networks of one host at once."""

NETWORKS = ("admin", "tenant", "storage")
"""Those that something can be said to measure."""
