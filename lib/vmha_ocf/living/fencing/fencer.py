"""Hosts that live and are not well are fenced as the policy says: read, judge, note, look again, ask.

Only those that are disabled by us for it, one after another, and once. What comes of it is Pacemaker's: the
power-off is proved and flagged, and the instances are recovered, as those of any other host.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cluster import storm
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.disabling.causes import Cause, named, split
from vmha_ocf.living.disabling.disabler import May
from vmha_ocf.living.fencing import hindrance, lost, noted
from vmha_ocf.living.fencing.lost import Failed
from vmha_ocf.living.fencing.noted import ATTRIBUTE, Noted
from vmha_ocf.living.fencing.ports import FencingPorts
from vmha_ocf.living.fencing.reader import Read, Reader
from vmha_ocf.living.processes.worn_out import without_nova_compute
from vmha_ocf.model import ComputeService, Instance, Monotonic, NodeName, NovaHost
from vmha_ocf.ports import Later
from vmha_ocf.proof.naming import Naming
from vmha_ocf.service import marker
from vmha_ocf.service.row import settings as settings_of

IsDown = Callable[[NovaHost, Sequence[str]], bool]
"""Whether these networks of a host are, read anew. Raises FlagsUnavailable."""
_Notes = Mapping[NodeName, Sequence[Noted]]


@dataclass(frozen=True, slots=True)
class _Case:
    service: ComputeService
    failed: Failed
    since: float
    """When it was disabled for that, in seconds since the epoch."""
    node: NodeName
    others: Collection[NovaHost]
    """Those that take instances."""
    down: Collection[NovaHost]
    """Those that are flagged."""

    @property
    def host(self) -> NovaHost:
        return self.service.host

    @property
    def words(self) -> str:
        return named(self.failed.cause, "+".join(self.failed.names))


class Fencer:
    def __init__(
        self,
        ports: FencingPorts,
        settings: Settings,
        cloud: Cloud,
        naming: Naming,
        *,
        may: May,
        is_down: IsDown,
    ) -> None:
        self.problems: Sequence[str] = ()
        self.is_busy = False
        """Somebody is to be fenced."""
        self._ports = ports
        self._settings = settings
        self._limits = storm.limits_of(settings)
        self._cloud = cloud
        self._naming = naming
        self._reader = Reader(ports, settings, cloud)
        self._may = may
        self._is_down = is_down
        self._asked: dict[NodeName, Later[None]] = {}
        self._just: dict[NodeName, Sequence[Noted]] = {}
        """What was noted right now."""
        self._left: dict[NovaHost, tuple[Monotonic, str]] = {}
        """Why those are not fenced that were judged, and when they were."""

    def look(
        self, causes: Sequence[Cause], flagged: Mapping[NovaHost, bool], waits_for: str
    ) -> None:
        """As ``Disabler.look``. Raises also what its ports do."""
        policy = self._cloud.in_force.policy
        wanted = {
            host: failed
            for cause in causes
            for host, what in cause.wanted.items()
            if lost.asks(policy, failed := Failed(cause.name, split(what)))
            if host not in flagged
        }
        self.problems, self.is_busy = (), bool(wanted)
        self._left = {host: one for host, one in self._left.items() if host in wanted}
        if not wanted:
            self._asked.clear()
            return
        pending = "an evacuation is not over" if any(flagged.values()) else ""
        notes = {
            node: noted.parse(text) for node, text in self._ports.notes.read(ATTRIBUTE).items()
        }
        cases = self._cases(wanted, causes, flagged)
        told = []
        for one in cases:
            told.append(self._treat(one, notes, waits_for or pending))
            if one.node in self._just:
                notes[one.node] = self._just.pop(one.node)
        self.problems = list(filter(None, told))

    def _cases(
        self,
        wanted: Mapping[NovaHost, Failed],
        causes: Sequence[Cause],
        flagged: Collection[NovaHost],
    ) -> Sequence[_Case]:
        """Those that are disabled by us for it."""
        services, names = self._cloud.services(), self._naming.names
        ailing = {host for cause in causes for host in cause.ailing}
        free = [one.host for one in services if one.schedulable and one.host not in ailing]
        found = []
        for service in services:
            failed, mark = wanted.get(service.host), marker.of_living(service)
            node = names.node_of(service.host)
            if failed is None or mark is None or mark.cause != failed.cause or node is None:
                continue
            others = [host for host in free if host != service.host and host not in flagged]
            found.append(_Case(service, failed, mark.since, node, others, flagged))
        return found

    def _treat(self, one: _Case, notes: _Notes, waits_for: str) -> str:
        """What a person should know."""
        now = self._ports.clock.now()
        done = notes.get(one.node, ())
        if any(each.at >= one.since or now - each.at < noted.DAY for each in done):
            return self._once(one, done, now)
        busy = noted.under_way(notes, now, without=one.node)
        why = waits_for or (f"{busy} is being fenced" if busy else "") or self._hindrance(one)
        if why:
            return _not_fenced(one, why)
        at, why = self._left.get(one.host, (Monotonic(0.0), ""))
        if not why or self._ports.clock.monotonic() - at >= self._settings.look_again:
            why = self._attempt(one, done)
            self._left[one.host] = self._ports.clock.monotonic(), why
        return _not_fenced(one, why) if why else ""

    def _once(self, one: _Case, done: Sequence[Noted], now: float) -> str:
        answer = self._asked.get(one.node)
        if answer is not None and not answer.is_there:
            return f"{one.node} is being fenced for {one.words}"
        try:
            if answer is not None:
                answer.get()
        except VmhaError as error:
            return (
                f"{one.node} was to be fenced for {one.words}, and Pacemaker has not: {error}; to have it "
                f"fenced: pcs stonith fence {one.node}"
            )
        if answer is not None and now - done[-1].at < noted.UNDER_WAY:
            return ""  # what Pacemaker says of it is on its way
        return (
            f"{one.node} was to be fenced before, and is not fenced for {one.words} again: look at it; to "
            f"have it fenced all the same: pcs stonith fence {one.node}"
        )

    def _hindrance(self, one: _Case) -> str:
        if not one.others:
            return "no other host takes instances"
        return self._configured(one, self._naming.configuration)

    def _configured(self, one: _Case, configuration: Configuration) -> str:
        hosts, policy = self._naming.names.hosts_of(one.node), self._cloud.in_force.policy
        return hindrance.of_node(one.node, hosts, configuration, policy.never_fence)

    def _attempt(self, one: _Case, done: Sequence[Noted]) -> str:
        """Why not; "" if it was asked for, or is looked at again at once. What fails for one host keeps no
        other waiting."""
        try:
            read = self._reader.read(one.host, one.node, one.down)
            if read is None:
                return ""
            why = self._against(one, read)
            if not why:
                self._fence(one, read.instances, done)
        except VmhaError as error:
            return str(error)
        return why

    def _against(self, one: _Case, read: Read) -> str:
        if not any(map(lost.runs, read.instances)):
            return "nothing runs there"
        if read.task:
            return read.task
        policy = self._cloud.in_force.policy
        found = list(
            lost.against(
                read.verdicts,
                one.failed,
                policy,
                read.images,
                new_disks=self._settings.new_disks,
            )
        )
        if found:
            return found[0] + (f" (and {len(found) - 1} more)" if found[1:] else "")
        short = hindrance.room(one.host, one.others, self._ports.read_room())
        if short:
            return short
        failures, now = self._ports.failures.read(), self._ports.clock.now()
        hosts, limits = self._cloud.hosts, self._limits
        if hindrance.storms(one.node, one.host, failures, limits, now=now, hosts=hosts):
            return "it would be one failure too many (storm_limit)"
        return ""

    def _fence(self, one: _Case, instances: Sequence[Instance], done: Sequence[Noted]) -> None:
        """Its note and its failure before the request: who comes after a worker that dies in between asks
        for nothing, and tells it."""
        ports, at = self._ports, self._ports.clock.now()
        before = noted.format_all(done)
        every = [*done, Noted(at, one.failed.cause, "+".join(one.failed.names))]
        text = noted.format_all(every)
        ports.notes.write(one.node, ATTRIBUTE, text)
        if not self._is_as_it_was(one, instances):
            self._take_back(one.node, before, text)
            return
        ports.failures.note({one.node: [float(int(at))]})
        self._just[one.node] = every
        running = sum(map(lost.runs, instances))
        ports.say(
            f"{one.host}: Pacemaker is to fence {one.node} for {one.words}; {running} instances run there"
        )
        self._asked[one.node] = ports.aside(partial(ports.cluster.fence, one.node))

    def _take_back(self, node: NodeName, before: str, text: str) -> None:
        if before:
            self._ports.notes.write(node, ATTRIBUTE, before)
        else:
            self._ports.notes.remove(node, ATTRIBUTE, text)

    def _is_as_it_was(self, one: _Case, instances: Sequence[Instance]) -> bool:
        """Nobody has flagged it, nothing is held, it is as ill as it was, and the same run there."""
        nova, host = self._ports.nova, one.host
        if _states(nova.instances_on(host)) != _states(instances):
            return False
        now = next(iter(nova.services(host)), None)
        if now is None or settings_of(now) != settings_of(one.service):
            return False
        if one.failed.cause == marker.PROCESS and (
            now.up or now.updated_at != one.service.updated_at
        ):
            return False
        if one.failed.cause == marker.NETWORK and not self._is_down(host, one.failed.names):
            return False
        return self._is_as_configured(one) and host in self._may([host])

    def _is_as_configured(self, one: _Case) -> bool:
        """Read anew: what people have said since of the node, and whether they have set it right."""
        cluster, naming = self._ports.cluster, self._naming
        configuration, nodes = cluster.configuration(), cluster.nodes()
        state = nodes.get(one.node)
        if state is None or not state.online or state.fenced:
            return False
        given_up = one.node in without_nova_compute(naming.configuration, naming.nodes)
        if given_up and one.node not in without_nova_compute(configuration, nodes):
            return False
        return not self._configured(one, configuration)


def _states(instances: Sequence[Instance]) -> Collection[tuple[str, str, str | None]]:
    return {(one.id, one.vm_state, one.task_state) for one in instances}


def _not_fenced(one: _Case, why: str) -> str:
    return f"{one.node} is not fenced for {one.words}: {why}"
