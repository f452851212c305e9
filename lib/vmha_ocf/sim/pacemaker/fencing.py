"""Pacemaker's fencer: requests in a queue, each repeated until it succeeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.errors import VmhaError
from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.processes import End, Process
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.controllers import Controllers
from vmha_ocf.sim.pacemaker.fence_device import FenceDevices
from vmha_ocf.sim.pacemaker.parts import Parts

ATTEMPTS = 2
"""pcmk_reboot_retries and pcmk_off_retries: an agent that was killed, by whatever but its time, is run once
more in the same operation, whoever had asked for it (measured on 2.1.5)."""
_NEXT_ATTEMPT = 1.0
"""Seconds until then."""
_TIME_LEFT = 0.7
"""Not if more than this share of the timeout is over."""


@dataclass
class Operation:
    host: Host
    executor: str
    began: float
    attempts: int = 0
    process: Process | None = None


class Fencing:
    """``limit``: how many at once (pcmk_action_limit), -1 for any number. ``alert`` is called after
    each that succeeded."""

    def __init__(
        self,
        parts: Parts,
        controllers: Callable[[], Controllers],
        devices: FenceDevices,
        *,
        action: str,
        limit: int,
        alert: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._controllers = controllers
        self._devices = devices
        self._action = action
        self._limit = limit
        self._alert = alert
        self._queue: list[Host] = []
        self._running: dict[NodeName, Operation] = {}

    def is_pending(self, node: NodeName) -> bool:
        return node in self._running or any(host.node == node for host in self._queue)

    def request(self, host: Host, why: str) -> None:
        if self.is_pending(host.node) or host.node in self._parts.world.pacemaker.removed:
            return
        self._queue.append(host)
        self._parts.say(f"{host.node} {why}: {self._action} is requested")
        self._parts.after(self._parts.timing.decide, self.go_on)

    def go_on(self) -> None:
        """Begin what may begin now."""
        while self._queue and self._controllers().deciding and self._has_room():
            self._begin(self._queue.pop(0))

    def confirm(self, host: Host) -> None:
        """An operator says that it is off: nothing more is done to it."""
        if not self._parts.world.pacemaker.running:  # Nobody hears it.
            return
        self._forget(host)
        self._fenced(host, "a human")
        self.go_on()

    def fenced_by_other(self, host: Host, by: str) -> None:
        """A watchdog: the host is off before Pacemaker misses it, and then counts as fenced. Where no
        controller runs, nobody is there to count: the next start finds it as it is then."""
        host.power_off()

        def notice() -> None:
            if not self._parts.world.pacemaker.running:
                return
            self._forget(host)
            self._parts.world.pacemaker.disconnect(host.node)
            self._fenced(host, by)
            self.go_on()

        self._parts.after(self._parts.world.core.timing.detect, notice)

    def abandon(self, controller: str | None = None) -> None:
        """The agents on a dead controller die with it; the next DC requests the fencing anew, of a host
        whose connection still stood once that is seen to be dead."""
        for operation in list(self._running.values()):
            if controller in (None, operation.executor):
                self._forget(operation.host)
                self._miss(operation.host)
        if controller is None:
            self._queue.clear()

    def _miss(self, host: Host) -> None:
        def notice() -> None:
            if not host.reachable and self._parts.world.pacemaker.running:
                self._parts.world.pacemaker.lose(host)

        self._parts.after(self._parts.timing.connection_lost, notice)

    def _forget(self, host: Host) -> None:
        self._queue = [each for each in self._queue if each is not host]
        operation = self._running.pop(host.node, None)
        if operation and operation.process:
            self._parts.processes.kill(operation.process)

    def _has_room(self) -> bool:
        return self._limit < 0 or len(self._running) < self._limit

    def _begin(self, host: Host) -> None:
        fencer, controllers = self._parts.world.settings.fencer, self._controllers()
        executor = fencer if fencer in controllers.living else controllers.dc or ""
        now = self._parts.world.now
        operation = self._running[host.node] = Operation(host, executor, now)
        self._attempt(operation)
        self._parts.after(self._parts.timing.fence_timeout, lambda: self._kill(operation))

    def _attempt(self, operation: Operation) -> None:
        host, executor = operation.host, operation.executor
        operation.attempts += 1
        operation.process = self._parts.processes.start(
            "fence_compute",
            lambda: self._devices.perform(host, self._action, executor),
            lambda end: self._ended(operation, end),
        )

    def _kill(self, operation: Operation) -> None:
        if operation.process is not None:
            self._parts.processes.kill(operation.process)

    def _attempt_again(self, operation: Operation) -> None:
        if self._running.get(operation.host.node) is operation:
            self._attempt(operation)

    def _is_tried_again(self, operation: Operation) -> bool:
        over = self._parts.world.now - operation.began
        return (
            operation.attempts < ATTEMPTS and over < _TIME_LEFT * self._parts.timing.fence_timeout
        )

    def _ended(self, operation: Operation, end: End) -> None:
        host = operation.host
        if self._running.get(host.node) is not operation:
            return
        who = f"{operation.executor}/fence_compute"
        if end.killed and self._is_tried_again(operation):
            self._parts.world.say(who, f"{host.node}: was killed: it is run once more")
            self._parts.after(_NEXT_ATTEMPT, lambda: self._attempt_again(operation))
            return
        del self._running[host.node]
        if end.error is None:
            self._parts.world.say(who, f"{host.node}: {end.answer}")
            self._fenced(host, operation.executor)
        elif end.killed or isinstance(end.error, VmhaError):
            what = "was killed" if end.killed else str(end.error)
            self._parts.world.say(who, f"{host.node}: failed: {what}")
            self._parts.after(self._parts.timing.fence_retry, lambda: self._again(host))
        else:
            raise end.error
        self.go_on()

    def _again(self, host: Host) -> None:
        if self._parts.world.pacemaker.is_fenced(host.node):
            return
        if self._controllers().deciding:
            self.request(host, "is not fenced yet")
        elif not host.reachable:
            self._parts.after(self._parts.timing.fence_retry, lambda: self._again(host))

    def _fenced(self, host: Host, by: str) -> None:
        world, timing = self._parts.world, self._parts.timing
        world.pacemaker.fenced(host, by)
        self._alert()
        if world.pacemaker.online(host.node):
            self._parts.after(timing.connection_lost, lambda: world.pacemaker.lose(host))
        self._parts.after(timing.reconnect, lambda: self._reconnect(host))

    def _reconnect(self, host: Host) -> None:
        """Again and again. An attempt that fails purges the attributes of the node's own name."""
        world = self._parts.world
        if world.pacemaker.online(host.node) or not world.pacemaker.is_fenced(host.node):
            return
        world.pacemaker.connect(host)
        if not world.pacemaker.online(host.node):
            world.attrd.purge(host.node)
            self._parts.after(self._parts.timing.reconnect, lambda: self._reconnect(host))
