"""What is told of a nova-compute that Nova misses, for its history. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf.living.processes.hung import Watched
from vmha_ocf.model import Ailing, Epoch, NovaHost, Patient, Turn
from vmha_ocf.ports import Ports

PROCESS = "nova-compute"
HUNG = "hung"


class Story:
    """What an earlier worker has told is told again, and counts once; what is over since ends here."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._open: dict[NovaHost, Epoch] = {}
        """Since when."""
        self._told: dict[NovaHost, set[tuple[Turn, str]]] = {}
        self._recalls = True

    def go_on(self, one: Watched, sentence: str, *, restarted: bool) -> None:
        """It is silent. ``sentence``: what people read of it; "" is nothing yet."""
        if not sentence:
            return
        if one.host not in self._open:
            clock = self._ports.clock
            self._open[one.host] = Epoch(round(clock.now() - (clock.monotonic() - one.since), 3))
            self._tell(Turn.FAILED, one.host)
        if restarted:
            self._tell(Turn.ASKED, one.host)
        else:
            self._tell(Turn.TOLD, one.host, sentence)

    def end(self, every: Iterable[Watched], silents: Iterable[Watched]) -> None:
        """``every``: those that are to report; ``silents``: of these, those that do not."""
        self._recall()
        watched, quiet = {one.host for one in every}, {one.host for one in silents}
        for host in self._open.keys() - quiet:
            heard = host in watched
            how = "" if heard else f"nova-compute is not to run on {host} now"
            self._tell(Turn.HEALED if heard else Turn.ENDED, host, how)
            del self._open[host], self._told[host]

    def _recall(self) -> None:
        known = self._ports.recall() if self._recalls else None
        if known is not None:
            self._recalls = False
            for one in known:
                if one.patient.instance is None and one.patient.name == PROCESS:
                    self._open.setdefault(one.patient.host, one.since)

    def _tell(self, turn: Turn, host: NovaHost, detail: str = "") -> None:
        told = self._told.setdefault(host, set())
        if (turn, detail) not in told:
            told.add((turn, detail))
            patient, now = Patient(host, PROCESS), self._ports.clock.now()
            self._ports.tell(Ailing(turn, patient, HUNG, self._open[host], now, detail))
