"""What is told of each failure, for its history: that it is there, what was done, and how it ended.

What an earlier worker has told is told again, and counts once; what it had told of, and is over since, ends
here. Nothing ends while Nova has it in error, as a restart may leave it, whatever its host says: after a
boot, or where Nova has undefined it, that is nothing. It is told until it runs, or is gone from there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set

from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.elsewhere import Turned
from vmha_ocf.living.healing.episode import Episode, told
from vmha_ocf.living.healing.judgement import Asked, in_error
from vmha_ocf.living.healing.verdict import Next, Verdict
from vmha_ocf.model import Ailing, Epoch, Flag, Instance, InstanceId, NovaHost, Patient, Turn
from vmha_ocf.ports import Ports

Listed = Mapping[NovaHost, Mapping[InstanceId, Instance]]
_OPENS = (Next.RESTART, Next.MOVE, Next.TELL)
_KINDS = {kind.value: kind for kind in Kind}


class Story:
    """``asked``: what was asked for an episode by this worker, if anything was."""

    def __init__(self, ports: Ports, asked: Callable[[Episode], Asked | None]) -> None:
        self._ports = ports
        self._asked = asked
        self.left: dict[InstanceId, str] = {}
        """What failed, and is in error now: why a person has to look."""
        self._open: dict[Episode, Patient] = {}
        self._told: dict[Episode, set[tuple[Turn, str]]] = {}
        self._recalls = True

    @property
    def hosts(self) -> Set[NovaHost]:
        """Where something has failed, and is not over."""
        return {patient.host for patient in self._open.values()}

    def look(self, judged: Iterable[tuple[Case, Verdict]]) -> None:
        """At all that is reported now."""
        self._recall()
        for case, verdict in judged:
            if verdict.next is Next.LEAVE:
                self._left(case.episode)
                continue
            episode, asked = case.episode, self._asked(case.episode)
            ago = _known_ago(case, verdict) if asked is None else asked.age
            at = Epoch(self._ports.clock.now() - (ago or 0.0))
            if ago is not None or verdict.next in _OPENS:
                one = case.instance
                self._open[episode] = Patient(one.host, one.name, one.id, one.project)
                self._tell(Turn.FAILED, episode, at=at)
            if ago is not None:
                attempt = 0 if asked is None else asked.attempt
                self._tell(Turn.ASKED, episode, at=at, attempt=attempt)
            if verdict.next is Next.TELL:
                self._tell(Turn.TOLD, episode, verdict.why)

    def turn(self, turned: Turned) -> None:
        """Of one that is moved."""
        self._recall()
        if turned.episode not in self._open:
            return
        if turned.turn in (Turn.HEALED, Turn.ENDED):
            self._end(turned.turn, turned.episode, turned.detail)
        else:
            self._tell(turned.turn, turned.episode, turned.detail)

    def end(
        self,
        current: Collection[Episode],
        heard: Collection[NovaHost],
        flags: Mapping[NovaHost, Flag],
        listed: Listed,
    ) -> None:
        """What is not reported any more. ``heard``: the hosts that have just said what is down there."""
        self.left = {}
        again = {one.instance for one in current}
        for episode, patient in list(self._open.items()):
            host = patient.host
            if self._outlasts(episode, flags.get(host), listed.get(host)):
                continue
            if host in flags:
                self._end(Turn.ENDED, episode, f"{host} is flagged, which comes first")
            elif episode in current or host not in heard or host not in listed:
                continue
            elif episode.instance in again:
                self._end(Turn.ENDED, episode, "it has failed again since")
            else:
                self._is_over(episode, host, listed[host].get(episode.instance))

    def off(self) -> None:
        """Nobody asks about guests any more."""
        self._recall()
        for episode in list(self._open):
            self._end(Turn.ENDED, episode, "the policy asks for nothing any more")

    def _recall(self) -> None:
        known = self._ports.recall() if self._recalls else None
        if known is None:
            return
        self._recalls = False
        for one in known:
            kind = _KINDS.get(one.kind)
            if one.patient.instance is not None and kind is not None:
                self._open.setdefault(Episode(one.patient.instance, kind, one.since), one.patient)

    def _outlasts(
        self, episode: Episode, flag: Flag | None, listed: Mapping[InstanceId, Instance] | None
    ) -> bool:
        """Also its host's failure, where nothing is listed before that is dealt with."""
        if flag is not None and listed is None:
            return True
        one = (listed or {}).get(episode.instance)
        if one is None or one.vm_state != "error":
            return False
        why = in_error(one)
        self.left[one.id] = told(one, episode.kind, why)
        self._tell(Turn.TOLD, episode, why)
        return True

    def _left(self, episode: Episode) -> None:
        if episode in self._open:
            self._end(Turn.ENDED, episode, "its owner or the policy wants it left as it is")

    def _is_over(self, episode: Episode, host: NovaHost, now: Instance | None) -> None:
        if now is None:
            self._end(Turn.ENDED, episode, f"it is not on {host} any more")
        elif now.task_state is None and now.vm_state == "active":
            self._end(Turn.HEALED, episode)
        elif now.task_state is None:
            self._end(Turn.ENDED, episode, f"Nova has it {now.vm_state}")

    def _end(self, turn: Turn, episode: Episode, how: str = "") -> None:
        self._tell(turn, episode, how)
        del self._open[episode], self._told[episode]

    def _tell(
        self,
        turn: Turn,
        episode: Episode,
        detail: str = "",
        *,
        at: Epoch | None = None,
        attempt: int = 0,
    ) -> None:
        """Once each."""
        told = self._told.setdefault(episode, set())
        if (turn, detail) in told:
            return
        told.add((turn, detail))
        kind, now = episode.kind.value, self._ports.clock.now()
        at, patient = now if at is None else at, self._open[episode]
        self._ports.tell(Ailing(turn, patient, kind, episode.since, at, detail, attempt))


def _known_ago(case: Case, verdict: Verdict) -> float | None:
    """How many seconds ago its restart was asked for, by a worker before this one or by anybody; None if it
    was not. One that is under way is taken for one of now."""
    under_way = (case.instance.task_state or "").startswith("reboot")
    return 0.0 if verdict.asked is None and under_way else verdict.asked
