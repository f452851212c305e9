"""What to do about one instance of a dead host, now. Pure.

The rule above all others: no request while an earlier one may still be working (Nova accepts a
second evacuate and can leave two copies running). The sources are Nova's records, read after the
instance was, and what this worker itself has asked for since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import poison, records, task_states
from vmha_ocf.cloud.records import Off
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.evacuation import moving
from vmha_ocf.evacuation.memory import ASKED, REBUILDING, Memory, of_record
from vmha_ocf.evacuation.moving import Words
from vmha_ocf.model import NEVER, Epoch, Evacuation, Instance, InstanceId, Monotonic, Move

_EVACUABLE_STATES = frozenset({"active", "stopped", "error"})
"""Nova, compute/api.py evacuate: everything else is answered with 409."""
_RESET_STATES = frozenset({"paused", "suspended", "rescued"})
"""Their memory died with the host; nothing of them is lost by a reset to error."""


class Next(Enum):
    LEAVE = "leave"
    """Not ours: no mark, opted out, being deleted."""
    UNKNOWN = "unknown"
    """Whether it is ours could not be looked up."""
    EVACUATE = "evacuate"
    RESET = "reset"
    IN_FLIGHT = "in flight"
    WAIT = "wait"
    """Until it is clear that nothing is in flight."""
    RETRY = "retry"
    """An attempt failed, or there is no host to take it; the next one has its time."""
    REPORT = "report"
    """It is not evacuated as it is. It is looked at again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    instance: Instance
    next: Next
    reason: str = ""
    told: bool = False
    """A person should see it: it will not end by itself soon."""
    alone: bool = False
    """The policy leaves it to whoever is told."""

    @property
    def in_vain(self) -> bool:
        """It is to be asked for once more, after Nova has refused it, or failed it again and again."""
        return self.told and self.next in (Next.EVACUATE, Next.RESET)


@dataclass(frozen=True, slots=True)
class Situation:
    """What judging needs beside the instance: the time, the rules, the hosts, the memory."""

    now: Monotonic
    settings: Settings
    off: Off
    memory: Memory
    since: Epoch = NEVER
    """When the host was proved to be off, in seconds since the epoch; 0 if nobody told."""
    began: Epoch = NEVER
    """When it was proved so first, where it was fenced again before its return; 0 is at ``since``."""
    destinations: bool = True
    """There is a host that could take an instance, or nobody knows."""
    alive: bool = False
    """nova-compute runs on the host again: it is not proved to be off any more."""
    moves: Mapping[InstanceId, Sequence[Move]] = field(default_factory=dict)
    """Of the instances that were on their way to another host; without those not looked up yet."""
    words: Words = field(default_factory=dict)
    """What the destinations of those have answered."""
    bound: Collection[InstanceId] = ()
    """Members of affinity groups that have nobody outside of this host."""
    suspects: poison.Past = field(default_factory=dict)
    """Instances that may be what killed the host."""
    excluded: Mapping[InstanceId, str] = field(default_factory=dict)
    """By the policy, and why."""
    notify: Collection[InstanceId] = ()
    """Those of them that somebody is told of."""

    def settled(self, instance: Instance, what: str) -> bool:
        """Whatever Nova could still do about it, it would have shown by now."""
        return self.memory.watched(instance.id, what, self.now) >= self.settings.settle

    def waited(self, instance: Instance, what: str) -> float:
        return self.memory.waited(instance.id, what, self.now)


def judge(
    instance: Instance, choice: Choice, found: Sequence[Evacuation], situation: Situation
) -> Verdict:
    """The verdict on one instance that Nova lists on the dead host.

    What comes first wins: what Nova is at, its owner's will, whether it is ours, what only a person
    can decide, what is to be waited for, and at last its state.
    """
    return (
        _flying(instance, found, situation)
        or _asked(instance, found, situation)
        or _not_ours(instance, choice, found, situation)
        or _kept(instance, found, situation)
        or _unsettled(instance, found, situation)
        or _retry(instance, found, situation)
        or _by_state(instance, found, situation)
    )


