"""Guests of hosts that live: in each round of the worker those that failed are restarted, or told.

A host's own failure comes first: what runs on one that is flagged is left to its evacuation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from math import inf

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.elsewhere import Elsewhere
from vmha_ocf.living.healing.episode import Episode, named, told
from vmha_ocf.living.healing.host_now import Surroundings, hindrance
from vmha_ocf.living.healing.judgement import at_hand
from vmha_ocf.living.healing.listings import Listings
from vmha_ocf.living.healing.reports import SILENT, Heard, Reported, Reports, Said
from vmha_ocf.living.healing.restarts import KEPT, SOON, Restarts
from vmha_ocf.living.healing.story import Story
from vmha_ocf.living.healing.switched_on import SwitchedOn
from vmha_ocf.living.healing.verdict import Next, Verdict, tell
from vmha_ocf.model import Epoch, Flag, InstanceId, Monotonic, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import planned
from vmha_ocf.proof.naming import Naming

Flagged = Mapping[NovaHost, Flag]
Judged = Sequence[tuple[Case, Verdict]]

FOLLOWING = 1.0
"""Seconds between two looks at a restart, or at what it waits for."""
PATIENCE = 10.0
"""Seconds after which is told what a restart waits for."""
SHOWN = 3
"""Instances that have a sentence each."""


class Guests:
    """``may``: see Restarts. ``without_storage``: the nodes that have lost theirs."""

    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        cloud: Cloud,
        naming: Naming,
        *,
        me: str,
        may: Callable[[Collection[NovaHost]], Collection[NovaHost]],
        elsewhere: Elsewhere,
        without_storage: Callable[[], Collection[NodeName]] = tuple,
    ) -> None:
        self.told: Mapping[InstanceId, str] = {}
        self.pause = inf
        """Seconds after which to look again."""
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self._naming = naming
        self._switched_on = SwitchedOn(ports, NodeName(me))
        self._reports = Reports(ports)
        self._listings = Listings(ports, settings, cloud)
        self._without_storage = without_storage
        self._restarts = Restarts(ports, may)
        self._elsewhere = elsewhere
        self._story = Story(ports, self._restarts.asked)
        self._heard = Heard(ports.clock, cloud.in_force)
        self._waits: tuple[str, Monotonic] = ("", Monotonic(0.0))
        """What nothing may be begun for, and since when."""
        self._busy: Collection[NovaHost] = ()
        """Hosts of which something changes soon."""
        self._said: set[str] = set()

    @property
    def is_on(self) -> bool:
        """The policy asks for something."""
        return self._cloud.in_force.policy.asks_about_guests

    @property
    def problems(self) -> Sequence[str]:
        every = list(self.told.values())
        more = len(every) - SHOWN
        rest = f"{more} more instances are down and not restarted: NovaEvacuate's log names them"
        shown = [*every[:SHOWN], rest] if more > 0 else every
        if not self.is_on:
            return shown
        return [*self._reports.problems.values(), *self._listings.problems, *shown]

    def poll(self) -> Hashable:
        """Differs if a host says something else. Raises FlagsUnavailable."""
        return frozenset(self._ports.notes.read_passing(ATTRIBUTE).items()) if self.is_on else None

    def look(self, flags: Flagged, *, waits_for: str) -> None:
        """``waits_for``: why nothing new may be begun; "" if it may. Raises what Notes and Nova raise."""
        self.pause, self.told = inf, {}
        if not self.is_on:
            self._end_moves(flags)
            self._story.off()
            self._switched_on.off()
            self._busy = ()
            self._heard.off()
            return
        since = self._switched_on.since()
        reports = self._reports.read(self._naming.nodes)
        self._heard.hear(reports)
        moved = self._move_on(flags, reports)
        troubled = self._by_host(reports, flags)
        self._listings.look({host: said.text for host, said in troubled.items()}, self._busy)
        listed = self._listings.listed
        cases = [
            Case(listed[host][one], trouble)
            for host, said in troubled.items()
            for one, trouble in self._heard.troubles(said).items()
            if one in listed.get(host, {}) and one not in moved
        ]
        self._listings.look_up([one.instance for one in cases])
        cases = [replace(one, wish=self._listings.wish(one)) for one in cases]
        judged = [(one, self._judge(one, since)) for one in cases]
        current = {one.episode for one in cases}.union(moved.values())
        self._restarts.only(current)
        self._follow(current, reports, flags)
        waiting = [one for one, verdict in judged if verdict.next is Next.RESTART]
        self._restart(waiting, may_begin=not waits_for)
        self._begin_moves(cases, may_begin=not waits_for)
        self._story.look(self._tell(judged, self._long(waits_for)))
        heard = {host for node in reports for host in self._naming.names.hosts_of(node)}
        self._story.end(current, heard, flags, listed)
        self.told = {**self._story.left, **self.told, **self._elsewhere.told}
        self._say_new()
        self._note_busy(judged)
        self._heard.leave((one.episode for one, it in judged if it.next is Next.LEAVE), reports)

    def _by_host(self, reports: Reported, flags: Flagged) -> Mapping[NovaHost, Said]:
        """Those that tell of trouble, or where a restart is under way, or has left something. A report
        counts for the hosts of its own node alone, and for none that is flagged."""
        troubles = self._heard.troubles
        if any(map(troubles, reports.values())) and self._naming.words.listed is None:
            self._cloud.services()  # tells which hosts there are
        names = self._naming.names
        self._reports.note_nameless(names.hosts_of, reports)
        open_hosts = self._story.hosts | {case.instance.host for case in self._restarts.open}
        told = {
            host: said
            for node, said in reports.items()
            for host in names.hosts_of(node)
            if host not in flags and (troubles(said) or host in open_hosts)
        }
        flagged = {host for host, flag in flags.items() if flag.pending}
        return {**dict.fromkeys(self._story.hosts - flagged, SILENT), **told}

    def _judge(self, case: Case, since: Epoch) -> Verdict:
        found = at_hand(
            case.trouble,
            case.instance,
            case.wish,
            self._cloud.in_force.policy.guests,
            lasted=self._heard.lasted(case.episode),
            healing_since=since,
            asked=self._restarts.asked(case.episode),
        )
        if found.next is not Next.RESTART:
            return found
        return self._restarts.settled(case.episode) or self._hindrance(case) or found

    def _hindrance(self, case: Case) -> Verdict | None:
        """Raises NovaUnavailable, NovaDenied."""
        node = self._naming.names.node_of(case.instance.host)
        kept = node is not None and planned.is_in_maintenance(node, self._naming.configuration)
        around = Surroundings(self._cloud.services(), kept, self._without_storage())
        return hindrance(case, node, around)

    def _follow(self, current: Collection[object], reports: Reported, flags: Flagged) -> None:
        """Restarts that are over, and those that somebody else has to care for now."""
        for case in self._restarts.open:
            host = case.instance.host
            if host in flags:
                self._restarts.end(case.episode)
                self._ports.say(
                    f"{named(case.instance)} was being restarted: {host} is flagged, which comes first"
                )
            elif self._naming.names.node_of(host) in reports and case.episode not in current:
                self._end(case)

    def _end(self, case: Case) -> None:
        """The host tells of it no more."""
        listed = self._listings.listed.get(case.instance.host)
        if listed is None:
            return
        one = listed.get(case.instance.id)
        if one is not None and one.task_state is not None:
            return
        seconds = self._restarts.end(case.episode)
        if one is not None and one.vm_state == "active":
            self._ports.say(
                f"{named(one)} runs again, {seconds:.1f} s after its restart was asked for"
            )

    def _long(self, waits_for: str) -> Verdict | None:
        """What is to be restarted has waited for the same for a while."""
        now = self._ports.clock.monotonic()
        if waits_for != self._waits[0]:
            self._waits = waits_for, now
        return tell(waits_for) if waits_for and now - self._waits[1] >= PATIENCE else None

    def _tell(self, judged: Judged, waiting: Verdict | None) -> Judged:
        """With what was found right before a request, where it was, or what they wait for."""
        before = self._restarts.told_before
        found = [
            (case, (it.next is Next.RESTART and (before(case.episode) or waiting)) or it)
            for case, it in judged
        ]
        self.told = {
            case.instance.id: told(case.instance, case.trouble.kind, verdict.why)
            for case, verdict in found
            if verdict.next is Next.TELL
        }
        return found

    def _say_new(self) -> None:
        for sentence in self.told.values():
            if sentence not in self._said:
                self._ports.say(sentence)
        self._said = set(self.told.values())

    def _restart(self, waiting: Sequence[Case], *, may_begin: bool) -> None:
        """The most important first."""
        if not waiting or not may_begin:
            return
        rules = self._cloud.in_force.policy.guests
        waiting = sorted(waiting, key=lambda one: order_key(one.instance, self._settings))
        tried = self._restarts.run(waiting, rules)
        until_next = self._restarts.until_next(rules)
        if until_next > 0 or tried < len(waiting):
            self.pause = min(FOLLOWING, until_next or FOLLOWING)

    def _end_moves(self, flags: Flagged) -> None:
        """Nothing is asked about guests any more."""
        self._recall_moves()
        if self._elsewhere.is_busy:
            self._move_on(flags, self._reports.read(self._naming.nodes))
        self._say_new()

    def _recall_moves(self) -> None:
        noted = map(self._elsewhere.is_noted, self._naming.configuration.attributes.values())
        if self._cloud.in_force.policy.moves_guests or any(noted):
            self._elsewhere.recall()

    def _move_on(self, flags: Flagged, reports: Reported) -> Mapping[InstanceId, Episode]:
        """What was begun goes on, whatever the policy says by now; those that are still on their way."""
        self._recall_moves()
        elsewhere = self._elsewhere
        if not elsewhere.is_busy:
            return {}
        down = {one for said in reports.values() for one in said.troubles}
        for turned in elsewhere.look(flags, down):
            self._story.turn(turned)
        self.pause, self.told = min(self.pause, elsewhere.pause), elsewhere.told
        return elsewhere.open

    def _begin_moves(self, cases: Sequence[Case], *, may_begin: bool) -> None:
        """Of those that were restarted often enough: this is found right before one more restart."""
        found = {one.episode: self._restarts.settled(one.episode) for one in cases}
        turn = [one for one in cases if (it := found[one.episode]) and it.next is Next.MOVE]
        if not turn or not may_begin:
            return
        turn = sorted(turn, key=lambda one: order_key(one.instance, self._settings))
        rules, names = self._cloud.in_force.policy.guests, self._naming.names
        judge = self._restarts.judge
        begun = self._elsewhere.begin(
            turn, names.node_of, lambda one, asked: judge(one, asked, rules)
        )
        for episode, verdict in begun.items():
            if verdict.next is not Next.MOVE:
                kept = KEPT if verdict.next is Next.LEAVE or not verdict.soon else SOON
                self._restarts.settle(episode, verdict, kept)
        self.pause = min(self.pause, FOLLOWING)

    def _note_busy(self, judged: Judged) -> None:
        moving = (Next.RESTART, Next.MOVE, Next.WAIT)
        busy = {
            case.instance.host
            for case, verdict in judged
            if verdict.next in moving or verdict.soon
        }
        self._busy = busy | {case.instance.host for case in self._restarts.open}
        if self._busy or self._listings.problems:
            self.pause = min(self.pause, FOLLOWING)
