"""One worker, and compute hosts that say what is down on them, each guest by one line of its own."""

from __future__ import annotations

from typing import Any

from tests.unit.driven import TAGS, Driven
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import ATTRIBUTE, format_report, make_report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId, NodeName
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import US

POLICY = """
default_class = "cattle"
[class.cattle.guest]
crashed = ["restart", "notify"]
hung = "notify"
"""
BOOT = "11111111-2222-3333-4444-555555555555"


class Watched:
    """``down``: what each host says; a guest that runs again is taken out of it by ``run``."""

    def __init__(self, policy: str = POLICY, **settings: Any) -> None:
        self.world = World.with_hosts("compute-1", "compute-2", "compute-3")
        if policy:
            self.world.write_policy(policy)
        self.down: dict[str, dict[InstanceId, Trouble]] = {}
        self.driven = Driven(self.world, **settings)

    def boot(self, count: int = 1, host: str = "compute-1", **about: Any) -> list[InstanceId]:
        return [
            self.world.boot(host, **{"name": f"vm-{number}", "tags": TAGS, **about})
            for number in range(1, count + 1)
        ]

    def crash(
        self,
        one: InstanceId,
        kind: Kind = Kind.CRASHED,
        *,
        host: str = "compute-1",
        seen: bool = True,
        ago: float = 0.0,
    ) -> None:
        if kind is Kind.CRASHED and one in self.world.database.servers:
            self.world.host(host).halt(one)
        since = Epoch(self.world.clock().now() - ago)
        self.down.setdefault(host, {})[one] = Trouble(kind, since, seen)
        self.tell()

    def tell(self) -> None:
        for host, troubles in self.down.items():
            report = make_report(BOOT, self.world.clock().now(), troubles, None)
            self.world.attrd.put(ATTRIBUTE, host, format_report(report))

    def run(self, seconds: float) -> None:
        """Rounds. Whoever has seen a guest run again says so in the next moment."""
        end = self.world.now + seconds
        while self.world.now < end:
            self.driven.round()
            for host, troubles in self.down.items():
                up = [one for one in troubles if self._runs_again(one, host)]
                for one in up:
                    del troubles[one]
                if up:
                    self.tell()

    def _runs_again(self, one: InstanceId, host: str) -> bool:
        """What is stuck runs all the time."""
        stuck = self.down[host][one].kind is not Kind.CRASHED and not self.reboots(one)
        return not stuck and self.world.runs_on(one) == [NodeName(host)]

    def reboots(self, one: InstanceId) -> int:
        return sum(1 for each in self.actions(one) if each == ("reboot", US))

    def actions(self, one: InstanceId) -> list[tuple[str, str]]:
        return [(each.name, each.user) for each in self.world.instance(one).actions]

    @property
    def log(self) -> str:
        return self.driven.told()

    @property
    def problems(self) -> str:
        return self.driven.problems
