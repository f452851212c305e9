"""``vmha plan HOST``: what would happen now, instance by instance, by the worker's own planner."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.records import STILL
from vmha_ocf.cluster import storm
from vmha_ocf.errors import ParameterError
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.evacuation.verdict import Next, Verdict
from vmha_ocf.fencing.names import way_to_say
from vmha_ocf.fencing.topology import ComputeHost, find
from vmha_ocf.model import Evidence, Flag, FlagState, NodeName, NovaHost
from vmha_ocf.operator import by_policy, wrecks
from vmha_ocf.operator.answer import Answer, Level, Table, name_of
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.commands import if_down
from vmha_ocf.operator.known import Known, known_hosts
from vmha_ocf.operator.look import Around, Look, look_at
from vmha_ocf.operator.options import add_resource, inventories_of, whole
from vmha_ocf.operator.wrecks import Wreck
from vmha_ocf.proof import presence
from vmha_ocf.proof.fenced_elsewhere import believed, weakness
from vmha_ocf.worker.ports import WorkerPorts

_MOVES = (Next.EVACUATE, Next.RESET, Next.IN_FLIGHT)
_STAYS = (Next.REPORT, Next.UNKNOWN, Next.WAIT, Next.RETRY)


@dataclass(frozen=True, slots=True)
class Planned:
    node: NodeName
    look: Look
    flagged: bool
    """It is down already."""
    holds: Sequence[str]
    """What keeps the worker from it for the time being."""
    wrecks: Sequence[Wreck] = ()
    unclear: str = ""
    """What its host says of its instances is not."""


def run(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    configuration = site.configuration()
    worker = site.worker(configuration, args.resource)
    inventories = inventories_of(configuration, site.machine)
    ports, flags = site.ports(worker.values), site.flags.read()
    services = ports.nova.services()
    known = known_hosts(
        configuration,
        inventories,
        worker.options.domain,
        services=services,
        flags=flags.values(),
    )
    host = find(known.hosts, args.host)
    _verify_known(host, known)
    nodes = believed(site.cluster.nodes(), partial(weakness, configuration=configuration))
    off = {
        **presence.hosts_off(flags.values(), nodes, known.names),
        **dict.fromkeys((host.host, *known.names.hosts_of(host.node)), STILL),
    }
    around = Around(off, services)
    planned = _planned(host, flags, around, ports, worker.options.settings)
    if args.lost:
        return if_down.answer(host.node, planned.look, args.lost)
    return _answer(planned, worker.options.settings, every=args.all)


def _planned(
    host: ComputeHost,
    flags: Mapping[NovaHost, Flag],
    around: Around,
    ports: WorkerPorts,
    settings: Settings,
) -> Planned:
    found = flags.get(host.host)
    flagged = found is not None and found.pending
    proof = Evidence("vmha", ports.clock.now(), "if it were fenced now")
    lost = Flag(host.host, FlagState.NEEDED, node=host.node, evidence=proof)
    flag = found if found is not None and flagged else lost
    known = {**flags, flag.host: flag}
    look = look_at(flag, around, ports, settings)
    holds = _held(ports, known, settings, len(around.services))
    instances = look.view.reading.instances
    down, unclear = wrecks.read(ports.notes, host.node, instances, look.policy)
    return Planned(host.node, look, flagged, list(holds), down, unclear)


def _verify_known(host: ComputeHost, known: Known) -> None:
    """Raises ParameterError: a plan for a name that Nova does not know would be empty."""
    if host.host in known.names.hosts_of(host.node):
        return
    doubt = known.names.doubts.get(host.node)
    if doubt:
        raise ParameterError(doubt)
    near = known.names.may_be(host.node)
    listed = sorted(known.words.listed or ())
    raise ParameterError(
        f"Nova has no compute service on {host.host}",
        hint=f"it has {', '.join(near or listed[:5]) or 'none'}: "
        + way_to_say(host.node, near[0] if near else NovaHost("NAME-IN-NOVA"), known.words),
    )


def _held(
    ports: WorkerPorts, flags: Mapping[NovaHost, Flag], settings: Settings, hosts: int
) -> Iterator[str]:
    """With the failure that is planned for."""
    hold = ports.holds.read()
    if hold is not None:
        yield hold.reason
    pending = [flag for flag in flags.values() if flag.pending]
    why = storm.held(
        pending,
        storm.with_flagged(ports.failures.read(), pending),
        storm.limits_of(settings),
        hosts=hosts,
        released=storm.dated(ports.flags.storm_release(), ports.clock.now()),
    )
    if why:
        yield why


def _answer(planned: Planned, settings: Settings, *, every: bool) -> Answer:
    look, verdicts = planned.look, planned.look.plan.verdicts
    stays = [one for one in verdicts if one.next in _STAYS]
    moves = [one for one in verdicts if one.next in _MOVES]
    left = [one for one in verdicts if one.next is Next.LEAVE]
    moves.sort(key=lambda one: order_key(one.instance, settings))
    tables = [
        _table("Would not be evacuated as things are", stays, look),
        _table("Would be evacuated, in this order", moves, look),
        _table("Are not to be evacuated", left if every else [], look),
    ]
    tables += [wrecks.table(planned.wrecks), *by_policy.tables(look)]
    notes = [*planned.holds, *filter(None, [look.problem, planned.unclear]), *_delay(settings)]
    return Answer(
        _level(planned, stays),
        _headline(planned, len(moves), len(stays), len(left)),
        notes,
        [table for table in tables if table.rows],
        {
            "host": look.view.flag.host,
            "node": planned.node,
            "flagged": planned.flagged,
            "held": list(planned.holds),
            "instances": [_data(one, look) for one in [*stays, *moves, *left]],
            "down_before": wrecks.data(planned.wrecks),
        },
    )


def _level(planned: Planned, stays: Sequence[Verdict]) -> Level:
    if planned.look.problem or any(one.next is Next.UNKNOWN for one in stays):
        return Level.UNKNOWN
    return Level.WARNING if stays or planned.holds else Level.OK


def _headline(planned: Planned, moves: int, stays: int, left: int) -> str:
    when = "it is flagged" if planned.flagged else "if it were fenced now"
    told = f"{moves} of {moves + stays} instances would be evacuated"
    if not moves + stays:
        told = "no instance would be evacuated, none is to be"
    more = f"; {left} others are not to be" if left and moves + stays else ""
    return f"{planned.node}, {when}: {told}{more}"


def _delay(settings: Settings) -> Iterator[str]:
    if settings.evacuate_delay:
        yield f"the first request comes {settings.evacuate_delay:g} s after the flag (evacuate_delay)"


def _table(title: str, verdicts: Sequence[Verdict], look: Look) -> Table:
    rows = [
        (
            str(number),
            name_of(one.instance),
            one.instance.vm_state,
            _what(one),
            look.rules[one.instance.id],
        )
        for number, one in enumerate(verdicts, start=1)
    ]
    head, ids = ("", "instance", "state", "what", "rule"), [one.instance.id for one in verdicts]
    return Table(title, head, rows, ids)


def _what(verdict: Verdict) -> str:
    match verdict.next:
        case Next.EVACUATE:
            return ""
        case Next.RESET:
            return f"{verdict.reason}: reset to error first"
        case Next.IN_FLIGHT:
            return f"in flight: {verdict.reason}"
        case Next.LEAVE:
            return f"left: {verdict.reason}"
    return verdict.reason


def _data(verdict: Verdict, look: Look) -> Mapping[str, object]:
    return {
        "id": verdict.instance.id,
        "name": verdict.instance.name,
        "state": verdict.instance.vm_state,
        "next": verdict.next.value,
        "reason": verdict.reason,
        "rule": look.rules[verdict.instance.id],
        **by_policy.data(verdict.instance, look),
    }


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="by its name in Pacemaker or in Nova")
    parser.add_argument(
        "--if",
        dest="lost",
        metavar="NETWORK=down",
        action="append",
        type=if_down.network,
        help="what would be done if the host lived and had lost this network (may be repeated)",
    )
    whole(parser, "also list the instances that are not to be evacuated")
    add_resource(parser)


COMMAND = Command(
    "plan",
    "What would happen to each instance if this host were fenced now",
    run,
    _configure,
    "Asks the planner that NovaEvacuate's worker runs by, with the parameters of its resource. "
    "Changes nothing, and claims nothing. Exit code 1: some instance would stay behind.",
)
