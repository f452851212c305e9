"""A network of the compute hosts beside the one of the cluster: a bridge, and a wire to each host."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.command import must, run
from tests.lab.layout import Lab

_BRIDGE, _DEVICE = "tenant", "tenant0"
_HOSTS = 100
"""The number of the first one's address."""


def gateways(lab: Lab) -> Sequence[str]:
    """What answers on it, whoever else is cut off."""
    return [_address(lab, 1), _address(lab, 2)]


def lay(lab: Lab) -> None:
    own = "".join(f"address add {one}/24 dev {_BRIDGE}\n" for one in gateways(lab))
    _ip(f"link add {_BRIDGE} type bridge\n{own}link set {_BRIDGE} up\n", lab.switch_netns)
    for number, host in enumerate(lab.computes, _HOSTS):
        netns, port = lab.netns(host.name), _port(host.name)
        _ip(
            f"link add {port} type veth peer name {_DEVICE} netns {netns}\n"
            f"link set {port} master {_BRIDGE} up\n",
            lab.switch_netns,
        )
        _ip(
            f"address add {_address(lab, number)}/24 dev {_DEVICE}\nlink set {_DEVICE} up\n", netns
        )


def take_up(lab: Lab) -> None:
    """Whatever is there of it."""
    for host in lab.computes:
        run(["ip", "-n", lab.switch_netns, "link", "delete", _port(host.name)])
    run(["ip", "-n", lab.switch_netns, "link", "delete", _BRIDGE])


def cut(lab: Lab, host: str) -> None:
    _ip(f"link set {_port(host)} down\n", lab.switch_netns)


def mend(lab: Lab, host: str) -> None:
    _ip(f"link set {_port(host)} up\n", lab.switch_netns)


def switch_off(lab: Lab) -> None:
    _ip(f"link set {_BRIDGE} down\n", lab.switch_netns)


def switch_on(lab: Lab) -> None:
    _ip(f"link set {_BRIDGE} up\n", lab.switch_netns)


def _address(lab: Lab, number: int) -> str:
    """Beside the addresses of all else."""
    return f"172.31.{int(lab.net.rpartition('.')[2]) % 256}.{number}"


def _port(host: str) -> str:
    return f"tn-{host}"


def _ip(lines: str, netns: str) -> None:
    must(["ip", "-n", netns, "-batch", "-"], text=lines)
