"""NovaCompute as a clone on the compute hosts: probed, kept away by the location rule, started through the
gate, monitored, stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.configuration import INFINITY
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_NOT_RUNNING, FlagsUnavailable, VmhaError
from vmha_ocf.living.booting import gate, keeper
from vmha_ocf.living.processes import asked
from vmha_ocf.model import Flag, NodeName, NovaHost
from vmha_ocf.ports import Clock, Units
from vmha_ocf.proof import boots
from vmha_ocf.sim.base.journal import ComputeToldToFail
from vmha_ocf.sim.base.processes import End, Process
from vmha_ocf.sim.cluster.compute_machine import SimMachine
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.controllers import Controllers
from vmha_ocf.sim.pacemaker.parts import Parts

NAME = "NovaCompute"


class HostFlags(Protocol):
    """What the gate asks; the flag store is one."""

    def read_for(self, host: NovaHost, node: NodeName) -> Flag | None: ...


class State(Enum):
    """What Pacemaker knows of it."""

    UNKNOWN = "unknown"
    STOPPED = "stopped"
    STARTING = "starting"
    STARTED = "started"


@dataclass
class Child:
    """The clone's instance on one node."""

    host: Host
    state: State = State.STARTED
    failed_at: float = 0.0
    failed_until: float = 0.0
    process: Process | None = None
    failed_for: str = ""
    """The nova-compute for which its monitor was told to fail, and did."""


