"""The cluster of a running lab: ask it, configure it, break it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.lab import bmc, network, power
from tests.lab.bmc import Fault
from tests.lab.command import Result, run
from tests.lab.errors import LabError
from tests.lab.events import Event, append_event, read_events
from tests.lab.layout import Lab
from tests.lab.logs import read_logs
from tests.lab.views import (
    Fencing,
    NodeState,
    parse_connected,
    parse_fence_history,
    parse_node_states,
)
from tests.lab.wait import wait_until

Pcs = Callable[..., str]


class Cluster:
    """A handle on a lab that is up; it holds no state, so any number of them may exist."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    # Asking

    def run(self, node: str, argv: Sequence[str], timeout: float = 30.0, text: str = "") -> Result:
        """Run a program in a node, to its end, whatever its exit code."""
        entering = power.entering(self.lab, node, tuple(argv))
        return run(entering, timeout, text, self.lab.node_environment())

    def must(self, node: str, argv: Sequence[str], timeout: float = 30.0, text: str = "") -> str:
        """Run a program in a node that has to succeed and give what it printed."""
        result = self.run(node, argv, timeout, text)
        if result.code:
            said = (result.errors or result.output).strip()
            raise LabError(f"{' '.join(argv)} on {node}: exit code {result.code}", said)
        return result.output

    def controller(self) -> str:
        """A controller whose Pacemaker runs, if possible one that is on the network."""
        running = [
            node.name
            for node in self.lab.controllers
            if power.runs(self.lab, node.name, "pacemakerd")
        ]
        if running:
            return next((name for name in running if network.plugged(self.lab, name)), running[0])
        raise LabError("Pacemaker runs on no controller", "python3 -m tests.lab cluster-start")

    def ask(self, argv: Sequence[str], timeout: float = 30.0) -> str:
        """What a program prints on some controller; empty if it fails there."""
        result = self.run(self.controller(), argv, timeout)
        return "" if result.code else result.output

    def dc(self) -> str | None:
        return self.ask(["crmadmin", "--timeout=2", "-D", "-q"]).strip() or None

    def cib(self) -> ET.Element:
        return ET.fromstring(self.must(self.controller(), ["cibadmin", "-Q"]))

    def node_states(self) -> dict[str, NodeState]:
        status = self.ask(["cibadmin", "-Q"])
        states = parse_node_states(status) if status else {}
        if not any(state.doubtful for state in states.values()):
            return states
        told = self.ask(["crm_mon", "-1", "--output-as=xml"])
        connected = parse_connected(told) if told else set[str]()
        return {
            name: replace(state, online=name in connected) if state.doubtful else state
            for name, state in states.items()
        }

    def fence_history(self, node: str = "*") -> list[Fencing]:
        """The newest first; without -V, stonith_admin tells of one fencing only, the oldest."""
        history = self.ask(["stonith_admin", "-V", "-H", node, "--output-as=xml"])
        return parse_fence_history(history) if history else []

    def events(self) -> list[Event]:
        return read_events(self.lab.events)

    def logs(self, node: str) -> str:
        """All that a node's daemons wrote, also of a node that is off."""
        self.lab.node(node)
        return read_logs(self.lab.home(node))

    # Configuring

    def pcs(self, *argv: str, timeout: float = 60.0) -> str:
        return self.must(self.controller(), ["pcs", *argv], timeout)

    @contextmanager
    def pcs_batch(self) -> Iterator[Pcs]:
        """Gives a pcs that works on a copy of the CIB, which is pushed whole at the end."""
        with tempfile.TemporaryDirectory(dir=self.lab.state) as scratch:
            path, original = f"{scratch}/cib.xml", f"{scratch}/original.xml"
            self.pcs("cluster", "cib", path)
            Path(original).write_bytes(Path(path).read_bytes())

            def batched(*argv: str, timeout: float = 60.0) -> str:
                return self.pcs("-f", path, *argv, timeout=timeout)

            yield batched
            self.pcs("cluster", "cib-push", path, f"diff-against={original}")

    # Waiting

    def wait_dc(self, timeout: float = 60.0) -> str:
        found = wait_until("the election of a DC", self._quorate_dc, timeout, 0.2, self.summary)
        return str(found)

    def wait_online(self, *nodes: str, timeout: float = 60.0) -> None:
        def all_online() -> bool:
            states = self.node_states()
            return all(name in states and states[name].online for name in nodes)

        wait_until(f"{', '.join(nodes)} online", all_online, timeout, 0.2, self.summary)

    def wait_offline(self, node: str, timeout: float = 60.0) -> None:
        def offline() -> bool:
            state = self.node_states().get(node)
            return state is None or not state.online

        wait_until(f"{node} offline", offline, timeout, 0.2, self.summary)

    def wait_fenced(self, node: str, after: float, timeout: float = 90.0) -> Fencing:
        """The fencing of a node that succeeded after a time (of time.time())."""

        def fenced() -> Fencing | None:
            for fencing in self.fence_history(node):
                # The history counts whole seconds.
                if fencing.completed and fencing.completed.timestamp() >= int(after):
                    return fencing if fencing.succeeded else None
            return None

        found = wait_until(f"the fencing of {node}", fenced, timeout, 0.1, self.summary)
        assert found
        return found

    def summary(self) -> str:
        return self.ask(["crm_mon", "-1", "-n", "-f"]) or "Pacemaker does not answer"

    # Breaking and mending

    def kill(self, node: str) -> None:
        """Cut the power from outside; the BMC lives on and reports it."""
        power.turn_off(self.lab, node, "operator")

    def power_on(self, node: str) -> None:
        power.turn_on(self.lab, node, "operator")

    def freeze(self, node: str) -> None:
        power.freeze(self.lab, node)

    def thaw(self, node: str) -> None:
        power.thaw(self.lab, node)

    def crash(self, node: str, daemon: str) -> None:
        power.crash(self.lab, node, daemon)

    def unplug(self, node: str) -> None:
        self.lab.node(node)
        network.unplug(self.lab, node)
        append_event(self.lab.events, node, "unplug", "operator")

    def plug(self, node: str) -> None:
        self.lab.node(node)
        network.plug(self.lab, node)
        append_event(self.lab.events, node, "plug", "operator")

    def bmc_stop(self, node: str) -> None:
        bmc.stop(self.lab, node)

    def bmc_start(self, node: str) -> None:
        bmc.start(self.lab, node)

    def bmc_fault(self, node: str, fault: Fault, seconds: float = 0.0) -> None:
        bmc.set_fault(self.lab, node, fault, seconds)

    def stop_all(self, timeout: float = 120.0) -> None:
        """Stop Pacemaker and corosync on all controllers at once, gracefully."""
        for name in self._powered_controllers():
            power.signal_init(self.lab, name, signal.SIGUSR2)

        def all_stopped() -> bool:
            names = self._powered_controllers()
            return not any(power.runs(self.lab, name, "corosync") for name in names)

        wait_until("the end of Pacemaker on all controllers", all_stopped, timeout)
        append_event(self.lab.events, "controllers", "cluster-stop", "operator")

    def restart(self, node: str, timeout: float = 120.0) -> None:
        """Pacemaker and corosync of one controller, gracefully; returns when it is online again."""
        append_event(self.lab.events, node, "cluster-restart", "operator")
        power.signal_init(self.lab, node, signal.SIGUSR2)
        running = partial(power.runs, self.lab, node, "corosync")
        wait_until(f"the end of Pacemaker on {node}", lambda: not running(), timeout)
        power.signal_init(self.lab, node, signal.SIGUSR1)
        self.wait_online(node, timeout=timeout)

    def start_all(self, timeout: float = 60.0) -> None:
        """Start them again; returns with a DC elected."""
        append_event(self.lab.events, "controllers", "cluster-start", "operator")
        for name in self._powered_controllers():
            power.signal_init(self.lab, name, signal.SIGUSR1)
        wait_until("Pacemaker on a controller", self._some_controller, timeout)
        self.wait_dc(timeout)

    def _powered_controllers(self) -> list[str]:
        return [node.name for node in self.lab.controllers if power.is_on(self.lab, node.name)]

    def _some_controller(self) -> bool:
        return any(power.runs(self.lab, node.name, "pacemakerd") for node in self.lab.controllers)

    def _quorate_dc(self) -> str | None:
        if not self._some_controller():
            return None
        answer = self.ask(["cibadmin", "-Q", "--no-children"])
        is_quorate = bool(answer) and ET.fromstring(answer).get("have-quorum") == "1"
        return self.dc() if is_quorate else None
