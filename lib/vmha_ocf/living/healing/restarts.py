"""One hard reboot for each failure: looked at right before, sent once, followed to its end.

What is remembered here paces, and knows of a request before Nova lists it. A worker that comes after one
that was killed finds its requests in Nova's own list of what was asked of an instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from vmha_ocf.cloud.policy.values import Guests
from vmha_ocf.errors import (
    NovaBusy,
    NovaFailed,
    NovaRefused,
    NovaUnavailable,
    NovaUnreached,
    VmhaError,
)
from vmha_ocf.evacuation.pace import LONGEST_REST
from vmha_ocf.living.healing import attempts
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.episode import WORDS, Episode, named
from vmha_ocf.living.healing.judgement import Asked, by_actions
from vmha_ocf.living.healing.pace import Pace
from vmha_ocf.living.healing.verdict import LEAVE, RESTART, WAIT, Next, Verdict, tell
from vmha_ocf.model import Action, InstanceId, Monotonic, NovaHost
from vmha_ocf.ports import Ports

SOON = 3.0
"""Seconds after which something that Nova refused is looked at again."""
KEPT = 30.0
"""Seconds that what was asked of an instance is taken for known, where it keeps us from restarting it."""
_ENDED = (NovaUnreached, NovaFailed)
"""Answers to a request that do no more: if it had an effect, Nova's list has it before the next one."""
_GONE = 404
_LEAST_REST = 1.0
"""Seconds."""
_PATIENCE = 10.0
"""Seconds after which it is told that Nova wants a rest."""


@dataclass(frozen=True, slots=True)
class _Answer:
    verdict: Verdict
    reboots: int = 0
    """In Nova's list, before our request."""
    error: VmhaError | None = None
    """Of the request, or of the question before it."""
    asked: bool = False
    attempt: int = 0


