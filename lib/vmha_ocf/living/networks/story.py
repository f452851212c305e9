"""What is told of networks that hosts have lost, for their history. It decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vmha_ocf.living.networks.lasting import Lasting
from vmha_ocf.living.networks.told import Told
from vmha_ocf.model import LOST, Ailing, Epoch, NodeName, NovaHost, Patient, Turn
from vmha_ocf.ports import Ports

MANY = NovaHost("*")
"""In the place of a host, where it is the network of too many at once."""
_SUFFIX = "-network"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look."""

    told: Iterable[Told]
    lasting: Lasting
    wide: Collection[str]
    """See told.py."""
    hosts: Mapping[NodeName, NovaHost]
    """Those that were looked at, by what Nova calls them."""


_Place = tuple[NovaHost, str]
"""And the network."""


class Story:
    """What an earlier worker has told is told again, and counts once; what is over since ends here."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._open: dict[_Place, Epoch] = {}
        """Since when."""
        self._told: dict[_Place, str] = {}
        self._recalls = True

    def look(self, seen: Seen) -> None:
        self._recall()
        found = {place: one for one in seen.told for place in self._places(one, seen)}
        for place, one in found.items():
            self._go_on(place, one.sentence, seen)
        for place in [one for one in self._open if one not in found]:
            if seen.hosts and not seen.lasting.is_measured(place[1]):
                self._close(place, Turn.ENDED, "the policy does not have it measured any more")
            else:
                self._end(place, seen)

    def off(self) -> None:
        """Nobody asks about networks any more."""
        self._recall()
        for place in list(self._open):
            self._close(place, Turn.ENDED, "the policy asks for nothing any more")

    def _places(self, one: Told, seen: Seen) -> Iterable[_Place]:
        host = MANY if one.node is None else seen.hosts[one.node]
        return [(host, network) for network in one.lost]

    def _recall(self) -> None:
        known = self._ports.recall() if self._recalls else None
        if known is not None:
            self._recalls = False
            for one in known:
                if one.kind == LOST and one.patient.instance is None:
                    network = one.patient.name.removesuffix(_SUFFIX)
                    self._open.setdefault((one.patient.host, network), one.since)

    def _go_on(self, place: _Place, sentence: str, seen: Seen) -> None:
        if place not in self._open:
            ago = seen.lasting.at - self._since(place, seen)
            self._open[place] = Epoch(round(self._ports.clock.now() - ago, 3))
            self._tell(place, Turn.FAILED)
        if self._told.get(place) != sentence:
            self._told[place] = sentence
            self._tell(place, Turn.TOLD, sentence)

    def _since(self, place: _Place, seen: Seen) -> float:
        host, network = place
        return min(
            one.since
            for (node, which), one in seen.lasting.down.items()
            if which == network and host in (MANY, seen.hosts[node])
        )

    def _end(self, place: _Place, seen: Seen) -> None:
        """It is not told any more; one that is down, and not for long enough yet, goes on: it was told of
        by the worker before."""
        host, network = place
        node = next((one for one, its in seen.hosts.items() if its == host), None)
        down = {one for one, which in seen.lasting.down if which == network}
        unknown = {one for one, which in seen.lasting.unknown if which == network}
        if host == MANY:
            if not down | unknown:
                self._close(place, Turn.HEALED)
            elif network not in seen.wide:
                self._close(place, Turn.ENDED, "it is not that of many hosts any more")
        elif node is None:
            self._close(place, Turn.ENDED, f"{host} is not looked at now")
        elif network in seen.wide:
            self._close(place, Turn.ENDED, "it is that of many hosts by now")
        elif node in unknown - down:
            self._close(place, Turn.ENDED, "how it is, nobody knows any more")
        elif node not in down:
            self._close(place, Turn.HEALED)

    def _close(self, place: _Place, turn: Turn, how: str = "") -> None:
        self._tell(place, turn, how)
        del self._open[place]
        self._told.pop(place, None)

    def _tell(self, place: _Place, turn: Turn, detail: str = "") -> None:
        host, network = place
        patient, now = Patient(host, f"{network}{_SUFFIX}"), self._ports.clock.now()
        self._ports.tell(Ailing(turn, patient, LOST, self._open[place], now, detail))
