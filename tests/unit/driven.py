"""NovaEvacuate's worker on the simulated cluster: its rounds and pauses, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster.flag_texts import ATTRIBUTE
from vmha_ocf.model import InstanceId, NodeName
from vmha_ocf.sim import World
from vmha_ocf.sim.judge.invariants import check
from vmha_ocf.worker.pauses import Round
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.round import Evacuator

TAGS = frozenset({"automatic-recovery"})
SECONDS_TO_GIVE_UP = 3600.0


class Driven:
    """One worker after another on one world: ``restart`` is a crash or a failover."""

    def __init__(self, world: World, ports: WorkerPorts | None = None, **settings: Any) -> None:
        self.world = world
        self.settings = Settings(**settings)
        self.ports = ports or world.worker_ports()
        self.rounds: list[Round] = []
        self.historian = world.historian("nobody")
        self.restart()

    def restart(self, me: str = "ctl1") -> None:
        self.historian.kill()
        self.historian = self.world.historian(f"{me}/NovaEvacuate")
        tell, recall = self.historian.tell, self.historian.chronicle.recall
        self.restart_with(replace(self.ports, tell=tell, recall=recall), me)

    def restart_with(self, ports: WorkerPorts, me: str = "ctl1") -> None:
        self.ports = ports
        self.world.pacemaker.evacuators = frozenset({NodeName(me)})
        self.evacuator = Evacuator(self.ports, self.settings, me)

    def round(self) -> Round:
        """One round and its pause, cut short as a change of a flag cuts it short."""
        latest = self.evacuator.round()
        self.historian.looked(latest)
        self.rounds.append(latest)
        self.world.reported.take(latest.told)
        before, end = self._flags(), self.world.now + latest.pause
        while self.world.now < end and self._flags() == before:
            self.world.run(min(0.5, end - self.world.now))
            self._open_gates()
        return latest

    def _flags(self) -> Mapping[str, str]:
        return dict(self.world.attrd.truth(ATTRIBUTE))

    def _open_gates(self) -> None:
        """What NovaCompute does on hosts that have booted."""
        for host in self.world.hosts.values():
            if host.reachable and not host.compute.running and not self.is_pending(host.node):
                self.world.units(host.node).start()

    def run(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.round()

    def until_done(self, *hosts: str) -> None:
        """Until the evacuation of these hosts is over."""
        end = self.world.now + SECONDS_TO_GIVE_UP
        while any(self.is_pending(host) for host in hosts):
            assert self.world.now < end, self.told()
            self.round()

    def is_pending(self, host: str) -> bool:
        flag = self.world.flag(host)
        return flag is not None and flag.pending

    def check(self, **rules: Any) -> None:
        """Every promise, from what really happened."""
        broken = check(self.world, storm_limit=self.settings.storm_limit, **rules)
        assert not broken, "\n".join([*broken, self.told()])

    def told(self) -> str:
        return "\n".join(map(str, self.world.log))

    @property
    def problems(self) -> str:
        return "; ".join(self.rounds[-1].problems)


def where(world: World) -> Mapping[InstanceId, str]:
    """Where each instance runs; "" if nowhere."""
    return {one: ",".join(world.runs_on(one)) for one in world.database.servers}


def requests(world: World) -> int:
    """How many evacuations Nova has accepted."""
    return len(world.database.records)
