"""One flagged host's part of a round: read, plan, act. The decisions are in the pure modules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vmha_ocf import acting, evacuation, records
from vmha_ocf.agents.host_marks import HostMarks
from vmha_ocf.agents.host_moves import HostMoves
from vmha_ocf.agents.host_requests import HostRequests, load_of, name_of, remember
from vmha_ocf.agents.host_story import HostStory
from vmha_ocf.agents.take_down import TakeDown
from vmha_ocf.errors import Refused, VmhaError
from vmha_ocf.evacuation import Evacuate, Finish, Plan, Request, Room, View
from vmha_ocf.memory import Memory
from vmha_ocf.model import Flag, FlagState, Instance, InstanceId, NovaHost
from vmha_ocf.pace import Load
from vmha_ocf.policy import Policy
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.records import Off
from vmha_ocf.verdict import Next

_LOOSE = frozenset({Next.LEAVE, Next.WAIT})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the round knows beside this host."""

    off: Off
    node_back: bool
    destinations: bool
    room: int
    """Requests that the caps still allow in this round, over all hosts."""
    is_held: Callable[[], bool] = lambda: False
    """Asked before anything is requested: hosts may have been flagged since the round began."""
    busy_groups: Collection[str] = ()
    """Server groups of which a member is on its way off another host."""


