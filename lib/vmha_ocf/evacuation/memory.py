"""What one worker remembers of one host between rounds. Values in monotonic seconds. Pure.

It paces, and it knows of a request before Nova shows a record of it. Losing it costs time, never
safety: a worker that finds the host forced down already first waits until everything that an
earlier one could have asked for would be visible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vmha_ocf.cloud import records, task_states
from vmha_ocf.cloud.records import Found, Off
from vmha_ocf.model import Evacuation, Instance, InstanceId, Monotonic

ASKED = "asked"
REBUILDING = "rebuilding"


@dataclass(frozen=True, slots=True)
class Memory:
    first_seen: Monotonic
    inherited: bool = False
    """The host was forced down already: an earlier worker may have asked for anything."""
    watching: Monotonic | None = None
    """Since when Nova has been answering. What it cannot have shown us meanwhile, a request that
    waited in its queues, for example, can only be missed from then on."""
    looked: Monotonic = Monotonic(0.0)
    missed: bool = False
    """Nova did not answer since we last looked."""
    asked: Mapping[InstanceId, int] = field(default_factory=dict)
    """Requests of ours, answered or not: the newest record known before each."""
    refused: Mapping[InstanceId, tuple[Monotonic, str]] = field(default_factory=dict)
    was_reset: frozenset[InstanceId] = frozenset()
    """Instances that were reset to error."""
    may_reset: Mapping[InstanceId, Monotonic] = field(default_factory=dict)
    """When a request to reset them was sent that got no clear answer: it may come later."""
    noticed: Mapping[tuple[InstanceId, str], Monotonic] = field(default_factory=dict)
    """When something about an instance was first seen."""
    was_off: Mapping[InstanceId, Instance] = field(default_factory=dict)
    """Instances that Nova will start although they were stopped: an attempt failed, so they are
    in error, which Nova brings back active. Or they were just being stopped."""
    off_again: frozenset[InstanceId] = frozenset()
    """Those among them that are off where they are now, or were asked to be: once is enough."""
    begun: frozenset[int] = frozenset()
    """Records that were seen while their destination worked on them. Of any other one nobody knows whether
    it has left the queue of its destination."""
    slept: frozenset[InstanceId] = frozenset()
    """Instances that were seen suspended: libvirt calls that off, too, but they ran."""

    def waited(self, instance: InstanceId, what: str, now: Monotonic) -> float:
        """Seconds since ``what`` was first noticed; 0 if it is new."""
        return now - self.noticed.get((instance, what), now)

    def watched(self, instance: InstanceId, what: str, now: Monotonic) -> float:
        """As ``waited``, but only as far as Nova has been answering."""
        return min(self.waited(instance, what, now), self.watched_all(now))

    def watched_all(self, now: Monotonic) -> float:
        return 0.0 if self.watching is None else now - self.watching

    def no_answer(self) -> Memory:
        return replace(self, missed=True)

    def reminded(self, was: Mapping[InstanceId, str]) -> Memory:
        """``was``: what instances were, as an earlier worker noted it before it changed them."""
        slept = {one for one, state in was.items() if state == "suspended"}
        return replace(self, slept=self.slept | slept)

    def look(
        self,
        instances: Sequence[Instance],
        found: Found,
        off: Off,
        *,
        now: Monotonic,
        settle: float,
    ) -> Memory:
        """After an answer: new conditions get their time, those that ended are forgotten."""
        current = _conditions(instances, found, off)
        current.update((instance, ASKED) for instance in self.asked)
        slept = self.slept | {one.id for one in instances if one.vm_state == "suspended"}
        begun = {
            one.id for each in found.values() for one in each if one.status == "pre-migrating"
        }
        silence = self.missed and now - self.looked > settle
        return replace(
            self,
            watching=now if self.watching is None or silence else self.watching,
            looked=now,
            missed=False,
            noticed={key: self.noticed.get(key, now) for key in current},
            was_off={**self.was_off, **_turned_off(instances, slept)},
            begun=self.begun | begun,
            slept=slept,
        )

    def ask(self, instances: Iterable[InstanceId], found: Found) -> Memory:
        """Before requests are sent. Their time to settle begins with the first look after them."""
        asked = {one: found[one][0].id if found.get(one) else 0 for one in instances}
        over = {(one, what) for one in asked for what in (ASKED, REBUILDING)}
        noticed = {key: at for key, at in self.noticed.items() if key not in over}
        return replace(self, asked={**self.asked, **asked}, noticed=noticed)

    def no_effect(self, instance: InstanceId) -> Memory:
        asked = {key: newest for key, newest in self.asked.items() if key != instance}
        return replace(self, asked=asked)

    def refuse(self, instance: InstanceId, why: str, now: Monotonic) -> Memory:
        refused = {**self.refused, instance: (now, why)}
        return replace(self.no_effect(instance), refused=refused)

    def was_not_down(self) -> Memory:
        """Somebody had undone that the host is forced down: what was refused meanwhile says nothing of the
        instances."""
        return replace(self, refused={})

    def accepted(self, instance: InstanceId) -> Memory:
        refused = {key: why for key, why in self.refused.items() if key != instance}
        return replace(self, refused=refused)

    def reset(self, instance: InstanceId) -> Memory:
        """To error: what Nova said of it before does not count."""
        return replace(self.accepted(instance), was_reset=self.was_reset | {instance})

    def may_be_reset(self, instance: InstanceId, now: Monotonic) -> Memory:
        return replace(self, may_reset={**self.may_reset, instance: now})

    def stopped(self, instance: InstanceId) -> Memory:
        was_off = {key: one for key, one in self.was_off.items() if key != instance}
        return replace(self, was_off=was_off, off_again=self.off_again | {instance})

    def found_elsewhere(self, instance: InstanceId, there: Instance | None) -> Memory:
        """One that an earlier worker has had moved, as it is on its new host; None: it is not there."""
        if there is None or there.vm_state != "active" or task_states.wants_off(there):
            return self.stopped(instance)
        return replace(self, was_off={**self.was_off, instance: there})


def of_record(record: Evacuation) -> str:
    """A record in its status: each change of it is news."""
    return f"record {record.id} {record.status}"


def gone(record: Evacuation) -> str:
    """It is in flight, and its instance is not listed on the host any more."""
    return f"record {record.id} gone"


def _conditions(
    instances: Sequence[Instance], found: Found, off: Off
) -> set[tuple[InstanceId, str]]:
    every = [record for several in found.values() for record in several]
    flying = [record for several in found.values() for record in records.at_work(several, off)]
    listed = {instance.id for instance in instances}
    in_flight = {record.instance for record in flying}
    conditions = {(record.instance, of_record(record)) for record in every}
    conditions |= {(one.instance, gone(one)) for one in flying if one.instance not in listed}
    conditions |= {
        (instance.id, REBUILDING)
        for instance in instances
        if task_states.is_rebuilding(instance) and instance.id not in in_flight
    }
    return conditions


def _turned_off(
    instances: Sequence[Instance], slept: Collection[InstanceId]
) -> Mapping[InstanceId, Instance]:
    return {
        one.id: one
        for one in instances
        if (one.vm_state == "error" and one.powered_off and one.id not in slept)
        or task_states.wants_off(one)
    }
