"""The wires: network namespaces around one bridge, in a namespace of its own."""

from __future__ import annotations

from tests.lab.command import must, run
from tests.lab.errors import LabError
from tests.lab.layout import Lab, Node
from tests.lab.processes import Process, find

_BRIDGE = "br0"


def create(lab: Lab) -> None:
    """All namespaces, the bridge with the BMC addresses, and a wire to each node."""
    names = [lab.switch_netns, lab.cloud_netns, *(lab.netns(node.name) for node in lab.nodes)]
    _ip("".join(f"netns add {name}\n" for name in names))
    _ip(_switch(lab), lab.switch_netns)
    for node in lab.nodes:
        _wire(lab, node.name, node.address)
    _wire(lab, "cloud", lab.cloud_address)
    _host_link(lab)


def remove(lab: Lab) -> None:
    """Whatever is there of it."""
    run(["ip", "link", "delete", lab.host_link])
    for name in namespaces(lab):
        must(["ip", "netns", "delete", name])


def namespaces(lab: Lab) -> list[str]:
    listed = (line.split()[0] for line in must(["ip", "netns", "list"]).splitlines() if line)
    return [name for name in listed if name.startswith(f"{lab.prefix}-")]


def refuse_overlap(lab: Lab) -> None:
    """Two labs with one prefix or one network would take each other down."""
    if namespaces(lab):
        raise LabError(
            f"there are network namespaces called {lab.prefix}-* already",
            "of another lab: set VMHA_LAB_PREFIX; of a lost one: python3 -m tests.lab down",
        )
    if f" {lab.net}." in must(["ip", "-o", "-4", "address", "show"]):
        raise LabError(
            f"this machine has an address in {lab.net}.0.0/16 already",
            "set VMHA_LAB_NET to another network, such as 10.98",
        )


def inmates(lab: Lab) -> list[Process]:
    """Who is inside the lab's networks."""
    return [
        process
        for name in namespaces(lab)
        for pid in run(["ip", "netns", "pids", name]).output.split()
        if (process := find(int(pid))) is not None
    ]


def plug(lab: Lab, name: str) -> None:
    _ip(f"link set {name} up\n", lab.switch_netns)


def unplug(lab: Lab, name: str) -> None:
    _ip(f"link set {name} down\n", lab.switch_netns)


def lose(lab: Lab, name: str, port: int) -> None:
    """What this node sends to this port of the cloud's is lost; all else goes through."""
    must(_rule(lab, name, "add", port))


def give_back(lab: Lab, name: str, port: int) -> None:
    """Nothing happens where it was not lost."""
    run(_rule(lab, name, "delete", port))


def _rule(lab: Lab, name: str, what: str, port: int) -> list[str]:
    to = ["to", lab.cloud_address, "ipproto", "tcp", "dport", str(port)]
    return ["ip", "-n", lab.netns(name), "rule", what, *to, "blackhole"]


def plugged(lab: Lab, name: str) -> bool:
    shown = run(["ip", "-n", lab.switch_netns, "-o", "link", "show", name]).output
    return ",UP" in shown


def add_bmc_address(lab: Lab, node: Node) -> None:
    run(["ip", "-n", lab.switch_netns, "address", "add", _bmc(node), "dev", _BRIDGE])


def remove_bmc_address(lab: Lab, node: Node) -> None:
    run(["ip", "-n", lab.switch_netns, "address", "del", _bmc(node), "dev", _BRIDGE])


def inside(netns: str, *argv: str) -> list[str]:
    """The command line that runs `argv` on a wire of the lab."""
    return ["nsenter", f"--net=/run/netns/{netns}", *argv]


def _switch(lab: Lab) -> str:
    lines = [
        "link set lo up",
        f"link add {_BRIDGE} type bridge",
        f"address add {lab.switch_address}/16 dev {_BRIDGE}",
        f"link set {_BRIDGE} up",
        *(f"address add {_bmc(node)} dev {_BRIDGE}" for node in lab.nodes),
    ]
    return "\n".join(lines) + "\n"


def _wire(lab: Lab, name: str, address: str) -> None:
    """A port on the switch that is called like the node, with the node's eth0 at the other end."""
    netns = lab.netns(name)
    _ip(
        f"link add {name} type veth peer name eth0 netns {netns}\n"
        f"link set {name} master {_BRIDGE} up\n",
        lab.switch_netns,
    )
    _ip(f"link set lo up\naddress add {address}/16 dev eth0\nlink set eth0 up\n", netns)


def _host_link(lab: Lab) -> None:
    _ip(
        f"link add {lab.host_link} type veth peer name host netns {lab.switch_netns}\n"
        f"address add {lab.host_address}/16 dev {lab.host_link}\n"
        f"link set {lab.host_link} up\n"
    )
    _ip(f"link set host master {_BRIDGE} up\n", lab.switch_netns)


def _bmc(node: Node) -> str:
    return f"{node.bmc_address}/32"


def _ip(batch: str, netns: str = "") -> None:
    where = ["-n", netns] if netns else []
    must(["ip", *where, "-batch", "-"], text=batch)
