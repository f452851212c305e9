"""The proof that the checks can fail: each promise is broken on purpose, and that is noticed.

Every test plays one failure twice: with the real parts, where no promise is broken, and with one of
them replaced, where the parts are put together, by one that makes the mistake of its docstring.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.process_promises import exposed, failed_stops, shown_secrets
from tests.unit.driven import TAGS, Driven
from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.agent.parameter import Parameter, string
from vmha_ocf.agent.settings import Marks
from vmha_ocf.backends.compute.unit_commands import UnitCommands
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.errors import NovaDenied, VmhaError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.fencer import Fencer
from vmha_ocf.fencing.request import Patience, Target
from vmha_ocf.living.booting import gate
from vmha_ocf.model import (
    Evacuation,
    Flag,
    Instance,
    InstanceId,
    NodeName,
    NovaHost,
    Power,
    ServiceChange,
    Services,
)
from vmha_ocf.ports import Bmc, Flags
from vmha_ocf.programs.nova_compute import AGENT
from vmha_ocf.service import marker
from vmha_ocf.sim import World
from vmha_ocf.sim.base.tripwire import Died, Tripwire
from vmha_ocf.sim.cloud.nova import SimNova
from vmha_ocf.sim.cluster.flags import SimFlags
from vmha_ocf.sim.judge.invariants import check
from vmha_ocf.worker.ports import WorkerPorts

HOST = NovaHost("compute-1")
OTHERS = ("compute-2", "compute-3", "compute-4")
TARGET = Target(HOST, NodeName("compute-1"), BmcAccess("192.0.2.7"))
SECRET = "open-sesame"


def new_world() -> World:
    world = World.with_hosts(HOST, *OTHERS)
    for _ in range(3):
        world.boot(HOST, tags=TAGS)
    world.run(100)
    return world


def ports(world: World, nova: type[SimNova] = SimNova) -> WorkerPorts:
    made = nova(world.core, world.database, world.hosts, world.services, world.requests)
    return replace(world.worker_ports(), nova=made)


def broken(world: World, storm_limit: int = 2) -> list[str]:
    """The promises that the checks call broken, each once."""
    sentences = check(world, storm_limit=storm_limit)
    return list(dict.fromkeys(sentence.split()[0] for sentence in sentences))


class TestP1NothingIsEvacuatedBeforeItsHostIsProvedOff:
    class Believing:
        """Takes a request that the BMC accepted for the power-off."""

        def __init__(self, bmc: Bmc) -> None:
            self._bmc = bmc
            self._said: Power | None = None

        def power(self) -> Power:
            return self._said or self._bmc.power()

        def set_power(self, wanted: Power) -> None:
            self._bmc.set_power(wanted)
            self._said = wanted

        def in_service(self) -> bool:
            return self._bmc.in_service()

        def close(self) -> None:
            self._bmc.close()

    class FirstWord(Believing):
        """Takes an off that was there before the request for the power-off, and sends none."""

        def power(self) -> Power:
            self._said = self._said or self._bmc.power()
            return self._said

        def set_power(self, _: Power) -> None:
            pass

    def fence(self, world: World, bmc: Bmc) -> None:
        world.fault("bmc", "ignored")
        fencer = Fencer(world.flags(), world.clock(), Patience(power=10), "ctl1")
        with suppress(VmhaError):
            fencer.off(TARGET, bmc)
        Driven(world).run(30)

    def test_a_bmc_that_only_accepts(self) -> None:
        world = new_world()
        world.isolate(HOST)  # Of a host whose heartbeats go on nothing is evacuated anyway.
        self.fence(world, world.bmc(HOST))
        assert broken(world) == []
        self.fence(world, self.Believing(world.bmc(HOST)))
        assert broken(world) == ["P1", "P2"], "the guests run on, so they run twice"

    @pytest.mark.parametrize(("trusting", "expected"), [(False, []), (True, ["P1", "P2"])])
    def test_a_bmc_that_has_just_restarted(self, trusting: bool, expected: Sequence[str]) -> None:
        world = new_world()
        world.isolate(HOST)
        world.fault("bmc.power", "says-off", times=1)
        bmc = world.bmc(HOST)
        self.fence(world, self.FirstWord(bmc) if trusting else bmc)
        assert broken(world) == expected


class TestP2AtMostOneEvacuationIsInFlight:
    class Repeating(SimNova):
        """Sends the POST again, as a library does whose retries are on."""

        def evacuate(self, instance: Instance) -> None:
            super().evacuate(instance)
            super().evacuate(instance)

    @pytest.mark.parametrize(("nova", "expected"), [(SimNova, []), (Repeating, ["P2"])])
    def test_a_second_post(self, nova: type[SimNova], expected: Sequence[str]) -> None:
        world = new_world()
        world.fence(HOST)
        Driven(world, ports(world, nova)).run(30)
        assert broken(world) == expected


class TestP3AFlagThatWasWrittenIsNotLost:
    class InMemory(FlagStore):
        """Writes the flag to attrd alone."""

        def __init__(self, world: World) -> None:
            super().__init__(world.attrd, world.cib, world.clock())
            self._world = world

        def write(self, flag: Flag) -> None:
            key = flag_texts.format_key(flag.host)
            self._world.attrd.update(flag_texts.ATTRIBUTE, key, flag_texts.format_value(flag))

    def fence_and_stop(self, world: World, flags: Flags) -> None:
        fencer = Fencer(flags, world.clock(), Patience(power=10), "ctl1")
        fencer.off(TARGET, world.bmc(HOST))
        world.stop_cluster()
        world.start_cluster()

    def test_all_controllers_stop(self) -> None:
        world = new_world()
        self.fence_and_stop(world, world.flags())
        assert broken(world) == []

        world = new_world()
        store = self.InMemory(world)
        flags = SimFlags(world.core, store, world.flag, world.instances_left)
        self.fence_and_stop(world, flags)
        assert broken(world) == ["P3"]


class TestP4NovaComputeOfAFlaggedHostDoesNotStart:
    @staticmethod
    def hasty(host: NovaHost, flag: Flag | None) -> gate.Open | gate.Wait:
        """Opens as soon as somebody has begun."""
        return gate.Open() if flag and flag.owner else gate.decide(host, flag)

    @pytest.mark.parametrize(("decide", "expected"), [(gate.decide, []), (hasty, ["P4"])])
    def test_a_gate_that_opens_early(
        self,
        decide: Callable[[NovaHost, Flag | None], gate.Open | gate.Wait],
        expected: Sequence[str],
    ) -> None:
        world = new_world()
        world.fault("nova.destination", "slow", seconds=100)
        world.fence(HOST, reboot=True)
        driven = GateKeeper(world, decide)
        driven.run(300)
        assert world.host(HOST).compute.running, "the gate opens in the end"
        assert broken(world) == expected


class GateKeeper(Driven):
    """``decide`` is what opens the gates of hosts that have booted."""

    def __init__(
        self, world: World, decide: Callable[[NovaHost, Flag | None], gate.Open | gate.Wait]
    ) -> None:
        super().__init__(world)
        self.decide = decide

    def is_pending(self, host: str) -> bool:
        flag = self.world.flags().read_for(self.world.host(host).name, NodeName(host))
        return not isinstance(self.decide(self.world.host(host).name, flag), gate.Open)


class TestP5AbsentIsNotDone:
    class LosesAPage(SimNova):
        """Takes the first page for the whole list, and then an empty one for the end."""

        def instances_on(self, host: NovaHost) -> Sequence[Instance]:
            return super().instances_on(host)[:-1]

    @pytest.mark.parametrize(("nova", "expected"), [(SimNova, []), (LosesAPage, ["P5", "P6"])])
    def test_a_short_list(self, nova: type[SimNova], expected: Sequence[str]) -> None:
        world = new_world()
        world.fence(HOST)
        Driven(world, ports(world, nova)).run(60)
        assert broken(world) == expected


class TestP6NoTaggedInstanceIsSilentlySkipped:
    @pytest.mark.parametrize(
        ("tags", "expected"),
        [(Marks().server_tags, []), (("automatic_recovery",), ["P5", "P6"])],
        ids=["as configured", "a mistyped tag"],
    )
    def test_a_policy_that_looks_for_another_tag(
        self, tags: tuple[str, ...], expected: Sequence[str]
    ) -> None:
        world = new_world()
        world.boot(OTHERS[0], tags=frozenset({"automatic_recovery"}))
        world.fence(HOST)
        Driven(world, marks=Marks(server_tags=tags)).run(60)
        assert broken(world) == expected


class TestP7NothingOfAnOperatorsIsUndone:
    class TakesItForOurs(SimNova):
        """Reads every disabled service as one that we have disabled."""

        def services(self, host: NovaHost | None = None) -> Services:
            ours = marker.format_reason(marker.Ours(forced_down=True, disabled=True))
            return Services(
                [
                    one if one.enabled else replace(one, disabled_reason=ours)
                    for one in super().services(host)
                ]
            )

    @pytest.mark.parametrize(("nova", "expected"), [(SimNova, []), (TakesItForOurs, ["P7"])])
    def test_a_host_under_maintenance_dies_and_returns(
        self, nova: type[SimNova], expected: Sequence[str]
    ) -> None:
        world = new_world()
        world.operator_changes(HOST, ServiceChange(enabled=False, reason="maintenance"))
        world.fence(HOST, reboot=True)
        Driven(world, ports(world, nova)).run(300)
        assert world.flag(HOST) is None, "it is back"
        assert broken(world) == expected


class TestP8StopAlwaysSucceeds:
    ENV = {
        "OCF_RESKEY_start_command": "true",
        "OCF_RESKEY_stop_command": "false",
        "OCF_RESKEY_status_command": "true",
    }

    @staticmethod
    def honest(call: Call) -> int:
        """Says that nova-compute did not stop."""
        clock = SystemClock()
        start, stop, status = (call.raw(f"{name}_command") for name in ("start", "stop", "status"))
        UnitCommands(start, stop, status, clock, until=clock.monotonic() + 10).stop()
        return 0

    def test_a_stop_that_tells_the_truth(self) -> None:
        other = agent(AGENT.parameters, "stop", self.honest)
        answers = {"a stop_command that fails": AGENT.run(["stop"], self.ENV)}
        assert failed_stops(answers) == []
        answers = {"a stop_command that fails": other.run(["stop"], self.ENV)}
        assert failed_stops(answers) == ["P8: stop ended with 1: a stop_command that fails"]


class TestP9WhateverIsKilledWhatRunsNextContinues:
    class OnlyItsOwn(SimNova):
        """Keeps in its own memory what it has asked for, instead of asking Nova."""

        def __init__(self, *parts: object) -> None:
            super().__init__(*parts)  # type: ignore[arg-type]  # the simulator's own, passed on
            self._asked: set[InstanceId] = set()

        def evacuate(self, instance: Instance) -> None:
            self._asked.add(instance.id)
            super().evacuate(instance)

        def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
            return [one for one in super().evacuations_from(host) if one.instance in self._asked]

        def instances_on(self, host: NovaHost) -> Sequence[Instance]:
            return [replace(one, task_state=None) for one in super().instances_on(host)]

    @pytest.mark.parametrize("crash", [False, True])
    @pytest.mark.parametrize("nova", [SimNova, OnlyItsOwn])
    def test_a_memory_that_dies_with_the_process(self, nova: type[SimNova], crash: bool) -> None:
        world = new_world()
        world.fault("nova.destination", "slow", seconds=600)
        world.fence(HOST)
        wire = Tripwire(at=calls_up_to("nova.evacuate") if crash else 0, after_effect=True)
        with suppress(Died):
            Driven(world, wire.worker_ports(ports(world, nova))).run(300)
        assert [call for call in wire.calls if call == "nova.evacuate"]
        Driven(world, ports(world, nova)).run(300) if crash else None
        assert broken(world) == (["P2"] if crash and nova is self.OnlyItsOwn else [])


def calls_up_to(name: str) -> int:
    """The number of the first call of a method, where nothing dies."""
    world, wire = new_world(), Tripwire()
    world.fence(HOST)
    Driven(world, wire.worker_ports(world.worker_ports())).run(10)
    return wire.calls.index(name) + 1


class TestP10NoSecretIsShown:
    @pytest.mark.parametrize(
        ("known", "expected"), [(True, []), (False, ["P10: a secret is in the exit reason"])]
    )
    def test_a_parameter_that_is_not_known_as_secret(
        self, known: bool, expected: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        def start(call: Call) -> int:
            raise NovaDenied(f"Keystone refuses {call.raw('password')}")

        parameter = string("password", "The password", secret=known)
        other = agent([parameter], "start", start)
        assert other.run(["start"], {"OCF_RESKEY_password": SECRET}) == 1
        assert shown_secrets(SECRET, {"the exit reason": capsys.readouterr().err}) == expected

    @pytest.mark.parametrize("where", ["stdin", "argument", "environment"])
    def test_a_program_that_is_told_a_password(self, where: str) -> None:
        wait = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
        process = subprocess.Popen(
            [*wait, SECRET] if where == "argument" else wait,
            env={"OS_PASSWORD": SECRET} if where == "environment" else {},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        seen = {"a process": exposed(process.pid)}
        process.communicate(SECRET if where == "stdin" else "")
        told = shown_secrets(SECRET, seen)
        assert told == ([] if where == "stdin" else ["P10: a secret is in a process"])


def agent(parameters: Collection[Parameter], action: str, handler: Callable[[Call], int]) -> Agent:
    return Agent(
        "Broken",
        "An agent with one mistake",
        "It shows that the mistake is noticed.",
        source=__file__,
        parameters=tuple(parameters),
        actions=(Action(action, handler, timeout=20),),
    )


class TestP11AStormIsHeld:
    class Released(SimFlags):
        """Takes silence for an operator's word."""

        def storm_release(self) -> float | None:
            return self._core.clock().now()

    @pytest.mark.parametrize(("kind", "expected"), [(SimFlags, []), (Released, ["P11"])])
    def test_a_release_that_nobody_gave(
        self, kind: type[SimFlags], expected: Sequence[str]
    ) -> None:
        world = new_world()
        store = FlagStore(world.attrd, world.cib, world.clock())
        flags = kind(world.core, store, world.flag, world.instances_left)
        for host in (HOST, *OTHERS[:2]):
            world.fence(host)
        Driven(world, replace(world.worker_ports(), flags=flags), storm_limit=2).run(60)
        assert broken(world, storm_limit=2) == expected