class HostRound:
    """What one worker keeps of one flagged host between rounds. Losing it costs time only."""

    def __init__(self, host: NovaHost, ports: WorkerPorts, policy: Policy, me: str) -> None:
        self.host = host
        self.problems: dict[str, str] = {}
        self.progress = False
        self.load: Load | None = None
        """How Nova took the requests of the last round, if there were any."""
        self._ports = ports
        self._policy = policy
        self._me = me
        self._marks = HostMarks(host, ports, policy)
        self._moves = HostMoves(ports, policy)
        self._requests = HostRequests(host, ports)
        self._story = HostStory(host, ports)
        self._claim: Flag | None = None
        self._memory: Memory | None = None
        self._down = TakeDown(host, ports, self._story, me, self.problems)
        self._foreign: tuple[tuple[str, float], float] | None = None
        """A claim that has overwritten ours, and since when it is seen (monotonic)."""
        self._instances: Sequence[Instance] = ()
        self._listed_at: float | None = None
        self._plan: Plan | None = None
        self._fresh = False
        self._sure = False
        """The last look, too, found nothing left."""

    @property
    def claim(self) -> Flag:
        assert self._claim is not None
        return self._claim

    @property
    def in_flight(self) -> int:
        return self._plan.load if self._plan else 0

    @property
    def busy_groups(self) -> Collection[str]:
        return self._plan.busy_groups if self._plan else ()

    @property
    def told(self) -> Mapping[InstanceId, str]:
        """The instances that a person should see, and why."""
        return {one.instance.id: one.reason for one in self._plan.told} if self._plan else {}

    def sentence(self) -> str:
        if self._plan is None:
            return f"{self.host}: not looked at yet"
        return f"{self.host}: {self._counts() or 'nothing left'}"

    def _counts(self) -> str:
        counts = self._plan.counts if self._plan else {}
        return ", ".join(f"{counts[one]} {one.value}" for one in Next if counts.get(one))

    def prepare(self, flag: Flag) -> bool:
        """Claim it, and force it down. False: Nova does not know it."""
        self.progress = False
        self.load = None
        if self._yields(flag):
            return False
        self._claim = self._claimed(flag)
        with self._noting_silence():
            return self._taken_down(self._claim)

    def run(self, around: Surroundings) -> bool:
        """Do what can be done now, without waiting. True when the host's evacuation is over."""
        assert self._claim is not None
        with self._noting_silence():
            return self._round(self._claim, around)

    @contextmanager
    def _noting_silence(self) -> Iterator[None]:
        try:
            yield
        except VmhaError:
            if self._memory:
                self._memory = self._memory.no_answer()
            raise

    def _yields(self, flag: Flag) -> bool:
        """Our claim was overwritten: whoever did it may have asked for anything. What it asks is let
        settle before we take the host over, as after an earlier worker; a claim that comes again
        begins the wait anew, so that two who would act never do so at once."""
        self.problems.pop("claim", None)
        if self._claim is None or flag.state is not FlagState.CLAIMED:
            return False
        if acting.is_claimed_by(flag, self._claim):
            return False
        now = self._ports.clock.monotonic()
        claim = (flag.owner, flag.since)
        if self._foreign is None or self._foreign[0] != claim:
            self._foreign = claim, now
            self._memory = Memory(now, inherited=True)
        if now - self._foreign[1] >= self._policy.settle:
            self._foreign = None
            return False
        self.problems["claim"] = acting.overwritten(self.host, flag.owner, self._me)
        return True

    def _claimed(self, flag: Flag) -> Flag:
        if self._claim and flag.evidence and flag.evidence != self._claim.evidence:
            self._down.doubt()  # What lived before this fencing does not live now.
            self._story.was_fenced_again()
        if self._claim and acting.is_claimed_by(flag, self._claim):
            return replace(flag, evidence=flag.evidence or self._claim.evidence)
        now = self._ports.clock.now()
        claim = replace(flag, state=FlagState.CLAIMED, owner=self._me, since=float(int(now)))
        self._ports.flags.write(claim)
        if self._claim is None:
            proof = flag.evidence.proof if flag.evidence else "flagged without evidence"
            by = f", fenced by {flag.evidence.by}" if flag.evidence else ""
            self._story.claimed(f"{proof}{by}", self._me)
        return claim

    def _taken_down(self, claim: Flag) -> bool:
        if not self._down.is_due:
            return self._down.is_down
        start = self._ports.clock.monotonic()
        service = self._down.look()
        if service is None:
            return False
        if self._memory is None:
            self._memory = Memory(start, inherited=service.forced_down)
        return self._down.force(service, claim)

    def _round(self, claim: Flag, around: Surroundings) -> bool:
        view = self._look(claim, around)
        memory, beat = self._memory, self._down.heartbeat
        assert memory is not None
        assert beat is not None
        now = self._ports.clock.monotonic()
        doubt = (beat.beats or around.node_back) and not beat.alive and not beat.quiet(now)
        room = Room(
            0 if doubt else min(around.room, self._policy.caps.batch), self._policy.caps.per_host
        )
        plan = evacuation.plan_host(view, policy=self._policy, memory=memory, now=now, room=room)
        self._plan = plan
        self._story.seen(plan, view)
        self._note_problems(plan)
        return self._perform(plan, view, around)

    def _look(self, claim: Flag, around: Surroundings) -> View:
        """The records are read last: between them and a request there is nothing but the plan."""
        assert self._memory is not None
        self._relist()
        self._marks.look_up(self._instances)
        groups = self._marks.groups(self._instances)
        moves = self._moves.look_up(self._instances)
        evacuations = self._ports.nova.evacuations_from(self.host)
        self._memory = self._memory.look(
            self._instances,
            records.by_instance(evacuations),
            around.off,
            now=self._ports.clock.monotonic(),
            settle=self._policy.settle,
        )
        return View(
            claim,
            self._instances,
            self._fresh,
            evacuations,
            self._marks.images,
            self._marks.anything_marked,
            groups,
            around.off,
            around.node_back,
            around.destinations,
            self._down.heartbeat is not None and self._down.heartbeat.alive,
            around.busy_groups,
            moves,
        )

    def _relist(self) -> None:
        """List the instances now and again, and at once if nothing of ours seems to be left."""
        now = self._ports.clock.monotonic()
        plan = self._plan
        loose = plan is not None and not plan.in_flight and set(plan.counts) <= _LOOSE
        due = self._listed_at is None or now - self._listed_at >= self._policy.relist
        self._fresh = loose or due or self._sure
        if not self._fresh:
            return
        self._instances = self._ports.nova.instances_on(self.host)
        self._story.knows(self._instances)
        self._listed_at = now

    def _note_problems(self, plan: Plan) -> None:
        self.problems.pop("instances", None)
        if plan.told:
            first, more = plan.told[0], len(plan.told) - 1
            self.problems["instances"] = (
                f"{self.host}: {name_of(first.instance)}: {first.reason}"
                + (f" (and {more} more)" if more else "")
            )
        self.problems.pop("marks", None)
        if self._marks.problem:
            self.problems["marks"] = self._marks.problem

    def _perform(self, plan: Plan, view: View, around: Surroundings) -> bool:
        finish = [step for step in plan.steps if isinstance(step, Finish)]
        if finish:
            return self._finish(finish[0], plan)
        self._sure = False
        requests = [step for step in plan.steps if not isinstance(step, Finish)]
        if requests and not around.is_held():
            self._send(requests, view)
        return False

    def _send(self, requests: Sequence[Request], view: View) -> None:
        """The memory knows before Nova does, and whatever becomes of the sending."""
        assert self._memory is not None
        asked = [one.instance.id for one in requests if isinstance(one, Evacuate)]
        self._memory = self._memory.ask(asked, records.by_instance(view.evacuations))
        answers = self._requests.send(requests)
        self._memory = remember(self._memory, answers, self._ports.clock.monotonic())
        self._story.requested(answers)
        self.load = load_of(answers)
        self.progress = any(answer.error is None for answer in answers)
        changed = any(not isinstance(one.request, Evacuate) for one in answers)
        if changed or any(isinstance(one.error, Refused) for one in answers):
            self._listed_at = None

    def _finish(self, step: Finish, plan: Plan) -> bool:
        """Found empty twice, and Nova answered for this host's cell in between: it was not a cell
        that is down, whose instances Nova leaves out without a word."""
        service = self._down.look()
        if service is None or not service.forced_down:
            self._down.doubt()
            return False
        if not self._sure:
            self._sure = True
            return False
        self._ports.flags.write(replace(step.flag, state=FlagState.DONE))
        self._story.over(plan, self._counts())
        return True
