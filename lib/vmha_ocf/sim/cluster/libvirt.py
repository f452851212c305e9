"""What libvirt of a simulated host knows of its guests, beside which of them run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from vmha_ocf.living.guests.contact import Reading
from vmha_ocf.living.guests.states import Control, Domain, Paused, Shutoff, State
from vmha_ocf.model import InstanceId

_RUNNING = (State.RUNNING.value, 1)
_ARRIVING = (State.PAUSED.value, Paused.MIGRATION.value)
_OFF = (State.SHUTOFF.value, Shutoff.UNKNOWN.value)


class Trouble(Enum):
    """Of the daemon; the guests run on."""

    AWAY = "away"
    """Nothing listens."""
    HANGS = "hangs"


@dataclass
class Libvirt:
    trouble: Trouble | None = None
    changed: bool = False
    """Since somebody has asked for its news."""
    watchdogs: list[InstanceId] = field(default_factory=list)
    """Whose watchdog has switched them off since then."""
    started: list[InstanceId] = field(default_factory=list)
    """Who has started since then."""
    on_event: Callable[[], None] = lambda: None
    _states: dict[InstanceId, tuple[int, int]] = field(default_factory=dict)
    """Where it is not just running, or off for a reason that is forgotten."""
    _frozen: dict[InstanceId, float] = field(default_factory=dict)
    """QEMUs that do not answer, since when."""
    _incoming: set[InstanceId] = field(default_factory=set)
    """QEMUs that take up a live migration: there, and paused."""

    def set(self, instance: InstanceId, state: int, reason: int) -> None:
        self._states[instance] = (state, reason)
        self._happened()

    def start(self, instance: InstanceId) -> None:
        if self.trouble is None:
            self.started.append(instance)
        self.goes_on(instance)

    def goes_on(self, instance: InstanceId) -> None:
        """Its QEMU is a new one, or goes on where it was stuck."""
        self._forget(instance)
        self._happened()

    def freeze(self, instance: InstanceId, now: float) -> None:
        """No event tells of it, and no state."""
        self._frozen[instance] = now

    def arrives(self, instance: InstanceId) -> None:
        """It is on its way here, live."""
        self._incoming.add(instance)
        self._happened()

    def leaves(self, instance: InstanceId) -> None:
        """It has not come, or it runs."""
        self._incoming.discard(instance)
        self._happened()

    def awaits(self, instance: InstanceId) -> bool:
        return instance in self._incoming

    def undefine(self, instance: InstanceId) -> None:
        self._forget(instance)
        self._happened()

    def forget_all(self) -> None:
        """The host is off: definitions stay, what happened does not."""
        self._states.clear()
        self._frozen.clear()
        self._incoming.clear()
        self.watchdogs.clear()
        self.started.clear()
        self.trouble = None

    def is_well(self, instance: InstanceId) -> bool:
        """If it runs, there is nothing wrong with it."""
        return instance not in self._states and instance not in self._frozen

    def domains(self, guests: Iterable[tuple[InstanceId, bool]]) -> list[Domain]:
        """Of all that are defined, with whether each has a QEMU."""
        here = {one: self._states.get(one, _RUNNING if runs else _OFF) for one, runs in guests}
        every = dict.fromkeys(sorted(self._incoming), _ARRIVING) | here
        return [Domain(one, *state) for one, state in every.items()]

    def readings(self, running: Iterable[InstanceId], now: float) -> list[Reading]:
        return [
            Reading(one, Control.OCCUPIED, waits=now - self._frozen[one])
            if one in self._frozen
            else Reading(one, Control.OK, answered=True)
            for one in running
        ]

    def lose(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self._happened()

    def come_back(self, off_before: Iterable[InstanceId]) -> None:
        """A daemon that is started anew knows of what was off before it only that it is off."""
        if self.trouble is Trouble.AWAY:
            for instance in off_before:
                self._states.pop(instance, None)
        self.trouble = None
        self._happened()

    def _forget(self, instance: InstanceId) -> None:
        self._states.pop(instance, None)
        self._frozen.pop(instance, None)

    def _happened(self) -> None:
        self.changed = True
        self.on_event()
