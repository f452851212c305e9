"""Who recovers: this suite, Debian's older agents, and a client that does nothing but ask.

Each of them as its own documents have it configured, with the same cluster, hosts, patience with a silent
host and power devices; where a figure of theirs is a choice, the one that is best for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.lab.cloud.rest import Answer
from tests.lab.deployer import Deployer
from tests.lab.stage import Stage, Tell, configure

AT_ONCE = 16
"""Requests of the plain client on their way at once."""


class Engine(ABC):
    name: str
    told: str
    """How it is configured, in a line."""

    @abstractmethod
    def configure(self, stage: Stage, tell: Tell) -> None: ...

    @abstractmethod
    def fenced(self, stage: Stage, host: str, uuids: Sequence[str]) -> None:
        """Pacemaker has fenced the host."""

    @abstractmethod
    def interrupt(self, stage: Stage, host: str) -> None:
        """As a crash would, and then it is repeated."""


class RunByPacemaker(Engine):
    """It needs no word of a fencing, and is started again."""

    process: str

    def fenced(self, stage: Stage, host: str, uuids: Sequence[str]) -> None:
        pass

    def interrupt(self, stage: Stage, host: str) -> None:
        for node in stage.lab.controllers:
            stage.cluster.run(node.name, ["pkill", "-KILL", "-f", self.process])


class Ours(RunByPacemaker):
    name = "this suite"
    told = "as the README has it"
    process = "vmha_ocf.worker"

    def configure(self, stage: Stage, tell: Tell) -> None:
        configure(stage, tell)


class Older(RunByPacemaker):
    name = "older agents"
    told = "as TripleO has them, NovaEvacuate's monitor each 2 s instead of 10 s"
    process = "fence_evacuate"

    def configure(self, stage: Stage, tell: Tell) -> None:
        Deployer.of(stage).older_agents()
        stage.wait_up(timeout=300)
        tell("the older agents run")


class Plain(Engine):
    name = "plain client"
    told = f"forces the host down once it is fenced, and sends {AT_ONCE} requests at once"

    def configure(self, stage: Stage, tell: Tell) -> None:
        configure(stage, tell)
        stage.cluster.pcs("resource", "disable", "nova-evacuate", "--wait=30")

    def fenced(self, stage: Stage, host: str, uuids: Sequence[str]) -> None:
        stage.cloud.client().update_service(host, forced_down=True).expect(200)
        for answer in self._ask(stage, uuids):
            answer.expect(200)

    def interrupt(self, stage: Stage, host: str) -> None:
        """It knows nothing of before: all that Nova lists there is asked for again."""
        listed = [server["id"] for server in stage.cloud.client().servers(host=host)]
        for _ in self._ask(stage, listed):
            pass

    def _ask(self, stage: Stage, uuids: Sequence[str]) -> list[Answer]:
        client = stage.cloud.client()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(client.evacuate, uuids))
