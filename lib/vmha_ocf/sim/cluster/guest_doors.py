"""What NovaInstances of one simulated host reaches the outside through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vmha_ocf.errors import CommandUnavailable, FlagsUnavailable, GuestsUnavailable
from vmha_ocf.living.guests.contact import Reading
from vmha_ocf.living.guests.ports import News
from vmha_ocf.living.guests.states import Domain
from vmha_ocf.model import InstanceId, NodeName
from vmha_ocf.ports import Aside
from vmha_ocf.sim.base.timeline import SimClock
from vmha_ocf.sim.cluster.attrd import SimAttrd
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.cluster.libvirt import Trouble

T = TypeVar("T")
LISTING = 0.03
"""Seconds that libvirt takes to list its domains."""
COMMAND = 0.1
"""Seconds that one call of attrd_updater takes."""


@dataclass(frozen=True)
class SimDoors:
    clock: SimClock
    hypervisor: SimHypervisor
    board: SimBoard
    machine: SimGuestMachine
    notebook: SimNotebook
    aside: Aside
    say: Callable[[str], None]


class SimHypervisor:
    def __init__(self, host: Host) -> None:
        self._host = host

    def look(self) -> Sequence[Domain]:
        self._answer()
        return self._host.libvirt.domains(
            [(one, run is not None) for one, run in self._host.guests.items()]
        )

    def read(self) -> Sequence[Reading]:
        self._answer()
        return self._host.libvirt.readings(self._host.running(), self._host.core.now)

    def news(self) -> News:
        libvirt = self._host.libvirt
        heard = News(libvirt.changed, tuple(libvirt.watchdogs), tuple(libvirt.started))
        libvirt.changed = False
        libvirt.watchdogs.clear()
        libvirt.started.clear()
        return heard

    def _answer(self) -> None:
        """It takes its time, or all the time that it hangs."""
        timeline = self._host.core.timeline
        timeline.advance(LISTING)
        while self._host.libvirt.trouble is Trouble.HANGS:
            timeline.advance(1.0)
        if self._host.libvirt.trouble is Trouble.AWAY:
            raise GuestsUnavailable("Failed to connect socket: Connection refused")


class SimBoard:
    """Public attributes of the host's node: they go over its connection. ``online``: Pacemaker has one;
    ``permanent``: what the CIB has, by name and node."""

    def __init__(
        self,
        host: Host,
        attrd: SimAttrd,
        online: Callable[[], bool],
        permanent: Callable[[str], Mapping[NodeName, str]],
    ) -> None:
        self._host = host
        self._attrd = attrd
        self._online = online
        self._permanent = permanent

    def read(self, names: Collection[str]) -> Mapping[str, str]:
        def values() -> Mapping[str, str]:
            node = self._host.node
            found = {
                name: self._attrd.values(name).get(node) or self._permanent(name).get(node, "")
                for name in names
            }
            return {name: text for name, text in found.items() if text}

        return self._call(values)

    def write(self, name: str, text: str) -> None:
        self._call(lambda: self._attrd.update(name, self._host.node, text))

    def remove(self, name: str) -> None:
        self.write(name, "")

    def _call(self, effect: Callable[[], T]) -> T:
        self._host.core.timeline.advance(COMMAND)
        if not self._online() or not self._host.reachable:
            raise CommandUnavailable("attrd_updater: no connection to the cluster")
        try:
            return effect()
        except FlagsUnavailable as error:
            raise CommandUnavailable(f"attrd_updater: {error}") from None


class SimGuestMachine:
    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def boot(self) -> str:
        return self._host.boot_id

    def stops(self) -> bool:
        """A host that goes down in peace is off at once here."""
        return False

    def qemus(self, instances: Collection[InstanceId]) -> Collection[InstanceId]:
        host = self._host
        return [one for one in instances if host.runs_guest(one) or host.libvirt.awaits(one)]


@dataclass
class SimNotebook:
    """Under /run of one host. What is of another boot, its reader knows by its first word."""

    text: str = ""

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        self.text = text
