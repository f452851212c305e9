"""``vmha flag HOST --fenced-by-hand``: a person's word that a host is off, where no BMC can give it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from vmha_ocf.cloud import heartbeat, records
from vmha_ocf.errors import ParameterError, Refused, VmhaError
from vmha_ocf.fencing.topology import ComputeHost, find_node
from vmha_ocf.model import ComputeService, Evidence, Flag, FlagState, NovaHost, Services
from vmha_ocf.operator.answer import Answer, Level
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.known import known_hosts
from vmha_ocf.operator.options import add_resource, inventories_of
from vmha_ocf.operator.site import Site, WorkerResource

_SILENT = heartbeat.silence(heartbeat.LONGEST) + records.APART
"""Seconds since the last heartbeat, by a clock that is not Nova's, after which there are none any more,
though Nova still calls the host up. How often they come nobody has watched here."""


def run(args: Namespace, connect: Connect) -> Answer:
    if not args.fenced_by_hand:
        raise ParameterError(
            "a flag by hand is a person's word that the host is off",
            hint="look at the machine; when it is off for certain, add --fenced-by-hand",
        )
    site = connect()
    configuration = site.configuration()
    worker = site.worker(configuration, args.resource)
    inventories = inventories_of(configuration, site.machine)
    known = known_hosts(
        configuration, inventories, worker.options.domain, services=_services(site, worker)
    )
    host = find_node(known.hosts, args.host)
    _refuse_online(host, site)
    hosts = tuple(known.names.hosts_of(host.node)) or (host.host,)
    doubt = "; ".join(filter(None, (_refuse_alive(one, site, worker) for one in hosts)))
    if not args.yes and not _is_confirmed(host, doubt, site):
        return Answer(
            Level.ERROR, f"not confirmed: {host.node} is not flagged", data={"host": host.host}
        )
    return _flag(host, hosts, doubt, site)


def _services(site: Site, worker: WorkerResource) -> Services | None:
    """All of them, for the names; None where Nova does not say: an emergency goes on."""
    try:
        return site.nova(worker.values).services()
    except VmhaError:
        return None


def _refuse_online(host: ComputeHost, site: Site) -> None:
    state = site.cluster.nodes().get(host.node)
    if state is not None and state.online:
        raise Refused(
            f"Pacemaker is connected to {host.node}: it is not off, nothing is changed",
            hint=f"have Pacemaker fence it: pcs stonith fence {host.node}",
        )


def _refuse_alive(host: NovaHost, site: Site, worker: WorkerResource) -> str:
    """What could not be made sure of, where Nova does not answer."""
    try:
        services = site.nova(worker.values).services(host)
    except VmhaError as error:
        return f"Nova was not asked whether it hears from {host}: {error.message}"
    if not services:
        raise ParameterError(
            f"Nova has no compute service on {host}",
            hint="set pcmk_host_map or domain of its fencing device, to the name in Nova",
        )
    silence = _silence(services[0], site.clock.now())
    if services[0].up and silence < _SILENT:
        raise Refused(
            f"Nova heard from {host} {max(0.0, silence):.0f} s ago: nothing is changed",
            hint=f"what is off is silent: look again when Nova calls it down, or after {_SILENT:g} s",
        )
    return ""


def _silence(service: ComputeService, now: float) -> float:
    """In seconds; what cannot be read was just now."""
    at = records.seconds(service.updated_at)
    return 0.0 if at is None else now - at


def _is_confirmed(host: ComputeHost, doubt: str, site: Site) -> bool:
    said = site.machine.ask(
        f"{doubt + chr(10) if doubt else ''}"
        f"Its instances will be started on other hosts. If {host.node} runs, or gets power again "
        f"while they\nare evacuated, they run twice and destroy their disks.\n"
        f"Type the name {host.node} to say that it is off and stays off: "
    )
    return said.strip() == host.node


def _flag(host: ComputeHost, hosts: Sequence[NovaHost], doubt: str, site: Site) -> Answer:
    """All hosts of the machine: they are off with it."""
    me = site.machine.node()
    by = f"{site.machine.who()}@{me}"
    evidence = Evidence(by, site.clock.now(), f"fenced by hand, on the word of {by}")
    for one in hosts:
        site.flags.write(Flag(one, FlagState.NEEDED, node=host.node, evidence=evidence))
    notes = [
        f"Pacemaker does not know of it yet: pcs stonith confirm {host.node}",
        f"follow it with: vmha status --watch; what will be evacuated: vmha plan {host.node}",
    ]
    return Answer(
        Level.OK,
        f"{host.node} is flagged, on the word of {by}: its instances are evacuated",
        [*([doubt] if doubt else []), *notes],
        data={"host": hosts[0], "hosts": list(hosts), "node": host.node, "by": by},
    )


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="by its name in Pacemaker or in Nova")
    parser.add_argument(
        "--fenced-by-hand",
        action="store_true",
        help="I have seen that it is off, and it stays off",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_resource(parser)


COMMAND = Command(
    "flag",
    "Have a host evacuated that a person has proved to be off",
    run,
    _configure,
    "For a host that no fencing device can reach any more. Refused while Pacemaker is connected to it "
    "or Nova hears from it. Who said it is kept with the flag, and in NovaEvacuate's log.",
)
