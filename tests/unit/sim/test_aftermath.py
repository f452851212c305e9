"""What is judged at the end of a run. Each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from tests.unit.driven import TAGS, Driven
from vmha_ocf.model import ComputeService, Instance, NovaHost, ServiceChange, Services
from vmha_ocf.sim import World
from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, HostSpec, Scenario
from vmha_ocf.sim.cloud.nova import SimNova
from vmha_ocf.sim.judge.aftermath import judged
from vmha_ocf.sim.judge.invariants import marked
from vmha_ocf.sim.play.run import run
from vmha_ocf.worker.ports import WorkerPorts

P = TypeVar("P")
HOST = NovaHost("compute-1")
OTHERS = ("compute-2", "compute-3")


def new_world(**about: object) -> World:
    world = World.with_hosts(HOST, *OTHERS)
    world.boot(HOST, tags=TAGS, **about)  # type: ignore[arg-type]  # what a test says of it
    world.run(100)
    return world


def ports(world: World, nova: type[SimNova]) -> WorkerPorts:
    taken = world.nova()
    made = nova.__new__(nova)
    made.__dict__.update(taken.__dict__)
    return replace(world.worker_ports(), nova=made)


def broken(world: World, problems: Sequence[str] = ()) -> list[str]:
    return [sentence.split()[0] for sentence in judged(world, marked, problems)]


class TestNothingIsEvacuatedThatIsNotOurs:
    class MarksAll(SimNova):
        """Reads a mark where there is none."""

        def instances_on(self, host: NovaHost) -> Sequence[Instance]:
            return [replace(one, tags=TAGS) for one in super().instances_on(host)]

    @pytest.mark.parametrize(("nova", "expected"), [(SimNova, []), (MarksAll, ["P12"])])
    def test_an_instance_without_a_mark(self, nova: type[SimNova], expected: list[str]) -> None:
        world = new_world()
        world.boot(HOST)
        world.fence(HOST)
        Driven(world, ports(world, nova)).run(60)
        assert broken(world) == expected

    def test_a_mark_that_went_a_moment_before_counts_as_ours(self) -> None:
        world = new_world()
        (server,) = world.database.servers.values()
        world.fence(HOST)
        Driven(world).run(60)
        server.tags = frozenset()
        assert broken(world) == ["P12"]
        server.marks_changed = world.now
        assert broken(world) == []

    def test_one_that_its_owner_deletes_after_it_was_asked_for_was_ours(self) -> None:
        world = new_world()
        (server,) = world.database.servers.values()
        world.fence(HOST)
        Driven(world).run(60)
        world.host(server.host).power_off()
        world.requests.delete(server.id)
        assert server.task_state == "deleting", (
            "it waits for its host, which Nova still believes in"
        )
        assert broken(world) == []


class TestWhatNobodyHasMarkedInACloudWithoutMarks:
    @staticmethod
    def sees_no_mark(port: P, name: str) -> P:
        """The cloud, taken for one in which nothing is marked."""
        if name == "NovaEvacuate.nova":
            port.anything_marked = lambda _: False  # type: ignore[attr-defined]
        return port

    def tagged(self, at: float) -> Scenario:
        """Somebody marks an instance elsewhere."""
        return Scenario(
            title="nothing is marked",
            length=200.0,
            host=tuple(HostSpec(name) for name in (HOST, *OTHERS)),
            instances=(GroupSpec("web", HOST, tags=()), GroupSpec("other", OTHERS[0], tags=())),
            event=(
                EventSpec(20.0, "power_cut", host=HOST),
                EventSpec(at, "tag_instances", instances="other"),
            ),
        )

    def test_is_not_ours_if_something_was_marked_before(self) -> None:
        assert run(self.tagged(15.0)).good
        (told,) = run(self.tagged(15.0), self.sees_no_mark).broken
        assert told.startswith("P12")

    def test_is_ours_or_not_if_something_is_marked_before_the_first_request(self) -> None:
        assert not run(self.tagged(37.0)).broken
        assert not run(self.tagged(37.0), self.sees_no_mark).broken


class TestNothingOfOursIsLeftOnAService:
    class SaysItIsDone(SimNova):
        """Shows a service that was to be un-forced as un-forced, whatever it is."""

        def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
            if change.forced_down is not False and not change.enabled:
                return super().update_service(service, change)
            return replace(service, forced_down=False, enabled=True, updated_at="later")

        def services(self, host: NovaHost | None = None) -> Services:
            found = super().services(host)
            if not all(one.compute.running for one in self._hosts.values()):
                return found
            shown = [replace(one, forced_down=False, enabled=True) for one in found.known]
            return Services(shown, found.unknown)

    @pytest.mark.parametrize(("nova", "expected"), [(SimNova, []), (SaysItIsDone, ["P7"])])
    def test_a_host_that_is_back(self, nova: type[SimNova], expected: list[str]) -> None:
        world = new_world()
        world.fence(HOST, reboot=True)
        Driven(world, ports(world, nova)).run(900)
        assert world.flag(HOST) is None, "it is back"
        assert broken(world) == expected
        assert broken(world, [f"{HOST} is forced down"]) == [], "who is told of is not forgotten"


class TestEachIsAsItWasOrTold:
    def test_an_error_of_our_own_making(self) -> None:
        world = new_world()
        (server,) = world.database.servers.values()
        world.fence(HOST, reboot=True)
        Driven(world).run(300)
        assert broken(world) == []
        server.fail()
        assert broken(world) == ["P6"]
        world.reported.take({server.id: "no room"})
        assert broken(world) == [], "it is told now"
        world.run(100)
        world.reported.take({})
        world.run(100)
        assert broken(world) == ["P6"], "it was told once, and still lasts"
        server.owned = True
        assert broken(world) == []

    def test_one_that_was_stopped_and_runs(self) -> None:
        world = new_world(vm_state="stopped")
        (server,) = world.database.servers.values()
        world.fence(HOST)
        Driven(world).run(60)
        assert broken(world) == []
        world.host(OTHERS[0]).run(server.id)
        assert broken(world) == ["P6"]


class TestAGuestThatIsOffBecauseItsHostWas:
    SCENARIO = Scenario(
        "a person reboots a host",
        500,
        host=(HostSpec(HOST), HostSpec(OTHERS[0])),
        instances=(GroupSpec("web", HOST, count=2),),
        event=(EventSpec(30, "reboot_host", host=HOST),),
    )

    @staticmethod
    def sees_no_actions(port: P, name: str) -> P:
        """Nova's list of what was asked of an instance, taken for empty."""
        if name == "NovaEvacuate.nova":
            port.actions_of = lambda _: ()  # type: ignore[attr-defined]
        return port

    def test_is_told(self) -> None:
        assert run(self.SCENARIO).good

    def test_or_it_is_found_that_nobody_is_told(self) -> None:
        found = run(self.SCENARIO, self.sees_no_actions).broken
        assert [sentence.split()[0] for sentence in found] == ["P6", "P6"]
        assert all("was active and is off since its host compute-1 was" in one for one in found)
