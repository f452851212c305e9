"""One host's part of a round: what was read -> steps, as values. Pure.

The order of reading is part of the contract: the instances first, then the records. An instance
that is listed without a record in flight therefore had none when it was listed, or has just ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records, server_groups, tagging
from vmha_ocf.cloud.policy.matching import Excluded
from vmha_ocf.cloud.records import Found
from vmha_ocf.evacuation import moving
from vmha_ocf.evacuation.memory import Memory, gone, of_record
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.evacuation.pace import Allowance
from vmha_ocf.evacuation.steps import Evacuate, Finish, Reset, Step, Stop
from vmha_ocf.evacuation.verdict import Next, Situation, Verdict, judge
from vmha_ocf.evacuation.view import View
from vmha_ocf.model import (
    Evacuation,
    Instance,
    InstanceId,
    Monotonic,
    NovaHost,
)

_PENDING = frozenset({Next.EVACUATE, Next.RESET, Next.IN_FLIGHT, Next.WAIT})
_KEEP = frozenset({Next.RETRY, Next.REPORT, Next.UNKNOWN})
_REQUESTED = frozenset({Next.EVACUATE, Next.RESET})
_LOOSE = frozenset({Next.LEAVE, Next.WAIT})
_MAY_BE_ELSEWHERE = frozenset({Next.REPORT, Next.EVACUATE, Next.RETRY, Next.WAIT})


@dataclass(frozen=True, slots=True)
class Plan:
    steps: Sequence[Step]
    verdicts: Sequence[Verdict]
    in_flight: int
    """Evacuations that Nova may be working on."""
    stuck: int
    """Those among them that seem to go nowhere: they load nobody."""
    busy_groups: Collection[str] = ()
    """Server groups of which a member is on its way once the steps are made."""
    left_alone: Sequence[Verdict] = ()
    """Somebody is told that these are not evacuated, and may replace them."""

    @property
    def counts(self) -> Mapping[Next, int]:
        return Counter(verdict.next for verdict in self.verdicts)

    @property
    def told(self) -> Sequence[Verdict]:
        """What a person should see."""
        return [verdict for verdict in self.verdicts if verdict.told]

    @property
    def summary(self) -> str:
        """How many instances are at what: for people."""
        counts = self.counts
        return ", ".join(f"{counts[one]} {one.value}" for one in Next if counts.get(one))

    @property
    def has_more(self) -> bool:
        """Instances that could be asked for, were it allowed."""
        return bool(self.counts.get(Next.EVACUATE) or self.counts.get(Next.RESET))

    @property
    def is_over(self) -> bool:
        """Nothing of ours seems to be left."""
        return any(isinstance(step, Finish) for step in self.steps)

    @property
    def is_loose(self) -> bool:
        """Nothing goes on, and nothing is left to be asked for: so it seems."""
        return not self.in_flight and set(self.counts) <= _LOOSE

    @property
    def load(self) -> int:
        """Evacuations that Nova works on once the steps are made."""
        asked = sum(isinstance(step, Evacuate) for step in self.steps)
        return self.in_flight - self.stuck + asked


@dataclass(frozen=True, slots=True)
class Survey:
    """How the instances of one host stand, before anybody decides how many requests there is room for."""

    view: View
    situation: Situation
    verdicts: Sequence[Verdict]
    found: Found
    flying: frozenset[InstanceId]
    groups: Mapping[InstanceId, str]

    @property
    def stuck(self) -> int:
        return sum(one.next is Next.IN_FLIGHT and one.told for one in self.verdicts)

    @property
    def load(self) -> int:
        """Evacuations off this host that Nova works on."""
        return len(self.flying) - self.stuck

    @property
    def has_requests(self) -> bool:
        """Something is to be asked for, if there is room."""
        return any(one.next in _REQUESTED for one in self.verdicts)

    @property
    def only_in_vain(self) -> bool:
        """Nothing is to be asked for that was not asked for in vain."""
        return all(one.in_vain for one in self.verdicts if one.next in _REQUESTED)

    @property
    def to_ask(self) -> Mapping[InstanceId, Collection[NovaHost]]:
        """Of those that were on their way, hosts that may know that it does not run there."""
        situation = self.situation
        found = {
            one.instance.id: moving.to_ask(
                one.instance,
                situation.moves.get(one.instance.id),
                situation.off,
                situation.since,
            )
            for one in self.verdicts
            if one.next in _MAY_BE_ELSEWHERE and self._is_doubtful(one.instance)
        }
        return {one: hosts for one, hosts in found.items() if hosts}

    def _is_doubtful(self, instance: Instance) -> bool:
        moves = self.situation.moves.get(instance.id)
        return moving.is_doubtful(instance, moves, self.found.get(instance.id, ()))

    @property
    def busy_groups(self) -> frozenset[str]:
        """Anti-affinity groups of which a member is on its way. One that goes nowhere holds up nobody."""
        return frozenset(
            self.groups[one.instance.id]
            for one in self.verdicts
            if one.next is Next.IN_FLIGHT
            and not one.told
            and one.instance.id in self.groups
            and not self._is_lost(one.instance.id)
        )

    def _is_lost(self, instance: InstanceId) -> bool:
        """Nova has chosen no host for it in all the time that a request takes."""
        for record in records.at_work(self.found.get(instance, ()), self.situation.off):
            return record.dest is None and self._settled(instance, record)
        return False

    def _settled(self, instance: InstanceId, record: Evacuation) -> bool:
        situation = self.situation
        watched = situation.memory.watched(instance, of_record(record), situation.now)
        return watched >= situation.settings.settle


def survey(view: View, *, settings: Settings, memory: Memory, now: Monotonic) -> Survey:
    """One claimed host that is forced down, instance by instance. ``now`` is monotonic."""
    found = records.by_instance(view.reading.evacuations)
    excluded = excluded_still(view, found, memory)
    situation = Situation(
        now,
        settings,
        view.around.off,
        memory,
        since=view.flag.proved_at,
        began=view.began,
        destinations=view.around.destinations,
        alive=view.alive,
        moves=view.reading.moves,
        words=view.around.words,
        suspects=view.reading.suspects,
        excluded=excluded.by,
        notify=excluded.told,
        bound=server_groups.bound(view.around.groups, (one.id for one in view.reading.instances)),
    )
    verdicts = [
        judge(
            instance,
            _choice(instance, view, settings, excluded),
            found.get(instance.id, ()),
            situation,
        )
        for instance in view.reading.instances
    ]
    flying = _in_flight(verdicts, found, situation)
    return Survey(
        view, situation, verdicts, found, flying, server_groups.spaced(view.around.groups)
    )


def plan_steps(seen: Survey, allowance: Allowance, busy_groups: Collection[str] = ()) -> Plan:
    """The steps for one host. ``busy_groups``: of which a member is on its way off another host."""
    view, settings, memory = seen.view, seen.situation.settings, seen.situation.memory
    allowed = min(allowance.requests, allowance.per_host - seen.load)
    busy = set(seen.busy_groups)
    stops = list(_stops(view, seen.found, memory, settings))
    waits = allowance.doubtful and any(one.alone for one in seen.verdicts)
    idle = not (stops or seen.flying or waits)
    over = idle and _is_over(view, seen.verdicts, seen.situation)
    requests = [] if over else list(_requests(seen, busy | {*busy_groups}, allowed))
    steps: list[Step] = [Finish(view.flag)] if over else [*stops, *requests]
    busy |= {seen.groups[step.instance.id] for step in requests if step.instance.id in seen.groups}
    left = () if waits else [one for one in seen.verdicts if one.alone]
    return Plan(steps, seen.verdicts, len(seen.flying), seen.stuck, busy, left)


def excluded_still(view: View, found: Found, memory: Memory) -> Excluded:
    """Who is excluded now, and nobody has asked for since the host died: what we have begun is ours to its
    end, whatever the policy says meanwhile, or an attempt that failed would stay as it is."""
    began = view.began or view.flag.proved_at
    begun = {one for one, newest in found.items() if records.is_since(newest[0], began)}
    return view.reading.excluded.without({*begun, *memory.was_reset, *memory.may_reset})


def _choice(
    instance: Instance, view: View, settings: Settings, excluded: Excluded
) -> tagging.Choice:
    reading = view.reading
    return tagging.choose(instance, settings, reading.images, reading.anything_marked, excluded)


def plan_host(
    view: View, *, settings: Settings, memory: Memory, now: Monotonic, allowance: Allowance
) -> Plan:
    """Both at once, for a host that nobody shares the room with."""
    return plan_steps(survey(view, settings=settings, memory=memory, now=now), allowance)


def _in_flight(
    verdicts: Sequence[Verdict], found: Found, situation: Situation
) -> frozenset[InstanceId]:
    """Evacuations off this host that Nova may be working on.

    That of an instance which is not listed here any more ends at once (Nova saves its new host
    just before the record) or never (it was deleted meanwhile): it counts only for a while.
    """
    listed = {one.instance.id for one in verdicts}
    flying = {one.instance.id for one in verdicts if one.next is Next.IN_FLIGHT}
    for instance in found.keys() - listed:
        for record in records.at_work(found[instance], situation.off):
            gone_for = situation.memory.watched(instance, gone(record), situation.now)
            if gone_for < situation.settings.settle:
                flying.add(instance)
    return frozenset(flying)


def _stops(view: View, found: Found, memory: Memory, settings: Settings) -> Iterator[Step]:
    """A done record is written after the new host is saved: what is still listed is not there."""
    listed = {one.id for one in view.reading.instances}
    for instance in memory.was_off.values():
        ours = tagging.choose(
            instance, settings, view.reading.images, view.reading.anything_marked
        )
        newest = next(iter(found.get(instance.id, ())), None)
        moved = newest is not None and newest.status == "done" and instance.id not in listed
        if moved and ours is tagging.Choice.EVACUATE:
            yield Stop(instance)


def _requests(seen: Survey, busy: set[str], allowed: int) -> Iterator[Evacuate | Reset]:
    """By order, one member of an anti-affinity group at a time, whichever hosts they come from.

    Nova re-checks the group on the destination; members asked for together lose that race. What was
    asked for in vain comes after all others: again and again, it would keep them from their turn.
    """
    groups, settings = seen.groups, seen.situation.settings
    ready = [one for one in seen.verdicts if one.next in _REQUESTED]

    def turn(verdict: Verdict) -> tuple[bool, tuple[int, int, str]]:
        return verdict.in_vain, order_key(verdict.instance, settings)

    for verdict in sorted(ready, key=turn):
        group = groups.get(verdict.instance.id)
        if allowed <= 0:
            return
        if group in busy:
            continue
        if group:
            busy.add(group)
        allowed -= 1
        step = Evacuate if verdict.next is Next.EVACUATE else Reset
        yield step(verdict.instance)


def _is_over(view: View, verdicts: Sequence[Verdict], situation: Situation) -> bool:
    """Listed again in this round, and nothing of ours left that we could move.

    What Nova does not evacuate (or has had no room for, again and again), and what nobody could tell
    whether it is ours, keeps the flag only as long as its host is away: then coming back with it is
    the best that can happen to an instance. The next attempt in vain is not waited for: where Nova is
    slow, one or another is always due.
    """
    if not view.reading.fresh:
        return False
    kinds = {Next.REPORT if one.in_vain else one.next for one in verdicts}
    if kinds & _PENDING or any(one.next is Next.RETRY and not one.told for one in verdicts):
        return False
    if not kinds & _KEEP:
        return True
    settings, looked_at = situation.settings, situation.now - situation.memory.first_seen
    patience = settings.unknown_after if Next.UNKNOWN in kinds else settings.back_after
    return view.around.node_back and looked_at >= patience
