"""What one host's evacuation tells: lines of the timeline, and the steps of its incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vmha_ocf.cloud import records
from vmha_ocf.evacuation.plan import Plan
from vmha_ocf.evacuation.requests import Reply, name_of
from vmha_ocf.evacuation.steps import Evacuate
from vmha_ocf.evacuation.verdict import Next
from vmha_ocf.evacuation.view import View
from vmha_ocf.model import Epoch, Evacuation, Event, Instance, InstanceId, NovaHost, Step
from vmha_ocf.ports import Ports

STACK = "metering.stack"
"""The key of a server's metadata by which Heat's templates name the stack: its id."""
_AT_ONCE = 20


class HostStory:
    """Says everything once."""

    def __init__(self, host: NovaHost, ports: Ports) -> None:
        self._host = host
        self._ports = ports
        self._names: dict[InstanceId, str] = {}
        self._told: set[object] = set()
        self._since: Epoch | None = None
        """When the host was first fenced, as far as this worker knows."""

    def knows(self, instances: Iterable[Instance]) -> None:
        """Their names: what has moved is not listed any more."""
        self._names.update((one.id, name_of(one)) for one in instances)

    def was_fenced_again(self) -> None:
        self._ports.say(f"{self._host}: was fenced again")

    def claimed(self, proof: str, me: str) -> None:
        self._ports.say(f"{self._host}: claimed ({proof})")
        self._tell(Step.CLAIMED, by=me)

    def forced_down(self) -> None:
        self._ports.say(f"{self._host}: forced down in Nova")
        self._tell(Step.FORCED_DOWN)

    def found_forced_down(self) -> None:
        """By an earlier worker, which may not have come to tell it. People have no use for it twice."""
        self._tell(Step.FORCED_DOWN)

    def requested(self, replies: Sequence[Reply]) -> None:
        """HostRequests has said it already."""
        accepted = [one for one in replies if one.error is None]
        asked = {
            one.instance.id: name_of(one.instance)
            for one in accepted
            if isinstance(one.request, Evacuate)
        }
        if asked:
            self._tell(Step.REQUESTED, instances=asked)

    def seen(self, plan: Plan, view: View) -> None:
        self._recorded(view)
        self._moved(view)
        for one in plan.verdicts:
            name = name_of(one.instance)
            told = one.next is not Next.EVACUATE and (
                one.told or one.next in (Next.RETRY, Next.REPORT)
            )
            if told and self._is_new((one.instance.id, one.next, one.reason)):
                self._ports.say(f"{self._host}: {name}: {one.reason}")
            if one.told and self._is_new((one.instance.id, one.reason)):
                left = {one.instance.id: name}
                self._tell(Step.GIVEN_UP, instances=left, detail=one.reason)
        self._leave_alone(plan)

    def _leave_alone(self, plan: Plan) -> None:
        """By whose they are, since a message is for one owner; a notification names no more at once."""
        by_owner: dict[tuple[str, str, str], list[Instance]] = {}
        for one in plan.left_alone:
            if self._is_new((one.instance.id, Step.LEFT_ALONE)):
                whose = one.instance.project, one.instance.metadata.get(STACK, ""), one.reason
                by_owner.setdefault(whose, []).append(one.instance)
        for (project, stack, why), instances in by_owner.items():
            for first in range(0, len(instances), _AT_ONCE):
                names = {one.id: name_of(one) for one in instances[first : first + _AT_ONCE]}
                self._ports.say(f"{self._host}: {', '.join(names.values())}: left alone; {why}")
                self._tell(
                    Step.LEFT_ALONE, instances=names, detail=why, project=project, stack=stack
                )

    def over(self, plan: Plan, kept: str) -> None:
        self._ports.say(f"{self._host}: evacuation is over" + (f" ({kept})" if kept else ""))
        left = {one.instance.id: name_of(one.instance) for one in plan.told}
        self._tell(Step.OVER, instances=left)

    def _recorded(self, view: View) -> None:
        """Requests that Nova has, whoever asked: an earlier worker may not have come to tell it."""
        if [one for one in view.reading.evacuations if self._is_new(("asked", one.id))]:
            self._tell(Step.REQUESTED, asked=tuple(_asked_at(view.reading.evacuations)))

    def _moved(self, view: View) -> None:
        """Since it was first fenced: what was asked for before a second fencing moves all the same.
        The history counts by Nova's records, so it is told of each, also of those that only an
        earlier worker knows to be of this incident."""
        if self._since is None:
            self._since = view.flag.proved_at
        new = [
            one
            for one in view.reading.evacuations
            if one.status == "done" and self._is_new(one.id)
        ]
        moved = {one.instance: one for one in new if records.is_since(one, self._since)}
        for record in moved.values():
            self._ports.say(f"{self._host}: {self._name(record)} is on {record.dest}")
        if new:
            names = {one: self._name(record) for one, record in moved.items()}
            done = [one for one in view.reading.evacuations if one.status in records.MOVED]
            self._tell(Step.MOVED, instances=names, done=tuple(_asked_at(done)))

    def _name(self, record: Evacuation) -> str:
        return self._names.get(record.instance, record.instance)

    def _is_new(self, key: object) -> bool:
        if key in self._told:
            return False
        self._told.add(key)
        return True

    def _tell(self, step: Step, **more: Any) -> None:
        self._ports.tell(Event(step, self._host, self._ports.clock.now(), **more))


def _asked_at(evacuations: Iterable[Evacuation]) -> Iterable[Epoch]:
    times = [records.seconds(one.created_at) for one in evacuations]
    return (at for at in times if at is not None)
