"""What is told of processes that fail on hosts that live, for their history. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vmha_ocf.living.processes.hung import Watched
from vmha_ocf.living.processes.worn_out import Worn
from vmha_ocf.model import Ailing, Epoch, NovaHost, Patient, Turn
from vmha_ocf.ports import Ports

PROCESS = "nova-compute"
HUNG = "hung"
GIVEN_UP = "given-up"
"""By Pacemaker: it has failed too often."""


@dataclass(frozen=True, slots=True)
class _Failure:
    host: NovaHost
    process: str
    kind: str


class Story:
    """What an earlier worker has told is told again, and counts once; what is over since ends here."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._open: dict[_Failure, Epoch] = {}
        """Since when."""
        self._told: dict[_Failure, set[tuple[Turn, str]]] = {}
        self._recalls = True

    def go_on(self, one: Watched, sentence: str, *, restarted: bool) -> None:
        """It is silent. ``sentence``: what people read of it; "" is nothing yet."""
        if sentence:
            clock, failure = self._ports.clock, _Failure(one.host, PROCESS, HUNG)
            self._begin(failure, clock.now() - (clock.monotonic() - one.since))
            told = (Turn.ASKED, "") if restarted else (Turn.TOLD, sentence)
            self._tell(failure, *told)

    def end(self, every: Iterable[Watched], silents: Iterable[Watched]) -> None:
        """``every``: those that are to report; ``silents``: of these, those that do not."""
        self._recall()
        watched, quiet = {one.host for one in every}, {one.host for one in silents}
        for failure in [one for one in self._open if one.kind == HUNG and one.host not in quiet]:
            heard = failure.host in watched
            how = "" if heard else f"{PROCESS} is not to run on {failure.host} now"
            self._end(failure, Turn.HEALED if heard else Turn.ENDED, how)

    def worn(self, found: Iterable[tuple[NovaHost, Worn]]) -> None:
        """All that Pacemaker has given up now."""
        now = {_Failure(host, it.name, GIVEN_UP): it.sentence for host, it in found}
        for failure, sentence in now.items():
            self._begin(failure, self._ports.clock.now())
            self._tell(failure, Turn.TOLD, sentence)
        for failure in [one for one in self._open if one.kind == GIVEN_UP and one not in now]:
            self._end(failure, Turn.ENDED, "Pacemaker has not given it up any more")

    def _recall(self) -> None:
        known = self._ports.recall() if self._recalls else None
        if known is not None:
            self._recalls = False
            for one in known:
                if one.kind in (HUNG, GIVEN_UP) and one.patient.instance is None:
                    failure = _Failure(one.patient.host, one.patient.name, one.kind)
                    self._open.setdefault(failure, one.since)

    def _begin(self, failure: _Failure, since: float) -> None:
        if failure not in self._open:
            self._open[failure] = Epoch(round(since, 3))
            self._tell(failure, Turn.FAILED)

    def _end(self, failure: _Failure, turn: Turn, how: str) -> None:
        self._tell(failure, turn, how)
        del self._open[failure], self._told[failure]

    def _tell(self, failure: _Failure, turn: Turn, detail: str = "") -> None:
        told = self._told.setdefault(failure, set())
        if (turn, detail) not in told:
            told.add((turn, detail))
            patient, now = Patient(failure.host, failure.process), self._ports.clock.now()
            since = self._open[failure]
            self._ports.tell(Ailing(turn, patient, failure.kind, since, now, detail))
