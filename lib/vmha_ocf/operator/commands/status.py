"""``vmha status``: which hosts are not well, what is in flight, what waits for a person."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vmha_ocf.cluster import storm
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.errors import VmhaError
from vmha_ocf.fencing.names import Names
from vmha_ocf.fencing.topology import ComputeHost
from vmha_ocf.incidents import ailments as kept
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.living.booting import off_since as after_boot
from vmha_ocf.living.booting.off_since import Found
from vmha_ocf.model import Flag, Instance, NodeName, NovaHost, Services
from vmha_ocf.operator import ailments, off_since
from vmha_ocf.operator.answer import Answer, Level, Table, badness, level_of, name_of
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.host_status import (
    HostStatus,
    Seen,
    assess,
    given_up,
    in_flight,
    is_proved,
    progress,
)
from vmha_ocf.operator.known import known_hosts
from vmha_ocf.operator.look import Around, look_at
from vmha_ocf.operator.options import add_resource, inventories_of, whole
from vmha_ocf.operator.site import Site, WorkerResource
from vmha_ocf.proof import fenced_elsewhere, presence
from vmha_ocf.proof.presence import Nodes

Notice = tuple[Level, str]
"""Something about the whole cluster."""


@dataclass(frozen=True, slots=True)
class State:
    notices: Sequence[Notice]
    hosts: Sequence[HostStatus]
    runs_on: str
    """Where NovaEvacuate runs; empty if nowhere."""
    off: Sequence[Found] = ()
    """Instances that are off because their host was."""
    ailing: Sequence[Ailment] = ()
    """What has failed on hosts that live, oldest first."""


_SHORTEST, _LONGEST = 0.2, 86400.0
"""Seconds of --watch."""


def run(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    configuration = site.configuration()
    worker = site.worker(configuration, args.resource)
    state = _Reading(site, configuration, worker).state()
    return answer(state, every=args.all)


class _Reading:
    """One reading of everything. Nova may be silent: what Pacemaker says is told all the same."""

    def __init__(self, site: Site, configuration: Configuration, worker: WorkerResource) -> None:
        self._site = site
        self._configuration = configuration
        self._worker = worker
        self._names = Names()
        self._notices: list[Notice] = []
        self._services: Services | None = None

    def state(self) -> State:
        flags = self._site.flags.read()
        nodes = self._site.cluster.nodes()
        runs_on = self._look_at_worker()
        held = self._look_for_holds(flags)
        self._ask_nova()
        seen = [self._seen(one, flags, nodes) for one in self._hosts(flags)]
        off = self._look_for_off(flags, nodes) if self._services is not None else ()
        ailing = self._look_for_ailments()
        hosts = [assess(one, held=held) for one in seen]
        return State(self._notices, hosts, runs_on, off, ailing)

    def _look_for_ailments(self) -> Sequence[Ailment]:
        try:
            found = kept.newest_first(self._site.history.read_ailments())[::-1]
        except VmhaError as error:
            self._notices.append((level_of(error), str(error)))
            return ()
        ailing = [one for one in found if not one.ended]
        self._notices += ailments.notices(ailing, [told for _, told in self._notices])
        return ailing

    def _look_for_off(self, flags: Mapping[NovaHost, Flag], nodes: Nodes) -> Sequence[Found]:
        ports, settings = self._site.ports(self._worker.values), self._worker.options.settings
        known = off_since.Known(nodes, self._names, self._configuration)
        try:
            found, unknown = off_since.read(ports, settings, known, flags)
        except VmhaError as error:
            self._notices.append((level_of(error), str(error)))
            return ()
        self._notices += [(Level.UNKNOWN, one) for one in unknown]
        why = after_boot.problem(found)
        if why:
            self._forget(why)
            self._notices.append((Level.ERROR, why))
        return found

    def _look_at_worker(self) -> str:
        resource = self._worker.resource.name
        running = self._configuration.runs_on(resource)
        if not running:
            told = f"{resource} (NovaEvacuate) runs nowhere: nothing would be evacuated"
            self._notices.append((Level.ERROR, told))
        here = self._site.problems(resource)
        for told in here or ():
            self._notices.append((Level.ERROR, f"{resource}: {told}"))
        for one in running if here is None else ():
            if one.reason:
                # Pacemaker keeps the first reason as long as the exit code stays the same.
                told = (
                    f"{resource} on {one.node} is degraded; when that began it said: {one.reason}"
                )
                self._notices.append((Level.ERROR, told))
        return ", ".join(sorted(one.node for one in running))

    def _look_for_holds(self, flags: Mapping[NovaHost, Flag]) -> bool:
        pending = any(flag.pending for flag in flags.values())
        hold = self._site.holds.read()
        if hold is not None:
            self._forget(hold.reason)
            self._notices.append((Level.ERROR if pending else Level.WARNING, hold.reason))
        why = self._storm([flag for flag in flags.values() if flag.pending])
        if why:
            self._forget(why)
            self._notices.append((Level.ERROR, why))
        return bool(why) or hold is not None

    def _storm(self, pending: Sequence[Flag]) -> str:
        site = self._site
        if not pending:
            return ""
        return storm.held(
            pending,
            storm.with_flagged(site.failures.read(), pending),
            storm.limits_of(self._worker.options.settings),
            released=storm.dated(site.flags.storm_release(), site.clock.now()),
        )

    def _forget(self, reason: str) -> None:
        """What the worker says of it as well: once is enough, and not every hold needs a person."""
        self._notices = [(level, told) for level, told in self._notices if reason not in told]

    def _ask_nova(self) -> None:
        try:
            self._services = self._site.nova(self._worker.values).services()
        except VmhaError as error:
            # The worker may complain of just that: to say it once is enough.
            if not any(error.message in told for _, told in self._notices):
                self._notices.append((level_of(error), str(error)))

    def _hosts(self, flags: Mapping[NovaHost, Flag]) -> Sequence[ComputeHost]:
        """Also those that are flagged and that no configuration tells of any more."""
        try:
            inventories = inventories_of(self._configuration, self._site.machine)
        except VmhaError as error:
            self._notices.append((Level.ERROR, str(error)))
            inventories = {}
        found = known_hosts(
            self._configuration,
            inventories,
            self._worker.options.domain,
            services=self._services,
            flags=flags.values(),
        )
        hosts, self._names = found.hosts, found.names
        known = {name for one in hosts for name in (one.host, one.node)}
        others = [
            ComputeHost(flag.node or _node_of(flag), flag.host)
            for flag in flags.values()
            if flag.host not in known and flag.node not in known
        ]
        return [*hosts, *others]

    def _seen(self, one: ComputeHost, flags: Mapping[NovaHost, Flag], nodes: Nodes) -> Seen:
        own = self._names.hosts_of(one.node)
        strange = (it for it in flags.values() if it.node == one.node and it.host not in own)
        flag = flags.get(one.host) or next(strange, None)
        host = flag.host if flag else one.host
        service = next((it for it in self._services or () if it.host == host), None)
        proved = is_proved(flag)
        asked = self._services is not None and host not in self._services.unknown
        seen = Seen(one.node, host, nodes.get(one.node), flag, service, asked, proved=proved)
        if flag is None or not flag.pending or service is None:
            return seen
        return self._looked_into(seen, flag, flags, nodes)

    def _looked_into(
        self, seen: Seen, flag: Flag, flags: Mapping[NovaHost, Flag], nodes: Nodes
    ) -> Seen:
        weak = partial(fenced_elsewhere.weakness, configuration=self._configuration)
        believed = fenced_elsewhere.believed(nodes, weak)
        around = Around(
            presence.hosts_off(flags.values(), believed, self._names),
            self._services or (),
            presence.is_back(flag, believed, self._names),
        )
        ports = self._site.ports(self._worker.values)
        try:
            return replace(seen, look=look_at(flag, around, ports, self._worker.options.settings))
        except VmhaError as error:
            self._notices.append((level_of(error), f"{flag.host}: {error}"))
            return seen


def _node_of(flag: Flag) -> NodeName:
    return NodeName(str(flag.host))


def answer(state: State, *, every: bool = False) -> Answer:
    """The worst first: it is all that some will read."""
    unwell = [one for one in state.hosts if one.level is not Level.OK]
    notices = [*state.notices, *((one.level, f"{one.seen.node}: {one.told}") for one in unwell)]
    notices.sort(key=lambda notice: -badness(notice[0]))
    level = notices[0][0] if notices else Level.OK
    return Answer(
        level,
        notices[0][1] if notices else _all_is_well(state),
        [told for _, told in notices[1:]],
        [
            *_tables(state.hosts if every else unwell, unwell),
            *ailments.open_ones(state.ailing),
            *off_since.tables(state.off),
        ],
        {
            "evacuator_on": state.runs_on,
            "hosts": [_data(one) for one in state.hosts],
            "off_since_boot": off_since.data(state.off),
            "ailments": ailments.data(state.ailing),
        },
    )


def _all_is_well(state: State) -> str:
    hosts = len(state.hosts)
    counted = f"{hosts} host{'s' if hosts != 1 else ''} up"
    return f"all is well: {counted}, nothing flagged, NovaEvacuate on {state.runs_on}"


def _tables(shown: Sequence[HostStatus], unwell: Sequence[HostStatus]) -> Iterator[Table]:
    stuck = [(one.seen.node, *told) for one in unwell for told in _given_up(one)]
    if stuck:
        columns = ("host", "instance", "state", "why")
        given_up = [(node, name_of(each), each.vm_state, why) for node, each, why in stuck]
        yield Table("Not evacuated", columns, given_up, [each.id for _, each, _ in stuck])
    if shown:
        rows = [(it.seen.node, it.pacemaker, it.nova, it.flag, it.progress) for it in shown]
        yield Table("Hosts", ("host", "Pacemaker", "Nova", "flag", "evacuations"), rows)
    flying = [(one.seen.node, *told) for one in unwell for told in _in_flight(one)]
    if flying:
        moving = [(node, name_of(each), why) for node, each, why in flying]
        ids = [each.id for _, each, _ in flying]
        yield Table("In flight", ("host", "instance", "evacuation"), moving, ids)


def _given_up(one: HostStatus) -> Sequence[tuple[Instance, str]]:
    return given_up(one.seen.look) if one.seen.look else ()


def _in_flight(one: HostStatus) -> Sequence[tuple[Instance, str]]:
    flying = in_flight(one.seen.look.plan) if one.seen.look else ()
    return [(verdict.instance, verdict.reason) for verdict in flying]


def _instance(one: Instance, why: str) -> Mapping[str, str]:
    return {"id": one.id, "name": one.name, "state": one.vm_state, "why": why}


def _data(one: HostStatus) -> Mapping[str, object]:
    evidence = one.seen.flag.evidence if one.seen.flag else None
    return {
        "node": one.seen.node,
        "host": one.seen.host,
        "level": one.level.value,
        "told": one.told,
        "evacuations": progress(one.seen.look) if one.seen.look else None,
        "pacemaker": one.pacemaker,
        "nova": one.nova,
        "flag": one.seen.flag.state.value if one.seen.flag else None,
        "evidence": {"by": evidence.by, "at": evidence.at, "proof": evidence.proof}
        if evidence
        else None,
        "not_evacuated": [_instance(*told) for told in _given_up(one)],
        "in_flight": [_instance(*told) for told in _in_flight(one)],
    }


def _pause(text: str) -> float:
    """Seconds between two looks."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _SHORTEST <= seconds <= _LONGEST:  # nor is what is not a number
        raise ArgumentTypeError(
            f"{text!r} is not a number of seconds from {_SHORTEST:g} to {_LONGEST:g}"
        )
    return seconds


def _configure(parser: ArgumentParser) -> None:
    whole(parser, "list the hosts that are well, too")
    add_resource(parser)
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        type=_pause,
        nargs="?",
        const=2.0,
        help="again and again, every 2 seconds or as many as given, until Ctrl-C",
    )


COMMAND = Command(
    "status",
    "Which hosts are not well, what is in flight, what waits for a person",
    run,
    _configure,
    "One line when all is well. Exit codes: 0 all is well, 1 something goes its way (an evacuation, a "
    "host that is away), 2 a person is needed, 3 something does not answer.",
)