@dataclass
class ComputeClone:
    parts: Parts
    controllers: Callable[[], Controllers]
    children: dict[NodeName, Child] = field(default_factory=dict)

    def add(self, host: Host) -> None:
        """It runs there already."""
        child = self.children[host.node] = Child(host)
        host.on_off = lambda: self._powered_off(child)
        world = self.parts.world
        SimMachine(host, world.cib, world.attrd).served_for_long()
        world.attrd.put(boots.BOOTED, host.node, host.boot_id)

    def joined(self, host: Host) -> None:
        """The node is online: what runs there?"""
        child = self.children[host.node]
        child.state, child.failed_until = State.UNKNOWN, 0.0
        self.parts.world.compute_failures.pop(host.node, None)
        self.parts.world.attrd.put(boots.BOOTED, host.node, host.boot_id)
        self.parts.after(self.parts.timing.decide, lambda: self._probe(child))

    def leave(self, host: Host) -> None:
        """The host is shut down in peace."""
        self._stop(self.children[host.node])
        self.lost(host)

    def lost(self, host: Host) -> None:
        self.children[host.node].state = State.UNKNOWN

    def review(self) -> None:
        """Look at the location rule again, and at what is to be started."""
        for child in self.children.values():
            if child.state is State.UNKNOWN:
                self._probe(child)
            if child.state is State.STARTED and self._is_banned(child) and self._may_act(child):
                self.parts.say(
                    f"{NAME} is stopped on {child.host.node}: it has an evacuation record"
                )
                self._stop(child)
            self._consider(child)

    def stop(self) -> None:
        """Everywhere, because Pacemaker stops."""
        for child in self.children.values():
            if child.state is State.STARTED and self._may_act(child):
                self._stop(child)

    def monitor(self) -> None:
        """All started ones; called again and again."""
        for child in self.children.values():
            runs = child.host.compute.running
            if child.state is not State.STARTED or not self._may_act(child):
                continue
            if runs and not self._told_to_fail(child):
                continue
            what = "hangs" if runs else "does not run"
            self.parts.say(f"{NAME} {what} on {child.host.node}")
            self._failed(child)
            self._stop(child)
            self._consider(child)

    def _failed(self, child: Child, by: int = 1) -> None:
        """Pacemaker counts, and forgets all of it a while after the last one."""
        node, world, timing = child.host.node, self.parts.world, self.parts.timing
        world.compute_failures[node] = count = world.compute_failures.get(node, 0) + by
        child.failed_at = failed_at = world.now
        threshold = world.settings.migration_threshold
        if count >= INFINITY or 0 < threshold <= count:
            child.failed_until = world.now + timing.failure_timeout
            if count < INFINITY:
                self.parts.say(f"{NAME} is given up on {node}: it has failed {count} times")

        def forget() -> None:
            if child.failed_at == failed_at:
                world.compute_failures.pop(node, None)

        self.parts.after(timing.failure_timeout, forget)

    def _told_to_fail(self, child: Child) -> bool:
        """Also answers who asks which process it is."""
        attrd, host = self.parts.world.attrd, child.host
        key = asked.key(host.node)
        text = attrd.truth(asked.ASKED).get(key, "")
        if word := asked.word_of(text):
            age = self.parts.world.now - host.compute.since
            attrd.put(asked.ANSWER, key, asked.format_answer(host.process, word, age))
        if asked.to_fail(text) != host.process or child.failed_for == host.process:
            return False
        child.failed_for = host.process
        self._note_truth(host)
        return True

    def _note_truth(self, host: Host) -> None:
        world = self.parts.world
        hung = host.compute.hung_at if host.compute.hangs else None
        near = world.core.timing.service_down
        others = (one for one in world.hosts.values() if one is not host and one.compute.hangs)
        silent = (
            one.name
            for one in others
            if hung is not None and abs(one.compute.hung_at - hung) <= near
        )
        moving = (one for one in world.database.on(host.name) if one.task_state == "migrating")
        world.core.journal.note(
            ComputeToldToFail(
                world.now,
                host.name,
                host.process,
                None if hung is None else world.now - hung,
                next(silent, ""),
                next((f"{one.name} was {one.task_state}" for one in moving), ""),
            )
        )

    def _powered_off(self, child: Child) -> None:
        if child.process:
            self.parts.processes.kill(child.process)

    def _may_act(self, child: Child) -> bool:
        online = self.parts.world.pacemaker.online(child.host.node)
        return self.controllers().deciding and online and child.host.reachable

    def _is_banned(self, child: Child) -> bool:
        return child.host.node in self.parts.world.cib.truth(flag_texts.RECORD)

    def _probe(self, child: Child) -> None:
        if child.state is not State.UNKNOWN or not self._may_act(child):
            return
        found = self._found(child)
        if found.code == OCF_ERR_GENERIC:
            self.parts.say(f"{NAME} failed on {child.host.node}: {found.reason}")
            self._stop(child)
            self._consider(child)
        else:
            running = found.code != OCF_NOT_RUNNING
            child.state = State.STARTED if running else State.STOPPED
            self._consider(child)

    def _found(self, child: Child) -> keeper.Found:
        flags = self.parts.world.flags()

        world = self.parts.world
        machine = SimMachine(child.host, world.cib, world.attrd)

        def look() -> gate.Open | gate.Wait:
            return self._look(child, flags)

        def say(what: str) -> None:
            self.parts.world.say(f"{child.host.node}/{NAME}", what)

        if child.host.compute.running:
            return keeper.judge_running(look, machine, say)
        if child.host.starts_compute:
            return keeper.judge_enabled(look, "nova-compute.service")
        return keeper.judge_guests(look, machine, say)

    def _look(self, child: Child, flags: HostFlags) -> gate.Open | gate.Wait:
        """Over the remote connection, while there is one."""
        host = child.host

        def read() -> Flag | None:
            if not self.parts.world.pacemaker.online(host.node) or not host.reachable:
                raise FlagsUnavailable("attrd does not answer", hint="is the node connected?")
            return flags.read_for(host.name, host.node)

        return keeper.look(host.name, read)

    def _consider(self, child: Child) -> None:
        if child.state is not State.STOPPED or not self._may_act(child) or self._is_banned(child):
            return
        wait = child.failed_until - self.parts.world.now
        if wait > 0:
            self.parts.after(wait + self.parts.timing.decide, lambda: self._consider(child))
            return
        child.state = State.STARTING
        process = child.process = self.parts.processes.start(
            NAME, lambda: self._start(child), lambda end: self._ended(child, process, end)
        )
        self.parts.after(
            self.parts.timing.start_timeout, lambda: self.parts.processes.kill(process)
        )

    def _start(self, child: Child) -> None:
        world, wrap, node = self.parts.world, self.parts.wrap, child.host.node
        units: Units = wrap(world.units(node), f"{NAME}.units")
        clock: Clock = wrap(world.clock(), f"{NAME}.clock")
        flags: HostFlags = wrap(world.flags(wrap, NAME), f"{NAME}.flags")
        machine: keeper.Machine = wrap(
            SimMachine(child.host, world.cib, world.attrd), f"{NAME}.machine"
        )
        keeper.start(
            units,
            machine,
            lambda: self._look(child, flags),
            clock,
            until=clock.monotonic() + self.parts.timing.start_timeout * keeper.SHARE,
            log=lambda what: world.say(f"{node}/{NAME}", what),
        )

    def _ended(self, child: Child, process: Process, end: End) -> None:
        if end.error is not None and not end.killed and not isinstance(end.error, VmhaError):
            raise end.error
        if child.process is not process or child.state is not State.STARTING:
            return
        child.process = None
        if end.error is None:
            child.state = State.STARTED
            return
        why = "it was killed" if end.killed else str(end.error)
        self.parts.say(f"the start of {NAME} on {child.host.node} failed: {why}")
        self._failed(child, INFINITY)
        if self._may_act(child):
            self._stop(child)
            self._consider(child)
        else:
            child.state = State.UNKNOWN  # Whoever decides next looks what became of it.

    def _stop(self, child: Child) -> None:
        child.state = State.STOPPED
        world, node = self.parts.world, child.host.node
        flags = world.flags()
        keeper.stop(
            lambda: world.units(node),
            SimMachine(child.host, world.cib, world.attrd),
            lambda: self._look(child, flags),
            log=lambda what: world.say(f"{node}/{NAME}", what),
        )
