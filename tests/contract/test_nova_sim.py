"""The Nova contract on the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.contract.nova import HOSTS, NovaContract
from vmha_ocf.model import ImageId, InstanceId, NovaHost
from vmha_ocf.sim import World


class SimStage:
    def __init__(self, world: World) -> None:
        self.world = world
        self.nova = world.nova()

    def boot(
        self,
        host: NovaHost,
        *,
        vm_state: str = "active",
        tags: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> InstanceId:
        return self.world.boot(
            host, vm_state=vm_state, tags=frozenset(tags), metadata=metadata or {}
        )

    def image(self, *tags: str, **properties: str) -> ImageId:
        images = self.world.database.images
        image = ImageId(f"image-{len(images)}")
        images[image] = dict.fromkeys(tags, "true") | properties
        return image

    def group(self, policy: str) -> None:
        self.world.group(policy)

    def lose(self, host: NovaHost) -> None:
        self.world.power_cut(host)

    def return_host(self, host: NovaHost) -> None:
        self.world.boot_host(host)
        self.until(lambda: self.world.host(host).reachable)
        self.world.start_compute(host)

    def start(self, instance: InstanceId) -> None:
        self.world.requests.start(instance)

    def live_migrate(self, instance: InstanceId, dest: NovaHost) -> None:
        self.world.moves.live_migrate(instance, dest)
        self.until(lambda: self.world.database.moves[-1].status == "running")

    def slow_reboots(self, seconds: float) -> None:
        """They take longer than a step of ``until``."""

    def lose_cell(self, host: NovaHost) -> None:
        self.world.add_host(host)
        self.world.fault("nova.cell", "down", host=host)

    def lose_nova(self) -> None:
        self.world.fault("nova", "down")

    def runs_on(self, instance: InstanceId) -> Sequence[str]:
        return self.world.runs_on(instance)

    def until(self, what: Callable[[], bool]) -> None:
        for _ in range(600):
            if what():
                return
            self.world.run(0.5)
        raise AssertionError("it did not happen in 300 s of virtual time")


class TestSimNova(NovaContract):
    @pytest.fixture
    def stage(self) -> SimStage:
        world = World.with_hosts(*HOSTS)
        world.run(100)
        return SimStage(world)
