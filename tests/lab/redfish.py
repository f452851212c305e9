"""A Redfish front of the lab's BMCs, beside ipmi_sim on the same addresses: the same hand on the power.

As a program it is the front of one: NAME ADDRESS CERTIFICATE PASSWORD.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Event

from tests.fakes.certificate import make_certificate
from tests.fakes.redfish import RedfishBmcFake
from tests.lab import network
from tests.lab.command import detach
from tests.lab.layout import BMC_PASSWORD, BMC_USER, Lab, Node, lab_from_environment
from tests.lab.power import PYTHON
from tests.lab.processes import recorded
from tests.lab.wait import wait_until

PORT = 443
VENDOR = "idrac9"


class LabBmc(RedfishBmcFake):
    """Its host is a node of the lab."""

    def __init__(
        self, lab: Lab, name: str, address: str, certificate: Path, password: str
    ) -> None:
        super().__init__(VENDOR, certificate, (address, PORT), (BMC_USER, password))
        self._chassis = [str(lab.state / "bin" / "chassis"), name]

    @property
    def power(self) -> str:
        told = subprocess.run([*self._chassis, "get", "power"], capture_output=True, text=True)
        return "On" if told.stdout.strip() == "power:1" else "Off"

    @power.setter
    def power(self, wanted: str) -> None:
        number = "1" if wanted == "On" else "0"
        subprocess.run([*self._chassis, "set", "power", number], check=True)


def start(lab: Lab, *names: str) -> str:
    """The fronts of all compute hosts; the file of certificates that vouches for them, by their addresses
    and these names (``DNS:...``, ``IP:...``)."""
    folder = lab.state / "redfish"
    folder.mkdir(exist_ok=True)
    addresses = [f"IP:{node.bmc_address}" for node in lab.computes]
    certificate = make_certificate(folder, ",".join([*addresses, *names]))
    for node in lab.computes:
        start_one(lab, node, BMC_PASSWORD)
    for node in lab.computes:
        await_one(lab, node)
    return str(certificate.with_name("ca.pem"))


def start_one(lab: Lab, node: Node, password: str) -> None:
    """At the node's ``bmc_address``, with the certificate that is there."""
    folder = lab.state / "redfish"
    certificate = str(folder / "both.pem")
    argv = ["-m", "tests.lab.redfish", node.name, node.bmc_address, certificate, password]
    detach(
        network.inside(lab.switch_netns, PYTHON, *argv),
        folder / f"{node.name}.pid",
        folder / f"{node.name}.log",
        lab.environment() | {"PYTHONPATH": ":".join(_PATHS)},
    )


def await_one(lab: Lab, node: Node) -> None:
    wait_until(f"the Redfish front of {node.name}", partial(_listens, lab, node), 20.0)


def _listens(lab: Lab, node: Node) -> bool:
    connect = f"exec 3<>/dev/tcp/{node.bmc_address}/{PORT}"
    probe = network.inside(lab.switch_netns, "bash", "-c", connect)
    return subprocess.run(probe, capture_output=True).returncode == 0


def stop(lab: Lab) -> None:
    for node in lab.computes:
        stop_one(lab, node.name)


def stop_one(lab: Lab, name: str) -> None:
    front = recorded(lab.state / "redfish" / f"{name}.pid")
    if front is not None:
        front.end()


def said(lab: Lab, name: str) -> str:
    """What the front of a host was asked, line by line."""
    return (lab.state / "redfish" / f"{name}.log").read_text()


_ROOT = Path(__file__).resolve().parents[2]
_PATHS = (str(_ROOT), str(_ROOT / "lib"))


def main(name: str, address: str, certificate: str, password: str) -> None:
    with LabBmc(lab_from_environment(), name, address, Path(certificate), password) as bmc:
        bmc.watched = lambda request: print(request.method, request.path, flush=True)
        Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
