"""The instances that are off because their host was, read as the worker reads them, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.fencing.names import Names
from vmha_ocf.living.booting.asked_since import AskedSince
from vmha_ocf.living.booting.evacuated_off import EvacuatedOff
from vmha_ocf.living.booting.hosts import BootedHosts
from vmha_ocf.living.booting.off_instances import OffInstances, not_known
from vmha_ocf.living.booting.off_since import Found, Off
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.operator.answer import Table, name_of
from vmha_ocf.proof.presence import Nodes
from vmha_ocf.worker.ports import WorkerPorts


@dataclass(frozen=True)
class Known:
    nodes: Nodes
    names: Names
    configuration: Configuration


def read(
    ports: WorkerPorts, settings: Settings, known: Known, flags: Mapping[NovaHost, Flag]
) -> tuple[Sequence[Found], Sequence[str]]:
    """With what is not known, a sentence each. Nova is asked only if a host has booted. Raises
    FlagsUnavailable, NovaUnavailable, NovaDenied."""
    cloud = Cloud(ports, settings, read_policy=ports.read_policy)
    hosts = BootedHosts(ports, cloud, known)
    waiting = hosts.waiting(flags)
    listed = ports.parallel(OffInstances(ports, settings, cloud).on, [one.host for one in waiting])
    wanted = [
        (one, booted.served)
        for booted, each in zip(waiting, listed, strict=True)
        for one in each.off
    ]
    asked = AskedSince(ports, cloud.past)
    off = [one for one in asked.of(wanted).values() if one.off is not Off.LEFT]
    unknown = [one.problem for one in listed if one.problem]
    unknown += [not_known(host, error) for host, error in asked.trouble.items()]
    elsewhere = EvacuatedOff(ports, settings, cloud, known, asked)
    elsewhere.look(hosts.left())
    by_id = {one.instance.id: one for one in off}
    by_id |= {one.instance.id: one for each in elsewhere.found.values() for one in each}
    unknown += [one for one in elsewhere.problems.values() if one not in unknown]
    return list(by_id.values()), unknown


def tables(found: Sequence[Found]) -> Iterator[Table]:
    rows = [(it.instance.host, name_of(it.instance), it.told) for it in found]
    if rows:
        ids = [it.instance.id for it in found]
        yield Table("Off since their host was", ("host", "instance", "why"), rows, ids)


def data(found: Sequence[Found]) -> Sequence[Mapping[str, object]]:
    return [
        {
            "host": one.instance.host,
            "id": one.instance.id,
            "name": one.instance.name,
            "why": one.told,
        }
        for one in found
    ]
