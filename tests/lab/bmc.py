"""One BMC per node: OpenIPMI's ipmi_sim, on the wire of the switch, with a hand on the power.

Cipher suites, as measured with openipmi 2.0.33: ipmi_sim has RAKP-HMAC-SHA1 and -MD5 compiled in
and no SHA256 at all, so suite 17 cannot be had by configuration (its LAN section has no word for
cipher suites). A client that opens a session with suite 17 is answered at once with Open Session
status 0x04, "invalid authentication algorithm". pyghmi, which proposes SHA256 first, then tries
SHA1 (suite 3) by itself: 0.2 s for a whole login and power status. `ipmitool -C 17` fails in
0.02 s; `ipmitool` without -C asks for the channel's cipher suites, which ipmi_sim does not answer
before the session, and loses 10 s before it takes suite 3. Hence `cipher=3` for fence_ipmilan.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from enum import Enum

from tests.lab import network
from tests.lab.command import detach
from tests.lab.errors import LabError
from tests.lab.events import append_event
from tests.lab.layout import BMC_PASSWORD, BMC_PORT, BMC_USER, Lab, Node
from tests.lab.power import PYTHON
from tests.lab.processes import recorded
from tests.lab.wait import wait_until


class Fault(Enum):
    """How a BMC can fail while it has power and an address."""

    NONE = "none"
    HUNG = "hung"  # answers nothing
    STUCK = "stuck"  # accepts every command, moves no power
    SLOW = "slow"  # accepts at once, moves the power seconds later


_CONFIGURATION = """\
name "{node.name}"
set_working_mc 0x20
  startlan 1
    addr {node.bmc_address} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid {guid}
  endlan
  chassis_control "{chassis} {node.name}"
  user 1 true  "" "" user 10 none md2 md5 straight
  user 2 true  "{user}" "{password}" admin 10 none md2 md5 straight
"""
_EMULATION = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


def write_chassis_control(lab: Lab) -> None:
    """The program that every BMC calls to move or read the power."""
    settings = " ".join(f"{key}='{value}'" for key, value in lab.environment().items())
    script = lab.state / "bin" / "chassis"
    script.write_text(f'#!/bin/sh\nexec env {settings} {PYTHON} -S -m tests.lab.chassis "$@"\n')
    script.chmod(0o755)


def write_configuration(lab: Lab, node: Node) -> None:
    home = lab.home(node.name) / "bmc"
    home.mkdir(parents=True)
    _configure(lab, node, BMC_PASSWORD)
    (home / "bmc.emu").write_text(_EMULATION)


def _configure(lab: Lab, node: Node, password: str) -> None:
    text = _CONFIGURATION.format(
        node=node,
        port=BMC_PORT,
        guid=node.name.encode().hex().ljust(32, "0"),
        chassis=lab.state / "bin" / "chassis",
        user=BMC_USER,
        password=password,
    )
    (lab.home(node.name) / "bmc" / "bmc.conf").write_text(text)


def exchange(lab: Lab, name: str, address: str, password: str) -> None:
    """Another one in its place, at an address and with a password of its own."""
    stop(lab, name)
    (lab.home(name) / "bmc" / "address").write_text(address)
    _configure(lab, _there(lab, name), password)
    start(lab, name)


def _there(lab: Lab, name: str) -> Node:
    """The node, with the address that its BMC has now."""
    node, noted = lab.node(name), lab.home(name) / "bmc" / "address"
    return replace(node, bmc_address=noted.read_text()) if noted.exists() else node


def start(lab: Lab, name: str) -> None:
    node = _there(lab, name)
    home = lab.home(name) / "bmc"
    if recorded(home / "pid"):
        raise LabError(f"the BMC of {name} runs already")
    network.add_bmc_address(lab, node)
    detach(
        network.inside(
            lab.switch_netns,
            *("ipmi_sim", "-n", "-s", str(home)),
            *("-c", str(home / "bmc.conf"), "-f", str(home / "bmc.emu")),
        ),
        home / "pid",
        home / "console.log",
        lab.environment(),
    )
    append_event(lab.events, name, "bmc-start", "operator")


def stop(lab: Lab, name: str) -> None:
    """The BMC is dead: no address, no answer, not even a refusal."""
    node = _there(lab, name)
    bmc = recorded(lab.home(name) / "bmc" / "pid")
    if bmc is None:
        raise LabError(f"the BMC of {name} is stopped already")
    network.remove_bmc_address(lab, node)
    bmc.end()
    append_event(lab.events, name, "bmc-stop", "operator")


def is_up(lab: Lab, name: str) -> bool:
    return recorded(lab.home(name) / "bmc" / "pid") is not None


def set_fault(lab: Lab, name: str, fault: Fault, seconds: float = 0.0) -> None:
    """Let the BMC fail in one way, or in none; it lasts over a bmc-stop."""
    lab.node(name)
    bmc = recorded(lab.home(name) / "bmc" / "pid")
    if bmc:
        bmc.signal(signal.SIGSTOP if fault is Fault.HUNG else signal.SIGCONT)
    (lab.home(name) / "bmc" / "fault").write_text(f"{fault.value} {seconds:g}\n")
    append_event(lab.events, name, f"bmc-fault {fault.value}", "operator")


def read_fault(lab: Lab, name: str) -> tuple[Fault, float]:
    path = lab.home(name) / "bmc" / "fault"
    if not path.exists():
        return Fault.NONE, 0.0
    word, seconds = path.read_text().split()
    return Fault(word), float(seconds)


def await_all(lab: Lab) -> None:
    wait_until("the BMCs", lambda: all(is_up(lab, node.name) for node in lab.nodes), 10.0, 0.02)
