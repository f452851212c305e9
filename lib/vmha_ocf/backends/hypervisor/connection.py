"""Hypervisor over libvirt's own binding: read-only, but for the guest agent where that is asked for.

Each call may take for ever: libvirtd can be stopped, or busy. Keepalive ends the calls of a connection
that is open (20 s, measured on 9.0 with a libvirtd that was stopped), and nothing ends an opening. So
whoever calls does it aside.

What costs nothing is read of all at once, without any lock of a domain. Only ``read`` makes a QEMU
answer, and only as many as PINGS wait at a time: libvirtd has five workers for a client, and each hung
QEMU keeps one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import libvirt

from vmha_ocf.backends.hypervisor.answers import Agents, Answers
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.contact import Reading
from vmha_ocf.living.guests.ports import News
from vmha_ocf.living.guests.states import Domain, State
from vmha_ocf.model import InstanceId

KEEPALIVE = (5, 3)
"""Seconds between two, and how many may be lost."""
REMEMBERED = 1000
"""Events that wait to be heard: what pushes them out is a reason to look as well."""
_NOVA = tuple(f"http://openstack.org/xmlns/libvirt/nova/1.{version}" for version in (1, 0))
"""Nova writes one of them into each of its definitions (virt/libvirt/config.py), 1.1 since Train."""
_OFF = (libvirt.VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF, libvirt.VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN)
_STARTED = (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_BOOTED)
"""Sent once its start has succeeded. What arrives by a live migration is STARTED before it runs, with
another detail."""


@dataclass(frozen=True, slots=True)
class _Event:
    watchdog: InstanceId | None = None
    started: InstanceId | None = None


class Libvirt:
    """``poke``: ends the watcher's pause. ``agent``: ask guest agents, which takes a connection that may
    write."""

    def __init__(self, uri: str, poke: Callable[[], None], *, agent: bool = False) -> None:
        libvirt.registerErrorHandler(_quiet, None)
        libvirt.virEventRegisterDefaultImpl()
        threading.Thread(target=_loop, name="libvirt", daemon=True).start()
        self._uri = uri
        self._poke = poke
        self._conn: Any = None
        self._novas: dict[str, bool] = {}
        self._heard: deque[_Event] = deque(maxlen=REMEMBERED)
        self._answers = Answers(lambda: self._open(write=False))
        self._agents = Agents(lambda: self._open(write=True)) if agent else None

    def look(self) -> Sequence[Domain]:
        """Raises GuestsUnavailable."""
        try:
            conn = self._connected()
            found = conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, 0)
            domains = [self._domain(*one) for one in found]
        except libvirt.libvirtError as error:
            self._drop()
            raise GuestsUnavailable(f"libvirt: {error}") from None
        named = {one.uuid for one in domains}
        self._novas = {uuid: nova for uuid, nova in self._novas.items() if uuid in named}
        return domains

    def read(self) -> Sequence[Reading]:
        """Raises GuestsUnavailable."""
        try:
            answers = self._answers.read()
        except libvirt.libvirtError as error:
            raise GuestsUnavailable(f"libvirt: {error}") from None
        return answers if self._agents is None else self._agents.add_to(answers)

    def news(self) -> News:
        heard = [self._heard.popleft() for _ in range(len(self._heard))]
        return News(
            bool(heard),
            [one.watchdog for one in heard if one.watchdog],
            [one.started for one in heard if one.started],
        )

    def _domain(self, domain: Any, stats: dict[str, int]) -> Domain:
        uuid = domain.UUIDString()
        if uuid not in self._novas:
            self._novas[uuid] = _is_novas(domain)
        state = stats.get("state.state", State.NOSTATE)
        return Domain(InstanceId(uuid), state, stats.get("state.reason", 0), self._novas[uuid])

    def _connected(self) -> Any:
        if self._conn is None:
            conn = self._open(write=False)
            everything, lifecycle = None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
            conn.domainEventRegisterAny(everything, lifecycle, self._changed, None)
            watchdog = libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG
            conn.domainEventRegisterAny(everything, watchdog, self._watchdog, None)
            self._conn = conn
        return self._conn

    def _open(self, *, write: bool) -> Any:
        conn = libvirt.open(self._uri) if write else libvirt.openReadOnly(self._uri)
        try:
            conn.setKeepAlive(*KEEPALIVE)
            conn.registerCloseCallback(self._closed, None)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:  # one within this process
                raise
        return conn

    def _drop(self) -> None:
        """Whatever went wrong: the next look begins on a new connection."""
        conn, self._conn = self._conn, None
        if conn is not None:
            _close(conn)

    def _changed(self, _conn: Any, domain: Any, event: int, detail: int, _: object) -> None:
        """Never asks anything: this is libvirt's own thread."""
        started = (event, detail) == _STARTED
        self._tell(_Event(started=InstanceId(domain.UUIDString()) if started else None))

    def _watchdog(self, _conn: Any, domain: Any, action: int, _: object) -> None:
        self._tell(_Event(InstanceId(domain.UUIDString()) if action in _OFF else None))

    def _closed(self, *_: object) -> None:
        self._tell(_Event())

    def _tell(self, what: _Event) -> None:
        self._heard.append(what)
        self._poke()


def _is_novas(domain: Any) -> bool:
    """Where that cannot be said it is: whoever asks Nova for it will see."""
    for uri in _NOVA:
        try:
            domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, uri)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN_METADATA:
                continue
        return True
    return False


def _close(conn: Any) -> None:
    try:
        conn.close()
    except libvirt.libvirtError:
        return


def _loop() -> None:
    pause = threading.Event()
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError:
            pause.wait(1.0)


def _quiet(*_: object) -> None:
    """libvirt writes each error to stderr, too."""