class Restarts:
    """``may``: of these hosts, those whose instances may be restarted now; read right before."""

    def __init__(
        self, ports: Ports, may: Callable[[Collection[NovaHost]], Collection[NovaHost]]
    ) -> None:
        self._ports = ports
        self._may = may
        self._pace = Pace()
        self._rest_until = Monotonic(0.0)
        self._busy_since: Monotonic | None = None
        """Since when Nova wants a rest, each time."""
        self._asked: dict[Episode, tuple[Case, Monotonic, Asked]] = {}
        """When, and what; as of then."""
        self._settled: dict[Episode, tuple[Monotonic, Verdict]] = {}
        """Until when, and what."""
        self._known: dict[InstanceId, int] = {}
        """How many reboots Nova's list has for it, our last one with them."""
        self._sent: defaultdict[InstanceId, list[Monotonic]] = defaultdict(list)

    @property
    def open(self) -> Sequence[Case]:
        """Those that were asked for, and are not over."""
        return [case for case, _, _ in self._asked.values()]

    def asked(self, episode: Episode) -> Asked | None:
        if episode not in self._asked:
            return None
        _, at, asked = self._asked[episode]
        return replace(asked, age=self._now - at)

    def settled(self, episode: Episode) -> Verdict | None:
        """What was found right before a request, as long as that is good."""
        until, verdict = self._settled.get(episode, (self._now, None))
        return verdict if self._now < until else None

    def told_before(self, episode: Episode) -> Verdict | None:
        """What was found last, good still or not: it is told until something else is found."""
        _, verdict = self._settled.get(episode, (self._now, None))
        return verdict

    def only(self, current: Collection[Episode]) -> None:
        """What was found of all others is of the past."""
        self._settled = {one: found for one, found in self._settled.items() if one in current}

    def until_next(self, rules: Guests) -> float:
        """Seconds until another one may go."""
        return max(self._rest_until - self._now, self._pace.until_next(rules, self._now), 0.0)

    def end(self, episode: Episode) -> float:
        """Of an open one: seconds since it was asked for."""
        _, at, _ = self._asked.pop(episode)
        return self._now - at

    def run(self, cases: Sequence[Case], rules: Guests) -> int:
        """As many of them as may go now; how many have been looked at."""
        room = 0 if self._now < self._rest_until else self._pace.room(rules, self._now)
        turn = cases[:room]
        hosts = set(self._may({one.instance.host for one in turn})) if turn else set()
        turn = [one for one in turn if one.instance.host in hosts]
        answers = self._ports.parallel(lambda one: self._try(one, rules), turn)
        for one, answer in zip(turn, answers, strict=True):
            self._take(one, answer)
        sent = sum(1 for one in answers if one.asked)
        self._pace = self._pace.sent(sent, rules, self._now)
        return len(turn)

    @property
    def _now(self) -> Monotonic:
        return self._ports.clock.monotonic()

    def _try(self, case: Case, rules: Guests) -> _Answer:
        """On a thread of its own. Nothing comes between the last look and the request."""
        try:
            actions = self._ports.nova.actions_of(case.instance)
        except VmhaError as error:
            return _Answer(RESTART, error=error)
        found, reboots = self.judge(case, actions, rules), attempts.reboots(actions)
        if found.next is not Next.RESTART:
            return _Answer(found)
        attempt = 1 + attempts.lately(actions, self._ports.clock.now(), rules.window)
        try:
            self._ports.nova.reboot(case.instance)
        except VmhaError as error:
            return _Answer(found, reboots, error, asked=True, attempt=attempt)
        return _Answer(found, reboots, asked=True, attempt=attempt)

    def judge(self, case: Case, actions: Sequence[Action], rules: Guests) -> Verdict:
        """By what was asked of it."""
        one = case.instance.id
        since = self._now - rules.window
        return by_actions(
            case.trouble,
            case.instance,
            actions,
            rules,
            case.wish,
            now=self._ports.clock.now(),
            known=self._known.get(one, 0),
            sent=sum(1 for at in self._sent.get(one, ()) if at > since),
        )

    def _take(self, case: Case, answer: _Answer) -> None:
        if answer.verdict.next is not Next.RESTART:
            kept = SOON if answer.verdict.next in (Next.WAIT, Next.MOVE) else KEPT
            self.settle(case.episode, answer.verdict, kept)
        elif answer.error is None:
            self._busy_since = None
            self._note(case, answer, "")
            self._say(case, "asked Nova to restart it")
        elif answer.asked:
            self._failed(case, answer, answer.error)
        else:
            why = f"what was asked of it is not known: {answer.error}"
            self.settle(case.episode, tell(why, soon=True), SOON)

    def _failed(self, case: Case, answer: _Answer, error: VmhaError) -> None:
        if isinstance(error, NovaRefused) and error.code == _GONE:
            self.settle(case.episode, LEAVE, KEPT)
        elif isinstance(error, NovaBusy):
            rest = min(max(error.retry_after, _LEAST_REST), LONGEST_REST)
            self._rest_until = Monotonic(self._now + rest)
            self._busy_since = self._now if self._busy_since is None else self._busy_since
            long = self._now - self._busy_since >= _PATIENCE
            self.settle(case.episode, _refused(error) if long else WAIT, rest)
        elif isinstance(error, NovaUnavailable) and not isinstance(error, _ENDED):
            self._note(case, answer, f"the request to restart it got no clear answer ({error})")
            self._say(case, f"the request to restart it got no clear answer: {error}")
        else:
            self.settle(case.episode, _refused(error), SOON)

    def _note(self, case: Case, answer: _Answer, what: str) -> None:
        one = case.instance.id
        self._asked[case.episode] = case, self._now, Asked(0.0, what, answer.attempt)
        self._settled.pop(case.episode, None)
        self._known[one] = answer.reboots + 1
        self._sent[one].append(self._now)

    def settle(self, episode: Episode, verdict: Verdict, seconds: float) -> None:
        """It is so for a while."""
        self._settled[episode] = Monotonic(self._now + seconds), verdict

    def _say(self, case: Case, what: str) -> None:
        self._ports.say(f"{named(case.instance)} {WORDS[case.trouble.kind]}: {what}")


def _refused(error: VmhaError) -> Verdict:
    return tell(f"Nova does not restart it: {error}", soon=True)
