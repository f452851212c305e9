"""The requests of a round: each host gets its share of the room, and all are sent at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from vmha_ocf.agent.settings import Settings
from vmha_ocf.evacuation.host import HostRound
from vmha_ocf.evacuation.pace import Pace
from vmha_ocf.evacuation.requests import Reply, load_of
from vmha_ocf.evacuation.steps import Request
from vmha_ocf.model import NovaHost
from vmha_ocf.ports import Ports

Asked = Sequence[tuple[HostRound, Sequence[Request]]]


class Requesting:
    def __init__(self, ports: Ports, settings: Settings) -> None:
        self._ports = ports
        self._caps = settings.caps
        self._pace = Pace(settings.caps.total)
        self._asked: dict[NovaHost, float] = {}
        """When something was last asked for, for each host."""

    def plan(
        self,
        looked: Sequence[HostRound],
        flagged: Iterable[HostRound],
        room: int,
        *,
        held: bool = False,
    ) -> Asked:
        """What each of ``looked`` is to be asked for. ``flagged``: all whose evacuation goes on; ``held``:
        evacuation is.

        The first ones leave to each of the others as much as they take; what those do not need is
        for the next round, which follows at once. Where there is room for few, whoever has waited
        longest is first, and last are those that only have what was asked for in vain."""
        known = list(flagged)
        self._asked = {one.host: self._asked.get(one.host, -inf) for one in known}
        planned = []
        for place, host in enumerate(sorted(looked, key=self._turn)):
            busy = {group for one in known if one is not host for group in one.busy_groups}
            share = -(-room // (len(looked) - place))
            requests = host.plan(share, busy, held=held)
            room -= min(room, len(requests))
            planned.append((host, requests))
        return planned

    def _turn(self, host: HostRound) -> tuple[bool, float]:
        return host.only_in_vain, self._asked.get(host.host, -inf)

    def send(self, planned: Asked) -> None:
        """The memory of each host knows before Nova does."""
        asked = [(host, requests) for host, requests in planned if requests]
        for host, requests in asked:
            host.asking(requests)
        each = [(host, request) for host, requests in asked for request in requests]
        replies = self._ports.parallel(_send, each)
        heard: dict[int, list[Reply]] = {}
        for (host, _), reply in zip(each, replies, strict=True):
            heard.setdefault(id(host), []).append(reply)
        for host, _ in asked:
            host.heard(heard[id(host)])
        if replies:
            now = self._ports.clock.monotonic()
            self._asked.update((host.host, now) for host, _ in asked)
            self._pace = self._pace.after(load_of(replies), most=self._caps.total, now=now)

    def room(self, destinations: int, in_flight: int) -> int:
        """Requests that the caps over all hosts still allow. ``destinations``: how many hosts can take
        instances; 0 where nobody knows."""
        spread = self._caps.per_destination * destinations or self._caps.total
        paced = self._pace.room(self._ports.clock.monotonic())
        return max(0, min(self._caps.total, spread, paced) - in_flight)


def _send(one: tuple[HostRound, Request]) -> Reply:
    host, request = one
    return host.send(request)
