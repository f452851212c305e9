"""``vmha check``: quiet on a good cluster, and each planted mistake is found, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tests.unit.driven import TAGS
from tests.unit.operator_site import Desk
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.configuration import (
    REMOTE,
    Configuration,
    Location,
    Order,
    Resource,
    Result,
)
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.fencing.inventory import Inventory, parse_inventory
from vmha_ocf.model import Epoch, ImageId, Monotonic, NodeName, NodeState, NovaHost, ServiceChange
from vmha_ocf.operator.checks.facts import Facts
from vmha_ocf.operator.checks.files import seen_here_alone
from vmha_ocf.operator.checks.reading import Reading
from vmha_ocf.operator.commands.check import COMMAND, findings
from vmha_ocf.operator.site import LoginNotes
from vmha_ocf.sim import World

Plant = Callable[[Desk], object]
CROSSED_NAMES = "[compute-1]\nip = 1\nhost = compute-2\n[compute-2]\nip = 2\nhost = compute-3\n"


def good_cluster() -> Desk:
    world = World.with_hosts("compute-1", "compute-2", "compute-3")
    for host in ("compute-1", "compute-2"):
        world.boot(host, tags=TAGS)
    world.boot("compute-3")
    world.run(100)
    return Desk(world)


def change(desk: Desk, **changes: Any) -> None:
    desk.configuration = replace(desk.configuration, **changes)


def edit(desk: Desk, name: str, **changes: Any) -> None:
    """One resource of the configuration."""
    found = [
        replace(one, **changes) if one.name == name else one
        for one in desk.configuration.resources
    ]
    change(desk, resources=found)


def parameters(desk: Desk, name: str, **values: str) -> None:
    one = next(one for one in desk.configuration.resources if one.name == name)
    merged = {key: value for key, value in {**one.parameters, **values}.items() if value}
    edit(desk, name, parameters=merged)


def power(host: str, **values: str) -> Resource:
    given = {"pcmk_host_list": host, **values}
    return Resource(f"power-{host}", "stonith:fence_ipmilan", given)


def policy(text: str) -> Plant:
    def plant(desk: Desk) -> None:
        desk.with_parameters(policy="/etc/vmha/policy.toml")
        desk.world.policies[""] = text

    return plant


def both(*plants: Plant) -> Plant:
    def plant(desk: Desk) -> None:
        for each in plants:
            each(desk)

    return plant


def disabled(host: str) -> Plant:
    change = ServiceChange(enabled=False, reason="new disks")
    return lambda desk: desk.world.operator_changes(host, change)


def properties(**values: str) -> Plant:
    return lambda desk: change(desk, properties={"concurrent-fencing": "true", **values})


def results(name: str, *found: Result) -> Plant:
    return lambda desk: change(desk, results={**desk.configuration.results, name: found})


def without_location(which: Callable[[Location], bool]) -> Plant:
    return lambda desk: change(
        desk, locations=[one for one in desk.configuration.locations if not which(one)]
    )


def more(desk: Desk, *resources: Resource) -> None:
    change(desk, resources=[*desk.configuration.resources, *resources])


def renamed_in_nova(desk: Desk) -> None:
    """Nova calls it by its full name, the inventory does not."""
    database = desk.world.database
    service = database.services.pop(desk.world.host("compute-1").name)
    service.host.name = type(service.host.name)("compute-1.example.com")
    database.services[service.host.name] = service
    desk.machine.read_inventory = _short_names(desk.machine.read_inventory)  # type: ignore[method-assign]


TENANT = """
default_class = "all"
[class.all]
network.tenant = "notify"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant-clone"
healthy_from = 1000
"""
STORAGE = """
default_class = "all"
[class.all]
network.storage = "notify"
[measured.storage]
paused_guests = 2
"""
WATCHER = Resource("watcher", "ocf:openstack:NovaInstances", clone="watcher-clone")
HOSTS = ("compute-1", "compute-2", "compute-3")
TARGETS = {"host_list": "192.0.2.1 192.0.2.2", "multiplier": "1000"}


def monitors(kind: str, **values: str) -> Resource:
    return Resource("net-tenant", kind, values, clone="net-tenant-clone")


def pings(**values: str) -> Resource:
    return monitors("ocf:pacemaker:ping", **{**TARGETS, "name": "net-tenant", **values})


PING = pings()


def measured_by(*resources: Resource, on: Sequence[str] = HOSTS) -> Plant:
    """Each runs on these nodes."""

    def plant(desk: Desk) -> None:
        more(desk, *resources)
        for one in resources:
            results(one.name, *(Result(NodeName(node), "monitor", 0) for node in on))(desk)

    return plant


def says(attribute: str, text: str, *nodes: str) -> Plant:
    def plant(desk: Desk) -> None:
        for node in nodes:
            desk.world.attrd.put(attribute, node, text)

    return plant


said_everywhere = says("net-tenant", "2000", *HOSTS)


@dataclass(frozen=True)
class Mistake:
    plant: Plant
    level: str
    says: str
    """A part of the sentence that finds it."""


CTL2 = NodeName("ctl2")
LEVEL = {"target": "compute-1", "index": "1", "devices": "fence-computes"}
MISTAKES = {
    "a device has failed on all controllers": Mistake(
        results("fence-computes", Result(CTL2, "stop", 0), Result(NodeName("ctl1"), "stop", 0)),
        "warning",
        "fence-computes runs on no controller",
    ),
    "a device has failed and is not stopped yet": Mistake(
        results("fence-computes", Result(CTL2, "start", 1)),
        "warning",
        "fence-computes runs on no controller",
    ),
    "a device is disabled": Mistake(
        lambda desk: edit(desk, "fence-computes", meta={"target-role": "Stopped"}),
        "error",
        "fence-computes is disabled: Pacemaker fences nobody by it",
    ),
    "fencing is off": Mistake(
        properties(**{"stonith-enabled": "false"}), "error", "does not fence"
    ),
    "fencing is off by its name of Pacemaker 3.0.2": Mistake(
        properties(**{"fencing-enabled": "false", "stonith-enabled": "true"}),
        "error",
        "does not fence: fencing-enabled is false",
    ),
    "hosts that are down at the start are not fenced": Mistake(
        properties(**{"startup-fencing": "false"}), "warning", "startup-fencing"
    ),
    "hosts are fenced one after another": Mistake(
        lambda desk: change(desk, properties={}), "warning", "one after another"
    ),
    "maintenance mode": Mistake(
        properties(**{"maintenance-mode": "true"}), "error", "maintenance mode"
    ),
    "quorum is ignored": Mistake(
        properties(**{"no-quorum-policy": "ignore"}), "error", "no-quorum-policy is ignore"
    ),
    "no quorum": Mistake(
        lambda desk: setattr(desk.machine, "quorum", False), "error", "has no quorum"
    ),
    "no evacuator": Mistake(
        lambda desk: change(
            desk,
            resources=[one for one in desk.configuration.resources if one.name != "nova-evacuate"],
        ),
        "error",
        "no resource of the type ocf:openstack:NovaEvacuate",
    ),
    "two evacuators": Mistake(
        lambda desk: more(desk, replace(desk.configuration.resources[0], name="another")),
        "error",
        "which ocf:openstack:NovaEvacuate?",
    ),
    "the evacuator is a clone": Mistake(
        lambda desk: edit(desk, "nova-evacuate", clone="nova-evacuate-clone"), "error", "a clone"
    ),
    "the evacuator is stopped": Mistake(
        results("nova-evacuate", Result(CTL2, "stop", 0)), "error", "runs nowhere"
    ),
    "the evacuator is degraded": Mistake(
        results("nova-evacuate", Result(CTL2, "monitor", 190, "Keystone says no")),
        "error",
        "nova-evacuate on ctl2: Keystone says no",
    ),
    "the evacuator may run on a compute host": Mistake(
        without_location(lambda one: one.resource == "nova-evacuate"),
        "warning",
        "may start on a compute host",
    ),
    "no rule keeps nova-compute from flagged hosts": Mistake(
        without_location(lambda one: ("evacuation", "defined", "") in one.expressions),
        "error",
        "does not keep nova-compute-clone from a flagged host",
    ),
    "the rule is not an absolute one": Mistake(
        lambda desk: change(
            desk,
            locations=[replace(one, score="-100") for one in desk.configuration.locations],
        ),
        "error",
        "does not keep nova-compute-clone from a flagged host",
    ),
    "the evacuator waits for the compute hosts": Mistake(
        lambda desk: change(desk, orders=[Order("nova-compute-clone", "nova-evacuate")]),
        "error",
        "nova-evacuate starts after nova-compute-clone",
    ),
    "a stop that fences": Mistake(
        lambda desk: edit(desk, "nova-compute", operations={}),
        "error",
        "a stop of nova-compute that fails gets its host fenced",
    ),
    "a clone that waits for all of another": Mistake(
        lambda desk: change(
            desk,
            orders=[Order("libvirt-clone", "nova-compute-clone")],
            resources=[replace(one, meta={}) for one in desk.configuration.resources],
        ),
        "error",
        "nova-compute-clone is ordered with another clone",
    ),
    "no alert": Mistake(lambda desk: change(desk, alerts=[]), "warning", "no alert wakes"),
    "credentials on the compute hosts": Mistake(
        lambda desk: parameters(desk, "nova-compute", password="x", auth_url="y"),
        "warning",
        "nova-compute has password, auth_url",
    ),
    "nova-compute's unit is enabled": Mistake(
        results(
            "nova-compute",
            Result(NodeName("compute-2"), "monitor", 190, "nova-compute.service is enabled"),
        ),
        "warning",
        "nova-compute on compute-2: nova-compute.service is enabled",
    ),
    "the bus file can be read by others": Mistake(
        both(
            lambda desk: desk.with_parameters(bus="/etc/vmha/bus.conf"),
            lambda desk: setattr(
                desk.machine, "bus_trouble", "the bus file can be read by others"
            ),
        ),
        "error",
        "the bus file can be read by others",
    ),
    "a BMC does not take the password": Mistake(
        lambda desk: setattr(
            desk.machine, "complaints", {"fence-computes": "BMC 192.0.2.1 refuses the password"}
        ),
        "error",
        "fence-computes: BMC 192.0.2.1 refuses the password",
    ),
    "a host that nothing fences": Mistake(
        lambda desk: parameters(desk, "fence-computes", pcmk_host_list="compute-1 compute-2"),
        "error",
        "no fencing device fences compute-3",
    ),
    "a host that is fenced without a flag": Mistake(
        both(
            lambda desk: parameters(desk, "fence-computes", pcmk_host_list="compute-1 compute-2"),
            lambda desk: more(
                desk, Resource("ipmi", "stonith:fence_ipmilan", {"pcmk_host_list": "compute-3"})
            ),
        ),
        "warning",
        "compute-3 is fenced without fence_compute",
    ),
    "one BMC for all hosts": Mistake(
        lambda desk: parameters(desk, "fence-computes", inventory="", ip="192.0.2.7"),
        "error",
        "compute-1 and compute-2 have the same BMC 192.0.2.7 by fence-computes: a failure of one",
    ),
    "one BMC of two devices": Mistake(
        both(
            lambda desk: more(desk, power("compute-1", ip="BMC-1.lan")),
            lambda desk: more(desk, power("compute-1", ip="bmc-1.lan")),
            lambda desk: more(desk, power("compute-2", ip="bmc-2.lan", target="0x82")),
            lambda desk: more(desk, power("compute-3", ip="bmc-2.lan", ipport="6230")),
            lambda desk: more(desk, power("compute-1", ip="bmc-2.lan", ipport="6231")),
            lambda desk: more(desk, power("compute-2", ipaddr="bmc-1.lan.")),
        ),
        "error",
        "compute-1 and compute-2 have the same BMC bmc-1.lan. by power-compute-1 and power-compute-2",
    ),
    "a map against the inventory": Mistake(
        lambda desk: parameters(
            desk, "fence-computes", pcmk_host_map="compute-1:compute-2;compute-2:compute-2"
        ),
        "error",
        "fence-computes cannot fence compute-1: compute-1 is the node [compute-1] of",
    ),
    "an inventory where names cross": Mistake(
        lambda desk: setattr(
            desk.machine, "read_inventory", partial(parse_inventory, CROSSED_NAMES)
        ),
        "error",
        "the host compute-2 of [compute-1] is called like the node [compute-2]",
    ),
    "an inventory that others can read": Mistake(
        lambda desk: setattr(
            desk.machine, "read_inventory", _exposed(desk.machine.read_inventory)
        ),
        "error",
        "/etc/i can be read by the group operators",
    ),
    "a device that neither switches nor records": Mistake(
        lambda desk: parameters(desk, "fence-computes", inventory=""),
        "error",
        "no BMC to ask",
    ),
    "a device that records, alone in its level": Mistake(
        both(
            lambda desk: parameters(desk, "fence-computes", inventory="", record_only="1"),
            lambda desk: change(desk, levels=[LEVEL]),
        ),
        "error",
        "nothing switches compute-1 off",
    ),
    "a device that does nothing": Mistake(
        lambda desk: parameters(desk, "fence-computes", record_only="2"),
        "error",
        "fence-computes does nothing",
    ),
    "one device, one host at a time": Mistake(
        lambda desk: parameters(desk, "fence-computes", pcmk_action_limit=""),
        "warning",
        "fences its 3 hosts one after another",
    ),
    "no reconnect_interval": Mistake(
        lambda desk: parameters(desk, "compute-2", reconnect_interval=""),
        "warning",
        "compute-2 has no reconnect_interval",
    ),
    "a remote that takes long to start": Mistake(
        lambda desk: edit(desk, "compute-2", operations={"start": {"timeout": "2min"}}),
        "warning",
        "its fencing waits for 120 s",
    ),
    "names that differ from Nova's": Mistake(
        renamed_in_nova,
        "error",
        "flagged as compute-1, which Nova does not know; did you mean compute-1.example.com?",
    ),
    "a host that nobody protects": Mistake(
        lambda desk: desk.world.add_host("compute-9"), "warning", "compute-9 of Nova is no compute"
    ),
    "a namesake that nobody protects": Mistake(
        lambda desk: desk.world.add_host("x", nova="compute-1.b.example.com"),
        "warning",
        "compute-1.b.example.com of Nova is no compute host of this cluster (compute-1 is another one)",
    ),
    "two devices that name a host differently": Mistake(
        lambda desk: named_twice(desk, "compute-1.b.example.com"),
        "error",
        "what Nova calls compute-1 is not certain",
    ),
    "two nodes that would be one host": Mistake(
        lambda desk: more(desk, record_only("other", pcmk_host_map="compute-7:compute-1")),
        "error",
        "compute-1 of Nova would be compute-1 and compute-7 at once",
    ),
    "a host that an operator has disabled": Mistake(
        lambda desk: desk.world.operator_changes(
            "compute-2", ServiceChange(enabled=False, reason="new disks")
        ),
        "warning",
        "compute-2 is disabled in Nova (new disks)",
    ),
    "a host that the policy has disabled": Mistake(
        lambda desk: desk.world.nova().update_service(
            desk.world.nova().services(NovaHost("compute-2"))[0],
            ServiceChange(enabled=False, reason="vmha-ocf: network tenant@1763695800"),
        ),
        "warning",
        "compute-2 is disabled in Nova by the policy (vmha-ocf: network tenant@1763695800)",
    ),
    "a nova-compute that is down": Mistake(
        both(lambda desk: desk.world.units("compute-2").stop(), lambda desk: desk.world.run(100)),
        "warning",
        "nova-compute on compute-2 is down for Nova",
    ),
    "a node that is offline": Mistake(
        both(lambda desk: desk.world.isolate("compute-2"), lambda desk: desk.world.run(30)),
        "warning",
        "Pacemaker is not connected to compute-2",
    ),
    "only one host is in service": Mistake(
        both(*(disabled(host) for host in ("compute-2", "compute-3"))),
        "error",
        "only compute-1 as a destination",
    ),
    "a hold that was forgotten": Mistake(
        lambda desk: desk.world.holds().write(Hold(NodeName("ctl1"), "bob@ctl1", 5.0)),
        "warning",
        "held by bob@ctl1",
    ),
    "no room for the largest host": Mistake(
        lambda desk: desk.rooms.append(
            HostRoom(
                desk.rooms[0].host,
                {"MEMORY_MB": 500_000, "VCPU": 64},
                {"MEMORY_MB": 300_000, "VCPU": 8},
            )
        ),
        "warning",
        "its instances need 300000 MiB of memory",
    ),
    "Nova misses hosts later than we are told": Mistake(
        both(
            lambda desk: desk.with_parameters(service_down_time="20"),
            lambda desk: desk.world.isolate("compute-2"),
            lambda desk: desk.world.run(40),
        ),
        "warning",
        "service_down_time of NovaEvacuate is less than Nova's: Nova has called compute-2 up",
    ),
    "a cell that is down": Mistake(
        lambda desk: desk.world.fault("nova.cell", "down", host="compute-2"),
        "error",
        "Nova cannot tell about compute-2: their cell is down",
    ),
    "a clock that nobody keeps": Mistake(
        lambda desk: setattr(desk.machine, "kept", False), "warning", "is not synchronized"
    ),
    "an instance that Nova does not evacuate": Mistake(
        lambda desk: desk.world.boot("compute-1", tags=TAGS, vm_state="resized", name="web-9"),
        "warning",
        "compute-1: web-9 would stay behind: Nova does not evacuate it while resized",
    ),
    "a disk that is on the host": Mistake(
        both(
            lambda desk: desk.with_parameters(no_shared_storage="true"),
            lambda desk: desk.world.boot(
                "compute-1", tags=TAGS, image=ImageId("img"), name="web-9"
            ),
        ),
        "warning",
        "web-9 would stay behind: its disk is on the dead host",
    ),
    "nothing is marked": Mistake(
        lambda desk: desk.with_parameters(untagged="none", server_tags="none"),
        "warning",
        "none of 3 instances is marked",
    ),
    "a policy with a slip": Mistake(
        policy("[[exclude]]\nwhy = 'x'\nnmes = 'a'\n"),
        "error",
        "/etc/vmha/policy.toml, line 3: exclude[1].nmes: it is not known",
    ),
    "an exclusion that excludes nobody": Mistake(
        policy("[[exclude]]\nwhy = 'the old canaries'\nnames = 'canary-*'\n"),
        "warning",
        "line 1: no instance is excluded by it now (the old canaries)",
    ),
    "a network that nobody measures": Mistake(
        both(policy(TENANT), measured_by()),
        "error",
        "the tenant network is measured by net-tenant-clone, and this cluster has none",
    ),
    "guests whose pauses nobody sees": Mistake(
        policy(STORAGE),
        "error",
        "paused guests tell of the storage network, and this cluster has no NovaInstances",
    ),
    "guests whose pauses nobody tells of": Mistake(
        both(policy(STORAGE), measured_by(WATCHER)),
        "warning",
        "how the storage network of compute-1, compute-2, compute-3 is, nobody knows: NovaInstances has "
        "written no vmha-instances",
    ),
    "a network that is not measured on one host": Mistake(
        both(
            policy(TENANT), measured_by(PING), says("net-tenant", "2000", "compute-1", "compute-2")
        ),
        "warning",
        "how the tenant network of compute-3 is, nobody knows: net-tenant-clone has written no net-tenant",
    ),
    "an agent that measures and does not run": Mistake(
        both(policy(TENANT), measured_by(PING, on=("compute-1", "compute-2")), said_everywhere),
        "warning",
        "how the tenant network of compute-3 is, nobody knows: net-tenant-clone does not run there",
    ),
    "a ping under another name than the policy reads": Mistake(
        both(policy(TENANT), measured_by(replace(PING, parameters=TARGETS)), said_everywhere),
        "error",
        "net-tenant writes the attribute pingd, and the policy reads net-tenant",
    ),
    "a ping of one target": Mistake(
        both(policy(TENANT), measured_by(pings(host_list="192.0.2.1")), said_everywhere),
        "warning",
        "net-tenant pings one target: its failure is taken for that of the tenant network",
    ),
    "a ping that can never count as well": Mistake(
        both(policy(TENANT), measured_by(pings(multiplier="1")), said_everywhere),
        "error",
        "net-tenant writes 2 at most (2 targets, multiplier=1), and the tenant network is well from 1000",
    ),
    "a ping that fails where the network is down": Mistake(
        both(policy(TENANT), measured_by(pings(failure_score="1")), said_everywhere),
        "error",
        "net-tenant fails where the tenant network is down (failure_score)",
    ),
    "a link under another name than the policy reads": Mistake(
        both(policy(TENANT), measured_by(monitors("ocf:heartbeat:ethmonitor", interface="bond0"))),
        "error",
        "net-tenant writes the attribute ethmonitor-bond0",
    ),
    "a storage under another name than the policy reads": Mistake(
        both(policy(TENANT), measured_by(monitors("ocf:heartbeat:storage-mon"))),
        "error",
        "net-tenant writes the attribute #health-net-tenant",
    ),
    "health attributes that move resources by themselves": Mistake(
        both(
            policy(TENANT),
            measured_by(PING),
            said_everywhere,
            properties(**{"node-health-strategy": "migrate-on-red"}),
        ),
        "warning",
        "node-health-strategy is migrate-on-red",
    ),
    "rows for guests that nobody watches": Mistake(
        policy("default_class = 'all'\n[class.all.guest]\ncrashed = 'restart'\n"),
        "warning",
        "the policy has rows for guests, and no NovaInstances runs that sees how they fail",
    ),
    "Masakari's monitors under Pacemaker": Mistake(
        lambda desk: more(desk, Resource("hostmonitor", "systemd:masakari-hostmonitor")),
        "error",
        "hostmonitor is Masakari's (systemd:masakari-hostmonitor)",
    ),
    "an agent of before that evacuates": Mistake(
        lambda desk: more(desk, Resource("evacuate", "stonith:fence_evacuate")),
        "error",
        "evacuate is fence_evacuate: it evacuates instances by itself",
    ),
    "Masakari in the catalog": Mistake(
        lambda desk: setattr(desk, "offered", desk.offered | {"instance-ha"}),
        "warning",
        "this cloud has Masakari, by Keystone's catalog",
    ),
    "Watcher in the catalog": Mistake(
        lambda desk: setattr(desk, "offered", desk.offered | {"infra-optim"}),
        "warning",
        "this cloud has Watcher, by Keystone's catalog",
    ),
    "no storm limit": Mistake(
        lambda desk: desk.with_parameters(storm_limit="0"), "warning", "storm_limit is 0"
    ),
    "secrets that others can read": Mistake(
        lambda desk: setattr(desk.machine, "login_notes", LoginNotes(["/etc/x can be read"])),
        "error",
        "/etc/x can be read",
    ),
    "certificates are not verified": Mistake(
        lambda desk: desk.with_parameters(insecure="1"), "warning", "insecure is set"
    ),
    "guests resume at boot": Mistake(
        lambda desk: setattr(desk.machine, "resumes", True), "error", "guests resume"
    ),
    "a parameter that is wrong": Mistake(
        lambda desk: desk.with_parameters(storm_limit="five"),
        "error",
        "parameter storm_limit: 'five' is wrong",
    ),
    "a password that Nova does not take": Mistake(
        lambda desk: desk.world.fault("nova.services", "denied"),
        "error",
        "Policy does not allow",
    ),
    "a role that may not list instances": Mistake(
        lambda desk: desk.world.fault("nova.instances_on", "denied"),
        "error",
        "Policy does not allow instances_on",
    ),
    "a silent Nova": Mistake(
        lambda desk: desk.world.fault("nova", "down"), "unknown", "no connection to Nova"
    ),
    "a silent attrd": Mistake(
        lambda desk: desk.world.fault("attrd", "down"), "unknown", "attrd does not answer"
    ),
}


def named_twice(desk: Desk, host: str) -> None:
    desk.world.add_host("x", nova=host)
    more(desk, record_only("other", pcmk_host_map=f"compute-1:{host}"))


def record_only(name: str, **parameters: str) -> Resource:
    return Resource(name, "stonith:fence_compute", {"record_only": "1", **parameters})


def _short_names(read: Callable[..., Any]) -> Callable[..., Any]:
    def short(path: str, domain: str) -> Any:
        found = read(path, domain)
        targets = [replace(one, host=type(one.host)(one.node)) for one in found.targets]
        return replace(found, targets=targets)

    return short


def _exposed(read: Callable[..., Any]) -> Callable[..., Any]:
    told = "/etc/i can be read by the group operators: chmod 600 /etc/i"
    return lambda path, domain: replace(read(path, domain), exposed=told)


def test_a_good_cluster_is_ready_and_one_line_says_whose_files_were_seen() -> None:
    told = good_cluster().run(COMMAND, "--nova-conf", "/etc/nova/nova.conf")
    assert (told.code, told.err) == (0, "")
    assert len(told.lines) == 2
    assert told.first.startswith("OK  ready: 3 compute hosts,")
    assert told.lines[1].strip() == (
        "seen on ctl1 alone: /etc/vmha/inventory.ini; run vmha check on ctl2, ctl3, too"
    )


class TestWhoseFiles:
    def test_those_that_the_devices_and_novaevacuate_are_told(self) -> None:
        """Of a program only its name: a password may be among its arguments."""
        desk = good_cluster()
        desk.with_parameters(clouds_file="/etc/vmha/clouds.yaml", ca_file="/etc/vmha/ca.pem")
        given = {"password_script": "/etc/vmha/say swordfish", "ssl_ca_file": "/etc/vmha/bmc.pem"}
        parameters(desk, "fence-computes", **given)
        (note,) = desk.data(COMMAND)["notes"]
        names = ("bmc.pem", "ca.pem", "clouds.yaml", "inventory.ini", "say")
        assert f"alone: {', '.join(f'/etc/vmha/{name}' for name in names)}; run" in note
        assert "swordfish" not in note

    def test_nothing_is_said_where_there_is_no_file_or_no_other_controller(self) -> None:
        device = Resource("fence", "stonith:fence_compute", {"inventory": "/etc/vmha/a.ini"})
        remote = Resource("compute-1", REMOTE)
        names = [NodeName(name) for name in ("ctl1", "ctl2", "compute-1")]
        nodes = {name: NodeState(name, online=True, fenced=False) for name in names}
        here, there, _ = names
        files = Configuration([device, remote])
        told = Facts(files, controller=here, nodes=nodes)
        assert list(seen_here_alone(told)) == [
            "seen on ctl1 alone: /etc/vmha/a.ini; run vmha check on ctl2, too"
        ]
        for silent in (
            replace(told, configuration=Configuration([remote])),
            replace(told, nodes={name: nodes[name] for name in names if name != there}),
            replace(told, nodes=None),
            replace(told, controller=None),
        ):
            assert list(seen_here_alone(silent)) == []


def test_a_device_that_runs_or_has_only_rested_is_no_finding() -> None:
    for found in (
        [Result(CTL2, "start", 1), Result(NodeName("ctl1"), "monitor", 0)],
        [Result(CTL2, "monitor", 7)],
        [Result(CTL2, "stop", 0), Result(NodeName("ctl1"), "start", 0)],
    ):
        desk = good_cluster()
        results("fence-computes", *found)(desk)
        assert desk.data(COMMAND)["findings"] == []


def test_a_device_on_its_way_to_another_controller_is_no_finding() -> None:
    """It has been stopped, and its start is under way."""
    desk = good_cluster()
    results("fence-computes", Result(CTL2, "stop", 0))(desk)
    assert desk.data(COMMAND)["findings"] != []
    change(desk, under_way=frozenset({"fence-computes"}))
    assert desk.data(COMMAND)["findings"] == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name: str) -> None:
    desk, mistake = good_cluster(), MISTAKES[name]
    mistake.plant(desk)
    found = desk.data(COMMAND, "--nova-conf", "/etc/nova/nova.conf")["findings"]
    mine = [one for one in found if mistake.says in one["what"]]
    assert [one["level"] for one in mine] == [mistake.level], found
    assert mine[0]["hint"] or "for example" in mine[0]["what"] or mistake.level == "unknown"


@pytest.mark.parametrize("name", MISTAKES)
def test_the_exit_code_is_that_of_the_worst(name: str) -> None:
    desk = good_cluster()
    MISTAKES[name].plant(desk)
    found = {one["level"] for one in desk.data(COMMAND, "--nova-conf", "x")["findings"]}
    codes = [("error", 2), ("unknown", 3), ("warning", 1)]
    wanted = next(code for level, code in codes if level in found)
    assert desk.run(COMMAND, "--nova-conf", "x").code == wanted


@pytest.mark.parametrize("seconds", [-300.0, 60.0])
def test_a_clock_that_differs_from_novas(seconds: float) -> None:
    """Heartbeats come from our future, or the freshest of them is too old for what Nova calls up."""
    desk = good_cluster()
    clock = desk.world.clock()
    site = desk.site()
    shifted = replace(site, clock=_Shifted(clock, -seconds))
    facts = Reading(shifted, "", ()).facts()
    told = [one.what for one in findings(facts)]
    assert [what for what in told if "Nova's: an evacuation's records" in what], told


class _Shifted:
    def __init__(self, clock: Any, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds

    def now(self) -> Epoch:
        return Epoch(self._clock.now() + self._seconds)

    def monotonic(self) -> Monotonic:
        return Monotonic(self._clock.monotonic())

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


def test_the_worst_is_first_and_each_says_what_to_do() -> None:
    desk = good_cluster()
    change(desk, alerts=[])
    change(desk, properties={"stonith-enabled": "false"})
    told = desk.run(COMMAND)
    assert told.first == (
        "ERROR  1 error, 2 warnings; first: Pacemaker does not fence: stonith-enabled is false"
    )
    assert "-> pcs property set stonith-enabled=true" in told.out


def test_a_device_that_lists_its_hosts_itself_says_nothing_of_the_others() -> None:
    desk = good_cluster()
    parameters(desk, "fence-computes", pcmk_host_list="compute-1")
    more(desk, Resource("chassis", "stonith:fence_bladecenter", {}))
    assert "no fencing device" not in desk.run(COMMAND).out


def test_nothing_is_changed() -> None:
    desk = good_cluster()
    lines = len(desk.world.log)
    desk.run(COMMAND)
    assert len(desk.world.log) == lines


class TestTheNames:
    def test_are_listed_where_nova_has_others_or_if_asked_for(self) -> None:
        desk = good_cluster()
        assert "hosts in Nova" not in desk.run(COMMAND).out
        assert "hosts in Nova" in desk.run(COMMAND, "--all").out
        desk.world.add_host("compute-4", nova="compute-4.example.com")
        more(desk, Resource("compute-4", REMOTE))
        told = desk.run(COMMAND).out
        assert "compute-4.example.com" in told
        assert "compute-2 " not in told.partition("hosts in Nova")[2]

    def test_of_all_hosts_of_a_machine(self) -> None:
        desk = good_cluster()
        desk.world.add_host("x", nova="compute-1-b")
        read = desk.machine.read_inventory

        def two(path: str, domain: str) -> Any:
            first, *others = (one for one in read(path, domain).targets if one.node != "x")
            return Inventory(path, [replace(first, others=(NovaHost("compute-1-b"),)), *others])

        desk.machine.read_inventory = two  # type: ignore[method-assign]
        found = desk.data(COMMAND)
        assert found["hosts"]["compute-1"] == ["compute-1", "compute-1-b"]
        told = [one["what"] for one in found["findings"]]
        assert told == [
            "nova-compute-clone is kept from a machine by evacuation, and not by evacuation-2 of its "
            "further hosts"
        ]
        rule = Location("nova-compute-clone", "-INFINITY", [("evacuation-2", "defined", "")])
        change(desk, locations=[*desk.configuration.locations, rule])
        assert desk.data(COMMAND)["findings"] == []

    def test_are_not_judged_while_nova_is_silent(self) -> None:
        desk = good_cluster()
        renamed_in_nova(desk)
        desk.world.fault("nova", "down")
        assert "would be flagged" not in desk.run(COMMAND).out


def test_pacemaker_3_fences_at_once_by_itself(desk: Desk) -> None:
    change(desk, properties={"dc-version": "3.0.2-1.el10-abc"})
    assert "one after another" not in desk.run(COMMAND).out
    change(desk, properties={"dc-version": "2.1.5-7.el9-abc"})
    assert "one after another" in desk.run(COMMAND).out


class TestNetworks:
    """Those that the policy says are measured."""

    def test_one_that_is_measured_everywhere_is_no_finding(self) -> None:
        desk = good_cluster()
        both(policy(TENANT), measured_by(PING), says("net-tenant", "2000", "compute-1"))(desk)
        says("net-tenant", "0", "compute-2", "compute-3")(desk)
        told = desk.run(COMMAND).out
        assert "as measured now" in told
        assert "network of" not in told
        assert desk.data(COMMAND)["networks"] == {
            "compute-1": {"tenant": "up"},
            "compute-2": {"tenant": "down"},
            "compute-3": {"tenant": "down"},
        }

    def test_without_a_policy_there_is_none(self) -> None:
        assert good_cluster().data(COMMAND)["networks"] == {}
