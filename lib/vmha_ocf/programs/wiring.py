"""The one composition root: parameters -> real ports. Whatever is imported here is paid for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.locked_traces import LockedTraces
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.log import open_log
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.failure_store import FailureStore
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.hold_store import HoldStore
from vmha_ocf.cluster.note_store import NoteStore
from vmha_ocf.errors import NotInstalled
from vmha_ocf.incidents.store import HistoryStore
from vmha_ocf.ports import Nova
from vmha_ocf.programs.listeners import Listeners
from vmha_ocf.service.traces import TraceStore
from vmha_ocf.worker.options import WorkerOptions, worker_options
from vmha_ocf.worker.ports import WorkerPorts

THREADS = 8
"""Requests to Nova at once."""


@dataclass(frozen=True, slots=True)
class WorkerParts:
    ports: WorkerPorts
    options: WorkerOptions
    me: str
    """This controller's name, as claims show it."""
    listeners: Listeners


def check(values: Mapping[str, str]) -> None:
    """What can be known to be wrong without asking anybody: each file of the login is opened.

    Raises ParameterError, LocalParameterError (a file that is not here), NotInstalled."""
    credentials = credentials_from(values)
    worker_options(values)
    with _openstack():
        from vmha_ocf.backends.openstack.way import way_of
    way_of(credentials)


def verify_policy(values: Mapping[str, str]) -> None:
    """Raises LocalParameterError with all that is wrong with the policy's file.

    Not of a start: dead hosts are recovered without it."""
    from vmha_ocf.backends.desk.policy_file import PolicyFile

    PolicyFile(values["policy"]).verify()


def verify_bus(values: Mapping[str, str]) -> None:
    """Raises LocalParameterError, NotInstalled. Not of a start either."""
    from vmha_ocf.backends.telling.bus_file import verify

    verify(worker_options(values).bus)


def nova(values: Mapping[str, str]) -> Nova:
    """Raises NotInstalled where OpenStack's libraries are missing."""
    with _openstack():
        from vmha_ocf.backends.openstack.nova import OpenStackNova
    return OpenStackNova(credentials_from(values), worker_options(values).request_timeout)


def _room(values: Mapping[str, str]) -> Sequence[HostRoom]:
    from vmha_ocf.backends.openstack.placement import read_room

    return read_room(credentials_from(values), worker_options(values).request_timeout)


@contextmanager
def _openstack() -> Iterator[None]:
    """Around an import of OpenStack's libraries."""
    try:
        yield
    except ImportError as error:
        raise NotInstalled(
            f"Python's module {error.name} is missing",
            hint="apt-get install python3-novaclient python3-keystoneauth1",
        ) from None


def worker(values: Mapping[str, str]) -> WorkerParts:
    from vmha_ocf.backends.bmc.inventory_file import read_inventory
    from vmha_ocf.backends.desk.policy_file import PolicyFile
    from vmha_ocf.backends.process.threads import Threads, aside

    with _openstack():
        from vmha_ocf.backends.openstack.way import way_of

    options = worker_options(values)
    cib = Cib()
    clock = SystemClock()
    threads = Threads(THREADS)
    cluster = PacemakerCluster(cib)
    attrd = Attrd()
    me = str(cluster.local_node())
    say = open_log("NovaEvacuate", options.log_file).info
    listeners = Listeners(HistoryStore(cib), clock, say, me, options)
    ports = WorkerPorts(
        clock=clock,
        flags=FlagStore(attrd, cib, clock),
        holds=HoldStore(attrd, cib, clock),
        failures=FailureStore(cib, clock, parallel=threads),
        traces=LockedTraces(TraceStore(attrd, cib, clock)),
        notes=NoteStore(attrd, cib, clock),
        cluster=cluster,
        nova=nova(values),
        parallel=threads,
        aside=aside,
        lock=threading.Lock,
        read_inventory=read_inventory,
        read_policy=PolicyFile(values["policy"]),
        read_room=partial(_room, values),
        say=say,
        tell=listeners.tell,
        recall=listeners.recall,
    )
    way = way_of(credentials_from(values))
    for each in (*way.exposed, *way.warnings):
        ports.say(each)
    return WorkerParts(ports, options, me, listeners)
