"""One failure of one instance, and what there is to know of it. Values, and their words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vmha_ocf.agent.printable import one_line
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, Instance, InstanceId

_LONGEST_NAME = 60

WORDS = {
    Kind.CRASHED: "has crashed",
    Kind.PANICKED: "has panicked",
    Kind.WATCHDOG: "was stopped by its watchdog",
    Kind.IO_ERROR: "is paused by an I/O error",
    Kind.HUNG: "hangs",
    Kind.SILENT: "gives no sign of life",
    Kind.UNMANAGEABLE: "runs out of libvirt's control",
    Kind.TORN: "was torn apart by a live migration that failed",
    Kind.SHUT_DOWN: "has shut itself down",
    Kind.UNCLEAR: "is off",
}


@dataclass(frozen=True, slots=True)
class Episode:
    """What is one failure, and so gets one restart. ``since`` is by the clock of the host that tells."""

    instance: InstanceId
    kind: Kind
    since: Epoch


def episode_of(instance: InstanceId, trouble: Trouble) -> Episode:
    return Episode(instance, trouble.kind, trouble.since)


def named(instance: Instance) -> str:
    """Its host and its name, for people: tenants choose names."""
    return f"{instance.host}: {one_line(instance.name, _LONGEST_NAME) or instance.id}"


def told(instance: Instance, kind: Kind, why: str) -> str:
    """That somebody has to look."""
    return f"{named(instance)} {WORDS[kind]}, and is not restarted: {why}"
