"""What an operator may choose: one frozen value, read-only for everything that decides. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Untagged(Enum):
    """What becomes of instances without a mark."""

    AUTO = "auto"
    """As upstream: all are evacuated if nothing in the cloud carries a mark, else none."""
    ALL = "all"
    NONE = "none"


class AfterBoot(Enum):
    """What becomes of marked instances that are off because their host was."""

    LIST = "list"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Marks:
    """The names that mark an instance as evacuable; exact, case matters."""

    server_tags: tuple[str, ...] = ("automatic-recovery", "evacuable")
    metadata: tuple[str, ...] = ("evacuable", "HA_Enabled")
    flavor: tuple[str, ...] = ("evacuable",)
    image: tuple[str, ...] = ("evacuable",)

    @property
    def all_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.server_tags + self.metadata + self.flavor + self.image))


@dataclass(frozen=True, slots=True)
class Caps:
    """How many evacuations may be in flight at once."""

    total: int = 100
    per_host: int = 60
    """Off one failed host."""
    per_destination: int = 20
    """Times the hosts that can take them: Nova's scheduler chooses, so it is an average."""
    batch: int = 16
    """Requests in one round: what a slow Nova can delay the next look at everything else by."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are in seconds."""

    marks: Marks = Marks()
    untagged: Untagged = Untagged.AUTO
    recover_states: bool = True
    """Paused, suspended and rescued instances are reset to error and evacuated."""
    rebuild_from_image: bool = True
    """Instances that were booted from an image may be evacuated. False where their disks are on
    the dead host: Nova would make new, empty ones (trap storage-not-shared)."""
    new_disks: bool = False
    """Those that are evacuated get new ones."""
    caps: Caps = Caps()
    storm_limit: int = 5
    """More failures than this within ``storm_window`` hold every evacuation; 0 is no limit."""
    storm_window: float = 3600.0
    storm_share: float = 0.25
    """More of all hosts than this down at once, and more than ``storm_limit``, hold it too."""
    poison_window: float = 3600.0
    """An instance that was on two hosts that died within it is not evacuated a third time; 0 is never."""
    evacuate_delay: float = 0.0
    """Between the first sight of a flag and the first request (NFS lock grace)."""
    service_down_time: float = 0.0
    """Nova's own, which its API does not tell; 0 is to assume it from what is seen."""
    site_start: float = 600.0
    """How long a site may take to start, no controller having had quorum; 0 is never."""
    after_boot: AfterBoot = AfterBoot.LIST
    settle: float = 60.0
    """How long an unclear request may still take effect inside Nova."""
    back_after: float = 60.0
    """A node that was fenced while connected may look online for a while: it does not count as
    back before."""
    unknown_after: float = 300.0
    """How long a host that is back waits at its gate for what nobody could tell whether it is ours."""
    relist: float = 5.0
    look_again: float = 30.0
    """Between two looks at an instance that Nova would not evacuate."""
    retry_first: float = 5.0
    retry_most: float = 300.0
    report_after: int = 5
    """Failed attempts after which an instance is reported; it is retried all the same."""
    stuck_after: float = 600.0
    """A record in flight for longer is reported; never repeated."""
    priority_key: str = "evacuation_priority"
    group_key: str = "restart_group"
