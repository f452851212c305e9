"""One flagged host's part of a round: read, plan, act. The decisions are in the pure modules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import Refused, VmhaError
from vmha_ocf.evacuation import acting, off_again
from vmha_ocf.evacuation import plan as evacuation
from vmha_ocf.evacuation.claim import Claim, HostClaim
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.evacuation.pace import Allowance
from vmha_ocf.evacuation.plan import Plan, Survey
from vmha_ocf.evacuation.reading import HostReader
from vmha_ocf.evacuation.requests import HostRequests, Reply, name_of, remember
from vmha_ocf.evacuation.steps import Evacuate, Finish, Request, Stop
from vmha_ocf.evacuation.story import HostStory
from vmha_ocf.evacuation.view import Reading, Surroundings, View
from vmha_ocf.model import (
    Flag,
    FlagState,
    InstanceId,
    Monotonic,
    NovaHost,
)
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.service.row import Row
from vmha_ocf.service.take_down import TakeDown

_LOOK_OLD = 30.0
"""Seconds after which what a look showed in flight is of the past."""


class HostRound:
    """What one worker keeps of one flagged host between rounds. Losing it costs time only.

    In a round, in this order: ``claim``, ``take_down``, ``look``, ``plan``; then what is to be asked for
    is announced by ``asking``, sent, and ``heard``; or the host is finished. What asks others is called
    for several hosts at once, each on a thread of its own: nothing here is shared between hosts."""

    def __init__(
        self,
        host: NovaHost,
        ports: ServicePorts,
        settings: Settings,
        me: str,
        cloud: Cloud,
    ) -> None:
        self.host = host
        self.problems: dict[str, str] = {}
        self.progress = False
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self._me = me
        self._reader = HostReader(host, ports, settings, cloud)
        self._requests = HostRequests(host, ports)
        self._story = HostStory(host, ports)
        self._claim = HostClaim(ports, settings, me, self._story)
        self._memory: Memory | None = None
        self._down = TakeDown(
            host,
            ports,
            self._story,
            me,
            self.problems,
            settle=settings.settle,
            times_tell=lambda: cloud.nova_time.agrees,
        )
        self._looked_at = 0.0
        self._survey: Survey | None = None
        self._plan: Plan | None = None
        self._sure = False
        """The last look, too, found nothing left."""

    def in_flight(self, now: Monotonic) -> int:
        """Evacuations off it that Nova works on, with those asked for since the last look. What nobody
        has been able to look at for long counts no more: the others would wait for its room."""
        shown = self._plan or self._survey
        return shown.load if shown and now - self._looked_at < _LOOK_OLD else 0

    @property
    def only_in_vain(self) -> bool:
        """Of what it could ask for now, nothing is new."""
        return self._survey is not None and self._survey.only_in_vain

    @property
    def to_ask(self) -> Mapping[InstanceId, Collection[NovaHost]]:
        """See Survey."""
        return self._survey.to_ask if self._survey else {}

    @property
    def busy_groups(self) -> Collection[str]:
        """Server groups of which a member is on its way off this host."""
        shown = self._plan or self._survey
        return shown.busy_groups if shown else ()

    @property
    def told(self) -> Mapping[InstanceId, str]:
        """The instances that a person should see, and why."""
        if self._plan is None:
            return {}
        return {one.instance.id: one.reason for one in (*self._plan.left_alone, *self._plan.told)}

    def sentence(self) -> str:
        if self._plan is None:
            return f"{self.host}: not looked at yet"
        return f"{self.host}: {self._plan.summary or 'nothing left'}"

    @property
    def mine(self) -> Flag:
        """Its flag, as we have claimed it."""
        return self._claim.flag

    def claim(self, flag: Flag) -> bool:
        """Write that we evacuate it, where nobody has yet. False: somebody else has."""
        self.progress = False
        self.problems.pop("claim", None)
        taken = self._claim.take(flag)
        if taken is Claim.AFRESH:
            self._down.doubt()
        if taken is Claim.OVERWRITTEN:
            self._memory = Memory(self._ports.clock.monotonic(), inherited=True)
        if taken in (Claim.OVERWRITTEN, Claim.WAITING):
            self.problems["claim"] = acting.overwritten(self.host, flag.owner, self._me)
            return False
        return True

    @property
    def is_due(self) -> bool:
        """Its service is to be looked at again."""
        return self._down.is_due

    @property
    def is_begun(self) -> bool:
        """More than a claim was written: it is, or was about to be, forced down."""
        return self._memory is not None

    @property
    def is_down(self) -> bool:
        """It is forced down, as far as was seen at the last look."""
        return self._down.is_down

    @property
    def has_more(self) -> bool:
        """Instances that could be asked for, were it allowed."""
        return self._plan is not None and self._plan.has_more

    def take_down(self, row: Row | None = None) -> bool:
        """Force it down. ``row``: its service, if it was listed in this round. False: Nova does not know
        it."""
        with self._noting_silence():
            return self._taken_down(self._claim.flag, row) if self.is_due else self.is_down

    def look_again(self, row: Row | None) -> bool:
        """At its service, whether that is due or not. As ``take_down``."""
        with self._noting_silence():
            return self._taken_down(self._claim.flag, row)

    @property
    def is_old(self) -> bool:
        """Something may be asked for, and its service was looked at too long ago for that."""
        return self._survey is not None and self._survey.has_requests and self._down.is_old

    def look(self, around: Surroundings) -> bool:
        """Read how its instances stand."""
        with self._noting_silence():
            view = self._look(around)
        self._looked_at = now = self._ports.clock.monotonic()
        assert self._memory is not None
        self._survey = evacuation.survey(
            view, settings=self._settings, memory=self._memory, now=now
        )
        self._plan = None
        return True

    @contextmanager
    def _noting_silence(self) -> Iterator[None]:
        try:
            yield
        except VmhaError:
            if self._memory:
                self._memory = self._memory.no_answer()
            raise

    def _taken_down(self, claim: Flag, row: Row | None) -> bool:
        start = self._ports.clock.monotonic()
        if row is None:
            row = self._down.look()
        else:
            self.problems.pop("service", None)
        if row is None:
            return False
        if self._memory is None:
            self._memory = Memory(start, inherited=row.service.forced_down)
        is_down = self._down.force(row, claim)
        if self._down.was_undone:
            self._memory = self._memory.was_not_down()
        if self._down.trace is not None:
            self._memory = self._memory.reminded(self._down.trace.was)
        return is_down

    def plan(
        self, room: int, busy_groups: Collection[str], *, held: bool = False
    ) -> Sequence[Request]:
        """What is to be asked for now, of what was seen. ``room``: requests that it may make, at most;
        ``busy_groups``: those of which a member is on its way off another host; ``held``: evacuation is."""
        seen, beat = self._survey, self._down.heartbeat
        assert seen is not None
        assert beat is not None
        around = seen.view.around
        # In a new boot nothing runs of what ran before: its gate then keeps nova-compute off.
        perhaps = beat.moved or (around.node_back and not around.rebooted)
        silent = beat.quiet(self._down.looked_at, self._cloud.silence)
        doubt = perhaps and not seen.view.alive and not silent
        most = 0 if doubt else min(room, self._settings.caps.batch)
        allowance = Allowance(most, self._settings.caps.per_host, doubtful=doubt or held)
        plan = evacuation.plan_steps(seen, allowance, busy_groups)
        self._plan = plan
        self._story.seen(plan, seen.view)
        self._note_problems(plan)
        self._sure = self._sure and self.is_over
        return [step for step in plan.steps if not isinstance(step, Finish)]

    @property
    def is_over(self) -> bool:
        """Nothing of ours seems to be left on it."""
        return self._plan is not None and self._plan.is_over

    def _look(self, around: Surroundings) -> View:
        reading = self._read()
        assert self._memory is not None
        found = records.by_instance(reading.evacuations)
        memory = self._memory.look(
            reading.instances,
            found,
            around.off,
            now=self._ports.clock.monotonic(),
            settle=self._settings.settle,
        )
        self._memory = off_again.look(memory, self._down, found, reading.listed, self._ports)
        began, alive = self._down.began, self._is_alive(around)
        return View(self._claim.flag, reading, around, began, alive)

    def _read(self) -> Reading:
        """Its instances are listed anew at once if nothing of ours seems to be left."""
        assert self._memory is not None
        loose = self._plan is not None and self._plan.is_loose
        listed = self._reader.begin(
            anew=loose or self._sure,
            also=self._memory.was_off.values(),
            takes_untagged=self._down.takes_untagged,
        )
        if listed is not None:
            self._story.knows(listed)
        if self._reader.marks.takes_untagged:
            self._down.take_untagged()
        return self._reader.finish(self.mine)

    def _is_alive(self, around: Surroundings) -> bool:
        """Whatever fenced it: its nova-compute runs. Of a host that is connected and perhaps was never off
        one late heartbeat is enough: silent it may be by its gate, which stops nova-compute."""
        beat = self._down.heartbeat
        if beat is None or not around.node_back or around.rebooted:
            return beat is not None and beat.alive
        return beat.alive_since(self.mine.proved_at, self._cloud.report_interval)

    def _note_problems(self, plan: Plan) -> None:
        self.problems.pop("instances", None)
        if plan.told:
            first, more = plan.told[0], len(plan.told) - 1
            self.problems["instances"] = (
                f"{self.host}: {name_of(first.instance)}: {first.reason}"
                + (f" (and {more} more)" if more else "")
            )
        self.problems.pop("marks", None)
        if self._reader.marks.problem:
            self.problems["marks"] = self._reader.marks.problem

    def note(self, requests: Sequence[Request]) -> None:
        """Before they are sent: what each instance was, which an attempt of ours may change."""
        assert self._claim.flag is not None
        assert self._survey is not None
        asked = [one.instance for one in requests if not isinstance(one, Stop)]
        self._down.note(asked, self._survey.found, self._claim.flag)

    def asking(self, requests: Sequence[Request]) -> None:
        """The memory knows before Nova does, and whatever becomes of the sending."""
        assert self._memory is not None
        assert self._survey is not None
        asked = [one.instance.id for one in requests if isinstance(one, Evacuate)]
        self._memory = self._memory.ask(asked, self._survey.found)
        self._requests.announce(requests)

    def send(self, request: Request) -> Reply:
        """One of them; several at once."""
        return self._requests.send(request)

    def heard(self, replies: Sequence[Reply]) -> None:
        assert self._memory is not None
        self._requests.heard(replies)
        self._memory = remember(self._memory, replies, self._ports.clock.monotonic())
        self._story.requested(replies)
        self.progress = any(one.error is None for one in replies)
        changed = any(not isinstance(one.request, Evacuate) for one in replies)
        if changed or any(isinstance(one.error, Refused) for one in replies):
            self._reader.list_again()

    def finish(self) -> bool:
        """True when it is over. Found empty twice, and Nova answered for this host's cell in between:
        it was not a cell that is down, whose instances Nova leaves out without a word."""
        plan, claim = self._plan, self._claim.flag
        assert plan is not None
        with self._noting_silence():
            row = self._down.look()
        if row is None or not row.service.forced_down:
            self._down.doubt()
            return False
        if not self._sure:
            self._sure = True
            return False
        assert self._survey is not None
        instances = self._survey.view.reading.instances
        self._down.note_cut_short(instances, self._survey.found, claim)
        self._ports.flags.write(replace(claim, state=FlagState.DONE))
        self._story.over(plan, plan.summary)
        return True