def _flying(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    for record in _at_work(instance, found, situation):
        age = situation.waited(instance, of_record(record))
        stuck = age >= situation.settings.stuck_after
        where = f"on {record.dest}" if record.dest else "nowhere yet"
        reason = f"evacuation {record.id} is {record.status}, {where}"
        if stuck:
            # The same words in each round: what changes is told anew.
            most = situation.settings.stuck_after
            reason += (
                f", for {most:.0f} s and more; it is never repeated while Nova may work on it"
            )
        return Verdict(instance, Next.IN_FLIGHT, reason, told=stuck)
    return None


def _at_work(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Iterator[Evacuation]:
    """Also a "completed" one: a restart of the source says so while the destination works on, or has
    not even begun. The instance is still here, so nobody has moved it since its host went off. That the
    destination has died ends only what it had begun: what waits in its queue begins when it is back."""
    completed = records.completed(found)
    if completed is not None:
        began = situation.began or situation.since
        known = began > 0.0 and records.is_since(completed, began)
        started_early = task_states.is_rebuilding(instance) or known
        seen = completed.id in situation.memory.begun
        begun = seen or task_states.is_being_rebuilt(instance)
        if started_early and not (begun and records.destination_died(completed, situation.off)):
            yield completed
    yield from records.at_work(found, situation.off)


def _asked(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    known = situation.memory.asked.get(instance.id)
    if known is None or (found and found[0].id > known) or situation.settled(instance, ASKED):
        return None
    return Verdict(instance, Next.IN_FLIGHT, "asked for; Nova has no record of it yet")


def _not_ours(
    instance: Instance, choice: Choice, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    if task_states.is_being_deleted(instance):
        return Verdict(instance, Next.LEAVE, "is being deleted")
    if choice is Choice.UNKNOWN:
        return Verdict(instance, Next.UNKNOWN, "its marks could not be looked up", told=True)
    if choice is Choice.EXCLUDED:
        return _excluded(instance, found, situation)
    if choice is not Choice.EVACUATE:
        return Verdict(instance, Next.LEAVE, choice.value)
    return None


def _excluded(instance: Instance, found: Sequence[Evacuation], situation: Situation) -> Verdict:
    """Only a person replaces what may run elsewhere, or on its host again, or may have been asked for."""
    why = situation.excluded[instance.id]
    if instance.id not in situation.notify:
        return Verdict(instance, Next.LEAVE, why)
    if situation.alive:
        why = f"nova-compute runs on its host again, and so nobody was told to replace it; {why}"
        return Verdict(instance, Next.LEAVE, why, told=True)
    waits = _on_its_way(instance, found, situation) or _unsettled(instance, found, situation)
    return waits or Verdict(instance, Next.LEAVE, why, alone=True)


def _kept(instance: Instance, found: Sequence[Evacuation], situation: Situation) -> Verdict | None:
    """What would do harm, or be in vain, however often it is tried."""
    if told := _on_its_way(instance, found, situation):
        return told
    if task_states.starts_at_return(instance):
        return Verdict(instance, Next.REPORT, _waits_to_start(instance), told=True)
    if instance.id in situation.suspects:
        past, window = situation.suspects[instance.id], situation.settings.poison_window
        return Verdict(instance, Next.REPORT, poison.why(instance, past, window), told=True)
    if instance.id in situation.bound:
        return Verdict(instance, Next.REPORT, _affine(instance), told=True)
    return None


def _on_its_way(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    moves, words = situation.moves.get(instance.id), situation.words
    if moves is None and moving.may_have_failed(instance):
        what = "whether a live migration has left it in error could not be looked up"
        return Verdict(instance, Next.UNKNOWN, what, told=True)
    if not moving.is_doubtful(instance, moves, found):
        return None
    where = moving.elsewhere(instance, moves, situation.off, situation.since, words)
    if where is None:
        return None
    return Verdict(instance, Next.REPORT, moving.why(instance, where, words), told=True)


def _waits_to_start(instance: Instance) -> str:
    return (
        f"it is {instance.task_state}: that waits for nova-compute of its host, which starts it when it "
        "returns, as a second copy if it were evacuated"
    )


def _affine(instance: Instance) -> str:
    return (
        "its server group (affinity) allows Nova no other host: move it by force, and the others of "
        "the group follow: nova --os-compute-api-version 2.67 evacuate --force "
        f"{instance.id} HOST"
    )


def _unsettled(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    settings, memory = situation.settings, situation.memory
    if memory.inherited and memory.watched_all(situation.now) < settings.settle:
        return Verdict(instance, Next.WAIT, "an earlier worker may have just asked for it")
    if situation.now - memory.first_seen < settings.evacuate_delay:
        return Verdict(instance, Next.WAIT, f"evacuate_delay of {settings.evacuate_delay:.0f} s")
    if task_states.is_rebuilding(instance) and not situation.settled(instance, REBUILDING):
        return Verdict(instance, Next.WAIT, "is rebuilding without a record of it")
    done = found and found[0].status == "done"
    if done and not situation.settled(instance, of_record(found[0])):
        return Verdict(instance, Next.WAIT, "done; not shown on its new host yet")
    return None


def _retry(
    instance: Instance, found: Sequence[Evacuation], situation: Situation
) -> Verdict | None:
    settings, failed = situation.settings, _failed(instance, found, situation)
    if not failed:
        return None
    delay = min(settings.retry_first * 2.0 ** min(failed - 1, 20), settings.retry_most)
    if situation.waited(instance, of_record(found[0])) >= delay:
        return None
    told = failed >= settings.report_after
    return Verdict(instance, Next.RETRY, _why_failed(found[0], failed), told=told)


def _failed(instance: Instance, found: Sequence[Evacuation], situation: Situation) -> int:
    """How many attempts have failed, up to the newest."""
    # What came after a request of ours is its own, whatever the clocks say.
    since = NEVER if instance.id in situation.memory.asked else situation.since
    return records.failures(found, situation.off, since)


def _why_failed(newest: Evacuation, failed: int) -> str:
    failed_it = f"{newest.dest} failed it" if newest.dest else f"it was {newest.status}"
    why = "Nova found no host for it" if newest.status == "error" else failed_it
    return f"{why} (attempt {failed}); the next attempt follows"


def _by_state(instance: Instance, found: Sequence[Evacuation], situation: Situation) -> Verdict:
    settings = situation.settings
    refused_at, refused = situation.memory.refused.get(instance.id, (0.0, ""))
    blocked = _is_blocked(instance, refused, situation)
    if refused and not blocked and situation.now - refused_at < settings.look_again:
        return Verdict(instance, Next.REPORT, refused, told=True)
    if instance.image is not None and not settings.rebuild_from_image:
        return Verdict(instance, Next.REPORT, "its disk is on the dead host", told=True)
    resets = _RESET_STATES if settings.recover_states else frozenset()
    if instance.vm_state not in _EVACUABLE_STATES | resets:
        reason = f"Nova does not evacuate it while {instance.vm_state}"
        return Verdict(instance, Next.REPORT, reason, told=True)
    if situation.alive:
        reason = "nova-compute runs on its host again: not evacuated without a new fencing"
        return Verdict(instance, Next.REPORT, reason, told=True)
    if not situation.destinations:
        return Verdict(instance, Next.RETRY, "no other compute host is up", told=True)
    if blocked:
        return _reset(instance, f"was {task_states.reset_for(instance)}", situation)
    # What was refused, or has failed for long, is told until it is under way.
    vain = refused or _long_in_vain(instance, found, situation)
    if instance.vm_state in resets:
        reason = vain or f"was {instance.vm_state}"
        return _reset(instance, reason, situation, told=bool(vain))
    return Verdict(instance, Next.EVACUATE, vain, told=bool(vain))


def _reset(
    instance: Instance, reason: str, situation: Situation, *, told: bool = False
) -> Verdict:
    """Once: a second one would hide that the first is still on its way, and breaks the evacuation that
    follows when it comes."""
    sent_at = situation.memory.may_reset.get(instance.id)
    if sent_at is not None and situation.now - sent_at < situation.settings.settle:
        reason = "a request to reset it got no clear answer: it may still come"
        return Verdict(instance, Next.WAIT, reason)
    return Verdict(instance, Next.RESET, reason, told=told)


def _long_in_vain(instance: Instance, found: Sequence[Evacuation], situation: Situation) -> str:
    failed = _failed(instance, found, situation)
    return _why_failed(found[0], failed) if failed >= situation.settings.report_after else ""


def _is_blocked(instance: Instance, refused: str, situation: Situation) -> bool:
    """By a task_state that died with the host, in a Nova that looks at it (docs/compatibility.rst).

    Only a reset ends it, and one is enough. Nothing is in flight here: that was judged before."""
    if not situation.settings.recover_states or instance.id in situation.memory.was_reset:
        return False
    return instance.task_state is not None and f"task_state {instance.task_state}" in refused
