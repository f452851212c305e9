"""A nova-compute that hangs is restarted by Pacemaker: its monitor fails once, for the process that hangs.

Only where the policy says so, one host at a time, and never while anything else could be the reason or
could come to harm. What is not restarted is told, with the reason. Nobody is fenced by any of it: a stop
that fails blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.living.disabling import causes
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.processes import asked, healed, hopeless, hung, tasks, worn_out
from vmha_ocf.living.processes.healed import ATTRIBUTE, Healed
from vmha_ocf.living.processes.hopeless import wanted
from vmha_ocf.living.processes.hung import Cluster, Watched
from vmha_ocf.living.processes.story import Story
from vmha_ocf.model import Epoch, Monotonic, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import planned
from vmha_ocf.proof.naming import Naming
from vmha_ocf.service.marker import PROCESS

_ANSWERS = 60.0
"""Seconds in which a monitor has answered, however slow."""
_DAY = 86400.0
"""Nobody moves one instance for longer."""
_Notes = dict[NodeName, Sequence[Healed]]
"""What was restarted, by node."""


@dataclass(slots=True)
class _Asked:
    word: str
    at: float
    """Monotonic seconds, as ``seen``."""
    answered: bool = False
    process: str = ""
    """By the last answer; "" as long as there is none."""
    age: float = 0.0
    """The least that it was in seconds when the answer was ``seen``."""
    seen: float = 0.0


class Healer:
    """What it keeps in memory a new worker learns anew, in a minute; restarts are noted durably."""

    def __init__(self, ports: Ports, cloud: Cloud, naming: Naming) -> None:
        self.problems: Sequence[str] = ()
        self._ports = ports
        self._cloud = cloud
        self._naming = naming
        self._story = Story(ports)
        self._reports: hung.Reports = {}
        self._looked = ports.clock.monotonic()
        self._missed: Mapping[NovaHost, Monotonic] = {}
        """Since when Nova was seen to miss it."""
        self._asked: dict[NodeName, _Asked] = {}
        self._restarted: set[NodeName] = set()
        """Where a monitor was told to fail, until Nova hears of the new process."""
        self.is_busy = False
        """Somebody is silent, or given up."""
        self.cause = Cause(PROCESS)
        """Whom it is to disable."""
        self.disabled: Collection[NovaHost] = ()
        """Those that are, for their nova-compute."""
        self._hopeless: set[NovaHost] = set()
        """Those that hang, and that no restart helps, at this look."""
        self._times = hopeless.Times()

    @property
    def is_on(self) -> bool:
        return bool(wanted(self._cloud.in_force.policy) - {Action.NONE})

    def look(self, flagged: Mapping[NovaHost, bool], waits_for: str) -> None:
        """``flagged``: the hosts that are, and whether their evacuation is not over; ``waits_for``: why
        nothing new may be begun, "" if it may. Raises NovaUnavailable, NovaDenied, FlagsUnavailable,
        FlagNotWritten."""
        self.cause = self.cause.unsure
        self._hopeless.clear()
        every = self._watched(flagged) if self.is_on else []
        silents = hung.silent(every, now=self._looked, after=self._cloud.silence)
        self.is_busy = bool(silents)
        heard = {one.node for one in every if one not in silents}
        self._end(self._asked.keys() - {one.node for one in silents}, heard)
        pending = "an evacuation is not over" if any(flagged.values()) else ""
        notes = self._notes() if silents else {}
        found = [self._treat(one, silents, every, notes, waits_for or pending) for one in silents]
        for one, told in zip(silents, found, strict=True):
            word = causes.told(told, one.host, self.disabled) if told else ""
            self._story.go_on(one, word, restarted=told == _restarted(one))
        self._story.end(every, silents)
        naming = self._naming
        worn = list(worn_out.told(naming.configuration, naming.nodes)) if self.is_on else []
        self._judge_hopeless(every, silents, flagged)
        self._story.worn(
            [
                (host, replace(it, sentence=causes.told(it.sentence, host, self.disabled)))
                for it in worn
                for host in naming.names.hosts_of(it.node)
            ]
        )
        sentences = [*found, *(it.sentence for it in worn)]
        self.problems = list(filter(None, dict.fromkeys(sentences)))

    def _judge_hopeless(
        self,
        every: Sequence[Watched],
        silents: Sequence[Watched],
        flagged: Collection[NovaHost],
    ) -> None:
        naming, configuration = self._naming, self._naming.configuration
        nodes = worn_out.without_nova_compute(configuration, naming.nodes) if self.is_on else ()
        given_up = {
            host
            for node in nodes
            for host in naming.names.hosts_of(node)
            if host not in flagged and not planned.is_in_maintenance(node, configuration)
        }
        silent = {one.host for one in silents}
        well = {one.host for one in every if one.service.up} - silent
        now = self._ports.clock.monotonic()
        self._times = hopeless.after(self._times, given_up | self._hopeless, well, now)
        self.cause = hopeless.cause(self._cloud.in_force.policy, self._times, silent)
        self.is_busy = self.is_busy or bool(self.cause.asks and self._times.hopeless)

    def _watched(self, flagged: Collection[NovaHost]) -> Sequence[Watched]:
        naming, now = self._naming, self._ports.clock.monotonic()
        services = self._cloud.services()
        self._looked, self._reports = now, hung.hear(self._reports, services, now)
        given_up = worn_out.without_nova_compute(naming.configuration, naming.nodes)
        cluster = Cluster(naming.nodes, naming.names, naming.configuration, flagged, given_up)
        every = hung.watched(services, self._reports, cluster)
        self._missed = {
            one.host: self._missed.get(one.host, now) for one in every if one.is_missed
        }
        return every

    def _notes(self) -> _Notes:
        read = self._ports.notes.read(ATTRIBUTE)
        return {node: healed.parse_healed(text) for node, text in read.items()}

    def _treat(
        self,
        one: Watched,
        silents: Sequence[Watched],
        every: Sequence[Watched],
        notes: _Notes,
        waits_for: str,
    ) -> str:
        """What a person should know; "" as long as there is nothing."""
        down_time = self._cloud.service_down_time.seconds
        if others := hung.together(one, silents, down_time):
            return _bus([one.host, *others]) if one.is_missed else ""
        process, age = self._who(one)
        if not one.is_missed or hung.unheard(one, every, self._missed[one.host], down_time):
            return ""
        if not hung.hears_of_another(one, self._cloud.services(), silents):
            return _left(one, "Nova hears of no other")
        if why := one.left_because:
            return _left(one, f"its service is disabled ({why})")
        if len(self._naming.names.hosts_of(one.node)) > 1:
            return _left(one, f"several hosts of Nova are {one.node}")
        return self._judge(one, process, age, notes, waits_for)

    def _judge(self, one: Watched, process: str, age: float, notes: _Notes, waits_for: str) -> str:
        """It hangs as far as anybody can see."""
        clock, mine = self._ports.clock, notes.get(one.node, ())
        done = healed.recent(mine, clock.now())
        if any(each.process == process for each in done) or (
            not process and healed.under_way(done, clock.now())
        ):
            return self._again(one, done)
        if not process:
            late = clock.monotonic() - self._asked[one.node].at >= _ANSWERS
            return _left(one, "its monitor does not say which process it is") if late else ""
        if age < self._cloud.service_down_time.seconds:
            return ""  # it has just been started
        if why := self._against(one, done, notes, waits_for):
            return _left(one, why)
        return _restarted(one) if self._heal(one, process, notes) else ""

    def _against(self, one: Watched, done: Sequence[Healed], notes: _Notes, waits_for: str) -> str:
        if Action.RESTART not in wanted(self._cloud.in_force.policy):
            self._hopeless.add(one.host)
            return "the policy says no restart"
        if waits_for:
            return waits_for
        if len(done) >= healed.MOST:
            self._hopeless.add(one.host)
            return f"it was restarted {len(done)} times in half an hour"
        other = self._another(one.node, notes)
        return f"that of {other} is being restarted" if other else self._task(one)

    def _again(self, one: Watched, done: Sequence[Healed]) -> str:
        """It was told to fail, and has not ended yet; or will not."""
        if healed.under_way(done, self._ports.clock.now()):
            return _restarted(one)
        self._hopeless.add(one.host)
        return _left(one, "it was to be restarted, and is the same process still")

    def _another(self, node: NodeName, notes: _Notes) -> NodeName | None:
        now = self._ports.clock.now()
        busy = (each for each, mine in notes.items() if healed.under_way(mine, now))
        return next((each for each in busy if each != node), None)

    def _task(self, one: Watched) -> str:
        nova = self._ports.nova
        since = self._ports.clock.now() - _DAY
        found = tasks.under_way(
            nova.instances_on(one.host), nova.moves_since(one.host, Epoch(since))
        )
        return next(iter(found), "")

    def _heal(self, one: Watched, process: str, before: _Notes) -> bool:
        """Unless Nova hears of it, or has no such service, by now. The note first: a worker that dies in
        between restarts nothing twice."""
        now = next(iter(self._ports.nova.services(one.host)), None)
        if now is None or now.up or now.updated_at != one.service.updated_at:
            return False
        clock, notes = self._ports.clock, self._ports.notes
        noted = before[one.node] = [*before.get(one.node, ()), Healed(clock.now(), process)]
        notes.write(one.node, ATTRIBUTE, healed.format_healed(noted))
        notes.write_passing(asked.ASKED, asked.key(one.node), asked.format_fail(process))
        self._restarted.add(one.node)
        self._ports.say(
            f"{one.host}: Nova has heard nothing of its nova-compute for "
            f"{clock.monotonic() - one.since:.0f} s: Pacemaker's monitor of {process} is to fail"
        )
        return True

    def _who(self, one: Watched) -> tuple[str, float]:
        """The process and its age, as far as they are known. Asked as soon as it is silent: when Nova
        misses it, the answer is there; and again after a restart that has not helped."""
        clock, notes = self._ports.clock, self._ports.notes
        now, mine = clock.monotonic(), self._asked.get(one.node)
        if mine is None or now - mine.at >= healed.UNDER_WAY:
            word = f"{clock.now():.0f}"
            mine = replace(mine, word=word, at=now, answered=False) if mine else _Asked(word, now)
            self._asked[one.node] = mine
            notes.write_passing(asked.ASKED, asked.key(one.node), asked.format_who(mine.word))
        elif not mine.answered:
            text = notes.read_passing(asked.ANSWER).get(NodeName(asked.key(one.node)), "")
            process, age = asked.parse_answer(text, mine.word)
            if process:
                mine.answered, mine.process, mine.age, mine.seen = True, process, age, now
        return mine.process, mine.age + now - mine.seen

    def _end(self, nodes: Collection[NodeName], heard: Collection[NodeName]) -> None:
        """Nova hears of it again, or nobody is to watch it."""
        for node in list(nodes):
            self._ports.notes.write_passing(asked.ASKED, asked.key(node), "")
            del self._asked[node]
            if node in self._restarted & set(heard):
                self._ports.say(f"{node}: Nova hears of its nova-compute again")
            self._restarted.discard(node)


def _bus(hosts: Collection[NovaHost]) -> str:
    return (
        f"{', '.join(sorted(hosts))} fell silent together: look at their message bus; "
        "no nova-compute is restarted for it"
    )


def _left(one: Watched, why: str) -> str:
    return (
        f"nova-compute of {one.host} hangs and is not restarted: {why}; "
        f"kill it on {one.node}, and Pacemaker starts it"
    )


def _restarted(one: Watched) -> str:
    return f"nova-compute of {one.host} hangs: Pacemaker restarts it"
