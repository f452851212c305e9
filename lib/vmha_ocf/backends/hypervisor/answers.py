"""Whether the QEMUs of a host answer, and their guest agents: each asked on a thread that may be left
behind.

Seen on libvirt 9.0: a QEMU that is stopped stays "running"; a command to its monitor waits for ever; and
libvirt says without any lock since when it waits (virDomainGetControlInfo).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import libvirt

from vmha_ocf.living.guests.contact import Reading
from vmha_ocf.living.guests.states import Control
from vmha_ocf.model import InstanceId

PINGS = 3
"""QEMUs of which an answer is waited for at a time."""
PATIENCE = 2.0
"""Seconds for one."""
AGENTS = 8
"""Guest agents that are asked at once."""
AGENT_TIMEOUT = 2
"""Seconds."""
_PING = '{"execute": "guest-ping"}'
_SILENT = (libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_AGENT_UNSYNCED)


class Answers:
    """Over a connection of its own, so that a look never waits behind a QEMU that hangs."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._conn: Any = None
        self._waiting: set[str] = set()
        """Whose QEMU has been asked and has not answered."""

    def read(self) -> Sequence[Reading]:
        """Raises libvirtError."""
        running = self.running()
        said = {one.UUIDString(): self._ask(one) for one in running}
        found = [(one, _control(one)) for one in running]
        return [_reading(one, info, said[one.UUIDString()]) for one, info in found if info]

    def running(self) -> Sequence[Any]:
        """libvirt's domains. Raises libvirtError."""
        try:
            if self._conn is None:
                self._conn = self._connect()
            return list(self._conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_RUNNING))
        except libvirt.libvirtError:
            self._conn = None
            raise

    def _ask(self, domain: Any) -> int | None:
        """A number that moves with its disks; None if there is no answer, also because too many others
        are waited for."""
        uuid = domain.UUIDString()
        if uuid in self._waiting or len(self._waiting) >= PINGS:
            return None
        self._waiting.add(uuid)
        answer: Future[int | None] = Future()

        def ask() -> None:
            found = _requests(domain)
            self._waiting.discard(uuid)
            answer.set_result(found)

        threading.Thread(target=ask, daemon=True).start()
        try:
            return answer.result(PATIENCE)
        except TimeoutError:
            return None


class Agents:
    """Asked only where QEMU itself has answered. ``connect``: a connection that may write."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._answers = Answers(connect)

    def add_to(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Where that cannot be asked, nobody was."""
        try:
            domains = {one.UUIDString(): one for one in self._answers.running()}
        except libvirt.libvirtError:
            return readings

        def heard(reading: Reading) -> Reading:
            domain = domains.get(reading.uuid) if reading.answered else None
            return reading if domain is None else replace(reading, agent=_agent(domain))

        with ThreadPoolExecutor(AGENTS) as pool:
            return list(pool.map(heard, readings))


def _requests(domain: Any) -> int | None:
    """By query-blockstats, a command to the monitor that changes nothing and may be asked read-only."""
    try:
        read, _, written, _, _ = domain.blockStats("")
    except libvirt.libvirtError:
        return None
    return int(read) + int(written)


def _control(domain: Any) -> tuple[int, float] | None:
    """libvirt's number, and the seconds since the command that it is about. None: it has gone."""
    try:
        state, _, milliseconds = domain.controlInfo()
    except libvirt.libvirtError:
        return None
    return int(state), milliseconds / 1000 if state == Control.OCCUPIED else 0.0


def _reading(domain: Any, control: tuple[int, float], disk: int | None) -> Reading:
    return Reading(InstanceId(domain.UUIDString()), *control, answered=disk is not None, disk=disk)


def _agent(domain: Any) -> bool | None:
    """None: it has none, or it is not connected."""
    import libvirt_qemu

    try:
        libvirt_qemu.qemuAgentCommand(domain, _PING, AGENT_TIMEOUT, 0)
    except libvirt.libvirtError as error:
        return False if error.get_error_code() in _SILENT else None
    return True
