"""The fence devices as Pacemaker's fencer calls them: our own agent, and others beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmha_ocf.errors import ParameterError, VmhaError
from vmha_ocf.fencing.actions import FenceAction, FencePorts
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.kdump import Messages
from vmha_ocf.fencing.refusals import Denials, RefusalStore
from vmha_ocf.fencing.request import Target, read_request
from vmha_ocf.ports import Bmc
from vmha_ocf.sim.base.journal import ProvenOff
from vmha_ocf.sim.cluster.configured import KDUMP, OTHER, OURS, PING, RECORD, Levels
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.parts import Parts


class FenceDevices:
    """``options`` are our agent's parameters."""

    def __init__(self, parts: Parts, levels: Levels, options: Mapping[str, str]) -> None:
        self._parts = parts
        self._levels = levels
        self._options = options

    def perform(self, host: Host, action: str, controller: str) -> str:
        """In a process of that controller: level by level, until all devices of one succeed. Returns
        what these said; raises VmhaError of the last level."""
        for level in self._levels[:-1]:
            try:
                return self._run(level, host, action, controller)
            except VmhaError as error:
                self._parts.world.say(f"{controller}/{OURS}", f"{host.node}: next level: {error}")
        return self._run(self._levels[-1], host, action, controller)

    def _run(self, level: Sequence[str], host: Host, action: str, controller: str) -> str:
        """A reboot by several devices is all of them off, then all of them on."""
        actions = ("off", "on") if action == "reboot" and len(level) > 1 else (action,)
        said = [self._call(device, host, each, controller) for each in actions for device in level]
        return "; ".join(dict.fromkeys(said))

    def _call(self, device: str, host: Host, action: str, controller: str) -> str:
        if device == OTHER:
            return self._other(host, action)
        if device in (KDUMP, PING):
            return f"{device}: content"
        plug = host.name if self._parts.world.settings.host_map else host.node
        options = {**self._options, "action": action, "plug": plug, "nodename": host.node}
        options |= {"record_only": "1"} if device == RECORD else {"ip": f"bmc-{host.node}"}
        answer = FenceAction(read_request(options), self._ports(controller), controller).perform()
        return ", ".join(answer.lines)

    def _other(self, host: Host, action: str) -> str:
        self._parts.world.core.timeline.advance(self._parts.world.core.timing.power_change)
        if action == "on":
            self._parts.world.boot_host(host.node)
            return "another device: on"
        host.power_off()
        core = self._parts.world.core
        core.journal.note(ProvenOff(core.now, host.name, "another device"))
        if action == "reboot":
            self._parts.world.boot_host(host.node)
        return f"another device: {action}"

    def _ports(self, controller: str) -> FencePorts:
        world, wrap = self._parts.world, self._parts.wrap
        attrd = wrap(world.attrd, f"{OURS}.attrd")
        clock = wrap(world.clock(controller), f"{OURS}.clock")
        return FencePorts(
            flags=wrap(world.flags(wrap, OURS), f"{OURS}.flags"),
            clock=clock,
            open_bmc=self._bmc,
            parallel=world.parallel,
            read_inventory=_no_inventory,
            refusals=RefusalStore(attrd, clock),
            denials=Denials(attrd, clock),
            configuration=world.configuration,
            listen=_nobody_dumps,
        )

    def _bmc(self, target: Target) -> Bmc:
        bmc: Bmc = self._parts.world.bmc(target.node)
        return self._parts.wrap(bmc, f"{OURS}.bmc")


def _nobody_dumps(_senders: Sequence[str]) -> Messages:
    raise ParameterError("kdump_wait is not played", hint="tests/lab plays it")


def _no_inventory(path: str, _domain: str) -> Inventory:
    raise ParameterError(f"there is no {path} here", hint="each host's device has its own ip")
