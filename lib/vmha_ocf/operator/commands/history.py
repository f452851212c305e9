"""``vmha history``: the last incidents, their timelines, and how long each recovery took."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from math import inf

from vmha_ocf.cloud import records
from vmha_ocf.errors import ParameterError
from vmha_ocf.incidents import ailments as kept
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import VERSION, incident_json, state
from vmha_ocf.incidents.history import History, find, newest_first
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Evacuation, InstanceId
from vmha_ocf.operator import ailments
from vmha_ocf.operator.answer import Answer, Level, Table
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.options import add_resource
from vmha_ocf.operator.site import Site
from vmha_ocf.operator.timeline import lasting, moment, timeline
from vmha_ocf.ports import Nova

_STATES = {
    "held": "waits for a person",
    "running": "evacuation goes on",
    "away": "host is away",
    "ended": "back in service",
}

Named = tuple[Evacuation, str]
"""Nova's record of it, and the instance's name; "" where Nova lists it no more."""

_BRIEFLY = {"held": "held", "running": "evacuating", "away": "away", "ended": "in service"}


def run(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    known, on_living = site.history.read(), site.history.read_ailments()
    if not args.incident:
        return _all(newest_first(known), kept.newest_first(on_living))
    found, ailing = find(known, args.incident), kept.find(on_living, args.incident)
    if not found and ailing:
        return _ailing(ailing)
    if not found:
        raise ParameterError(
            f"there is no incident {args.incident!r}",
            hint="vmha history lists those that are kept",
        )
    shown = found if args.incident == found[0].host else found[:1]
    moves = _moves(site, args.resource, shown, known) if args.instances else {}
    return _some(shown, moves, ailing)


def _all(incidents: Sequence[Incident], ailing: Sequence[Ailment]) -> Answer:
    told = []
    if incidents:
        count = f"{len(incidents)} incident{'s' if len(incidents) > 1 else ''}"
        told.append(f"{count}, the last one: {_sentence(incidents[0])}")
    if ailing:
        count = f"{len(ailing)} failure{'s' if len(ailing) > 1 else ''} on hosts that live"
        told.append(f"{count}, the last one: {ailments.sentence(ailing[0])}")
    tables = [_table(incidents), ailments.table(ailing)]
    return Answer(
        Level.OK,
        told[0] if told else "no incident is known",
        [*told[1:], *ailments.more(ailing)],
        [one for one in tables if one.rows],
        _data(incidents, {}, ailing),
    )


def _some(
    incidents: Sequence[Incident],
    moves: Mapping[str, Sequence[Named]],
    ailing: Sequence[Ailment],
) -> Answer:
    """Their timelines, the newest first."""
    tables = [table for one in incidents for table in _timelines(one, moves)]
    tables += [ailments.timeline(one) for one in ailing]
    data = _data(incidents, moves, ailing)
    return Answer(Level.OK, _sentence(incidents[0]), tables=tables, data=data)


def _ailing(found: Sequence[Ailment]) -> Answer:
    tables = [ailments.timeline(one) for one in found]
    data = _data([], {}, found)
    return Answer(Level.OK, ailments.sentence(found[0]), tables=tables, data=data)


def _sentence(one: Incident) -> str:
    recovery = f"in {lasting(one.recovery)}" if one.recovery is not None else "so far"
    left = f", {len(one.given_up)} not evacuated" if one.given_up else ""
    left += f", {len(one.left_alone)} left alone" if one.left_alone else ""
    moved = f"{one.moved} instance{'' if one.moved == 1 else 's'} elsewhere {recovery}"
    return f"{one.host} on {moment(one.began)}: {moved}{left}; {_STATES[state(one)]}"


def _table(incidents: Sequence[Incident]) -> Table:
    rows = [
        (
            one.id,
            moment(one.began),
            _BRIEFLY[state(one)],
            str(one.moved),
            lasting(one.recovery) if one.recovery is not None else "-",
            str(len(one.given_up)) if one.given_up else "-",
        )
        for one in incidents
    ]
    columns = ("incident", "fenced", "now", "moved", "recovered in", "left")
    return Table("Incidents", columns, rows)


def _timelines(one: Incident, moves: Mapping[str, Sequence[Named]]) -> Iterator[Table]:
    yield Table(f"Incident {one.id}", ("time", "after", "what"), timeline(one))
    for title, some in (("Not evacuated", one.given_up), ("Left alone", one.left_alone)):
        if some:
            staying = [(told.name or "-", told.reason) for told in some.values()]
            yield Table(title, ("instance", "why"), staying, list(some))
    if one.id in moves:
        columns = ("instance", "to", "status", "asked", "last change")
        rows = [_row(*move) for move in moves[one.id]]
        ids = [record.instance for record, _ in moves[one.id]]
        yield Table("Nova's records", columns, rows, ids)


def _row(record: Evacuation, name: str) -> Sequence[str]:
    return (
        name or "-",
        record.dest or "-",
        record.status,
        record.created_at,
        record.updated_at,
    )


def _moves(
    site: Site, resource: str, incidents: Sequence[Incident], known: History
) -> Mapping[str, Sequence[Named]]:
    """Nova's own records of each incident: those from its begin to the begin of the host's next."""
    nova = site.nova(site.worker(site.configuration(), resource).values)
    found = nova.evacuations_from(incidents[0].host)
    begins = sorted(records.second(one.began) for one in find(known, incidents[0].host))
    names = _names(nova, found)
    return {
        one.id: [
            (record, names.get(record.instance, ""))
            for record in sorted(found, key=lambda record: record.id)
            if records.second(one.began)
            <= (records.seconds(record.created_at) or 0.0) + records.APART
            < min((at for at in begins if at > one.began), default=inf)
        ]
        for one in incidents
    }


def _names(nova: Nova, found: Sequence[Evacuation]) -> Mapping[InstanceId, str]:
    """Of what is where it was moved to, or has stayed where it was: a record of Nova's has ids alone."""
    hosts = {host for record in found for host in (record.source, record.dest) if host}
    return {one.id: one.name for host in sorted(hosts) for one in nova.instances_on(host)}


def _data(
    incidents: Sequence[Incident],
    moves: Mapping[str, Sequence[Named]],
    ailing: Sequence[Ailment],
) -> Mapping[str, object]:
    told = []
    for one in incidents:
        more = {"evacuations": [_record(*move) for move in moves[one.id]]} if moves else {}
        told.append({**incident_json(one), **more})
    return {"version": VERSION, "incidents": told, "ailments": ailments.data(ailing)}


def _record(record: Evacuation, name: str) -> Mapping[str, object]:
    return {
        "id": record.id,
        "instance": record.instance,
        "name": name or None,
        "dest": record.dest,
        "status": record.status,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "incident",
        metavar="INCIDENT",
        nargs="?",
        default="",
        help="an incident or ailment as the list names it, a host for all of its own, or an instance",
    )
    parser.add_argument(
        "--instances",
        action="store_true",
        help="with INCIDENT: also each instance's move, from Nova's own records",
    )
    add_resource(parser)


COMMAND = Command(
    "history",
    "The last failures: their timelines, and how long each recovery took",
    run,
    _configure,
    "Kept in the CIB by NovaEvacuate, the last 30 of hosts, 60 of instances and 20 of processes on hosts "
    "that live: any controller answers, also after a failover. The time to recover is from the proof that "
    "the host was off to the last instance that ran elsewhere; of an instance or a process, from its "
    "failure until it was well again.",
)
