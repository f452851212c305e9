"""``vmha`` on a real controller: the real ports, the terminal, the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache

from vmha_ocf.agent import output
from vmha_ocf.agent.ocf import Call, kept_path
from vmha_ocf.backends.desk.machine import Controller
from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.configuration import read_configuration, with_secrets
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.backends.process.threads import Threads
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.configuration import Configuration, find_evacuator
from vmha_ocf.cluster.failure_store import FailureStore
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.hold_store import HoldStore
from vmha_ocf.cluster.note_store import NoteStore
from vmha_ocf.errors import NotInstalled, NotPermitted
from vmha_ocf.incidents.store import HistoryStore
from vmha_ocf.operator import main as command_line
from vmha_ocf.operator.answer import exit_code_of
from vmha_ocf.operator.site import Site, Values, WorkerResource
from vmha_ocf.ports import Nova
from vmha_ocf.programs import wiring
from vmha_ocf.programs.commands import COMMANDS
from vmha_ocf.programs.nova_evacuate import AGENT
from vmha_ocf.programs.nova_evacuate_actions import values_of
from vmha_ocf.service.traces import TraceStore
from vmha_ocf.worker.options import worker_options

AT_ONCE = 8
"""Requests to Nova, and fence agents that run."""


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point ``vmha``."""
    return output.exit_code("vmha", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    try:
        from vmha_ocf.backends.desk.terminal import Terminal, complete
    except ModuleNotFoundError as error:  # without it there is no screen to complain on
        missing = NotInstalled(f"{error.name} is missing", hint="apt-get install python3-rich")
        sys.stderr.write(f"vmha: {missing}\n")
        return exit_code_of(missing)
    complete(lambda: command_line.make_parser(COMMANDS))
    clock = SystemClock()
    surroundings = command_line.CommandLine(cache(connect), clock, Terminal())
    return command_line.run(sys.argv[1:] if argv is None else argv, COMMANDS, surroundings)


def connect(program: Run = run) -> Site:
    """``program`` runs Pacemaker's tools. Raises NotPermitted."""
    if os.geteuid() != 0:
        raise NotPermitted(
            "only root may read the cluster's secrets and change its flags",
            hint="run it as root on a controller",
        )
    clock, cib, attrd = SystemClock(), Cib(program), Attrd(program)
    cluster = PacemakerCluster(cib, program)
    return Site(
        clock=clock,
        flags=FlagStore(attrd, cib, clock),
        holds=HoldStore(attrd, cib, clock),
        failures=FailureStore(cib, clock),
        traces=TraceStore(attrd, cib, clock),
        notes=NoteStore(attrd, cib, clock),
        history=HistoryStore(cib),
        cluster=cluster,
        parallel=Threads(AT_ONCE),
        machine=Controller(cluster, program),
        configuration=lambda: read_configuration(cib),
        worker=worker,
        nova=_one_login(wiring.nova),
        problems=lambda resource: _problems(resource, clock),
        room=_room,
        offered=_offered,
    )


def worker(configuration: Configuration, name: str) -> WorkerResource:
    """As Pacemaker would give its parameters to it."""
    resource = with_secrets(find_evacuator(configuration, name))
    env = {f"OCF_RESKEY_{key}": value for key, value in resource.parameters.items()}
    action = next(one for one in AGENT.actions if one.name == "validate-all")
    call = Call(AGENT, action, env)
    call.validate()
    values = values_of(call)
    return WorkerResource(resource, values, worker_options(values))


def _one_login(log_in: Callable[[Values], Nova]) -> Callable[[Values], Nova]:
    """The same Nova for the same parameters: a login for each host would be a burden to Keystone."""
    found: dict[frozenset[tuple[str, str]], Nova] = {}

    def nova(values: Values) -> Nova:
        key = frozenset(values.items())
        if key not in found:
            found[key] = log_in(values)
        return found[key]

    return nova


def _problems(resource: str, clock: SystemClock) -> Sequence[str] | None:
    pulse = PulseFile(kept_path(AGENT.name, resource)).read(clock.monotonic())
    return None if pulse is None else pulse.problems


def _room(values: Values) -> Sequence[HostRoom]:
    from vmha_ocf.backends.openstack.placement import read_room

    return read_room(credentials_from(values), worker_options(values).request_timeout)


def _offered(values: Values) -> frozenset[str]:
    from vmha_ocf.backends.openstack.keystone import Login

    return Login(credentials_from(values), worker_options(values).request_timeout).offered()
