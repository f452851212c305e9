"""``vmha`` on the simulated cluster: its commands over the ports of a World, and what they answer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vmha_ocf.backends.desk.terminal import Terminal
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.configuration import (
    COMPUTE,
    EVACUATOR,
    OUR_FENCING,
    REMOTE,
    Configuration,
    Location,
    Resource,
    Result,
)
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.inventory import Inventory, parse_inventory
from vmha_ocf.model import NodeName
from vmha_ocf.operator import main as command_line
from vmha_ocf.operator.command import Command
from vmha_ocf.operator.site import LoginNotes, Site, Values
from vmha_ocf.programs.vmha import worker as real_worker
from vmha_ocf.sim import World
from vmha_ocf.sim.base.tripwire import Tripwire

KEYSTONE = {
    "auth_url": "https://keystone.example.com:5000/v3",
    "username": "vmha",
    "password": "swordfish",
    "project_name": "service",
}
ROOM = {"MEMORY_MB": 64000, "VCPU": 64}


def evacuator(**parameters: str) -> Resource:
    return Resource("nova-evacuate", EVACUATOR, {**KEYSTONE, **parameters})


def good_configuration(*nodes: str) -> Configuration:
    """As pcs-examples leave it."""
    device = Resource(
        "fence-computes",
        OUR_FENCING,
        {
            "inventory": "/etc/vmha/inventory.ini",
            "pcmk_host_list": " ".join(nodes),
            "pcmk_action_limit": "-1",
        },
    )
    start = {"start": {"name": "start", "timeout": "15s"}}
    remotes = [
        Resource(name, REMOTE, {"reconnect_interval": "60s"}, operations=start) for name in nodes
    ]
    running = [Result(NodeName(name), "monitor", 0) for name in nodes]
    return Configuration(
        resources=[
            evacuator(),
            Resource(
                "nova-compute",
                COMPUTE,
                meta={"interleave": "true"},
                operations={"stop": {"name": "stop", "timeout": "60s", "on-fail": "block"}},
                clone="nova-compute-clone",
            ),
            device,
            *remotes,
        ],
        locations=[
            Location("nova-evacuate", "-INFINITY", [("osprole", "eq", "compute")]),
            Location("nova-compute-clone", "0", [("osprole", "eq", "compute")]),
            Location("nova-compute-clone", "-INFINITY", [("evacuation", "defined", "")]),
        ],
        alerts=["/usr/share/vmha-ocf/alert-wake"],
        properties={"concurrent-fencing": "true"},
        attributes={NodeName(name): {"osprole": "compute"} for name in nodes},
        results={
            "nova-evacuate": [Result(NodeName("ctl2"), "monitor", 0)],
            "nova-compute": running,
        },
    )


@dataclass
class FakeMachine:
    """A controller with a person at it who types ``typed``."""

    world: World
    typed: str = ""
    asked: list[str] = field(default_factory=list)
    complaints: Mapping[str, str] = field(default_factory=dict)
    kept: bool = True
    quorum: bool = True
    login_notes: LoginNotes = LoginNotes()
    resumes: bool = False
    bus_trouble: str = ""

    def node(self) -> NodeName:
        return NodeName("ctl1")

    def quorate(self) -> bool:
        return self.quorum

    def who(self) -> str:
        return "alice"

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.typed

    def try_device(self, device: Resource) -> str:
        return self.complaints.get(device.name, "")

    def read_inventory(self, path: str, domain: str) -> Inventory:
        sections = [
            f"[{host.node}]\nip = 192.0.2.{number}\nhost = {host.name}\n"
            for number, host in enumerate(self.world.hosts.values(), start=1)
        ]
        return parse_inventory("".join(sections), path, domain)

    def read_policy(self, path: str) -> Understood:
        return replace(self.world.policy("ctl1"), path=path) if path else Understood()

    def verify_bus(self, path: str) -> None:
        if path and self.bus_trouble:
            raise LocalParameterError(self.bus_trouble, hint="chmod 600 it")

    def clock_is_kept(self) -> bool:
        return self.kept

    def login(self, _: Values) -> LoginNotes:
        return self.login_notes

    def resumes_guests(self, _: str) -> bool:
        return self.resumes


class Desk:
    """An operator's place at one world."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.world = world
        self.machine = FakeMachine(world)
        self.width = 200
        self.problems: Sequence[str] | None = None
        """Of the worker, if it runs on this controller."""
        nodes = [str(host.node) for host in world.hosts.values()]
        self.configuration = replace(good_configuration(*nodes), **changes)
        self.offered = frozenset({"compute", "identity", "image", "placement"})
        self.rooms = [
            HostRoom(host.name, ROOM, {"MEMORY_MB": 8000, "VCPU": 8})
            for host in world.hosts.values()
        ]

    def site(self) -> Site:
        world = self.world
        return Site(
            clock=world.clock(),
            flags=world.flags(),
            holds=world.holds(),
            failures=world.failures(),
            traces=world.traces(),
            notes=world.notes(),
            history=world.history,
            cluster=world.cluster(),
            parallel=world.parallel,
            machine=self.machine,
            configuration=lambda: self.configuration,
            worker=real_worker,
            nova=lambda _: world.nova(),
            problems=lambda _: self.problems,
            room=lambda _: self.rooms,
            offered=lambda _: self.offered,
        )

    def with_parameters(self, **parameters: str) -> None:
        """Of NovaEvacuate."""
        others = [one for one in self.configuration.resources if one.kind != EVACUATOR]
        self.configuration = replace(
            self.configuration, resources=[evacuator(**parameters), *others]
        )

    def run(self, command: Command, *argv: str, watched: Tripwire | None = None) -> Outcome:
        """``watched`` counts every call of a port."""
        out, err = io.StringIO(), io.StringIO()
        screen = Terminal(out, err, width=self.width)
        connect = partial(_counted, self.site, watched) if watched else self.site
        around = command_line.CommandLine(connect, self.world.clock(), screen)
        code = command_line.run([command.name, *argv], [command], around)
        return Outcome(code, out.getvalue(), err.getvalue())

    def data(self, command: Command, *argv: str) -> Mapping[str, Any]:
        told = self.run(command, *argv, "--json").out
        found: Mapping[str, Any] = json.loads(told)
        return found


def _counted(connect: Callable[[], Site], calls: Tripwire) -> Site:
    site = connect()
    return replace(
        site,
        flags=calls.wrap(site.flags, "flags"),
        holds=calls.wrap(site.holds, "holds"),
        traces=calls.wrap(site.traces, "traces"),
        cluster=calls.wrap(site.cluster, "cluster"),
        nova=lambda values: calls.wrap(site.nova(values), "nova"),
    )


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> Sequence[str]:
        return self.out.splitlines()

    @property
    def first(self) -> str:
        return self.lines[0]
