"""Mistakes about the site: clocks, names, cells, Nova's own timing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from tests.weather.mistakes.over import Over
from vmha_ocf.cloud.records import seconds
from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.model import (
    ComputeService,
    Evacuation,
    Flag,
    Instance,
    NovaHost,
    Services,
)

_LATE = 4.0
"""Seconds after the proof."""


class DistrustsTheFuture(Over):
    """Whose heartbeat is of a time to come has a broken clock, and is not up any more."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._broken: set[NovaHost] = set()

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        now = self._clock.now()
        self._broken |= {one.host for one in found.known if (seconds(one.updated_at) or 0.0) > now}
        return replace(
            found,
            known=[
                replace(one, up=False) if one.host in self._broken else one for one in found.known
            ],
        )


class OldAtFirstSight(Over):
    """A flag that it sees late for the first time is an earlier worker's, and that one's to the end."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._young: dict[NovaHost, bool] = {}

    def read(self) -> Mapping[NovaHost, Flag]:
        flags = cast(Mapping[NovaHost, Flag], self._port.read())
        now = self._clock.now()
        for host, flag in flags.items():
            self._young.setdefault(host, now - flag.proved_at < _LATE)
        return {host: flag for host, flag in flags.items() if self._young[host]}


class AddsADomainTwice(Over):
    """Adds the domain to each name, also to one that has it."""

    def read(self) -> Mapping[NovaHost, Flag]:
        return {
            self._longer(host): replace(flag, host=self._longer(flag.host))
            for host, flag in self._port.read().items()
        }

    def _longer(self, host: NovaHost) -> NovaHost:
        name, dot, rest = host.partition(".")
        return NovaHost(f"{name}.{rest}.{rest}") if dot else host


class ComesFromTheFuture(Over):
    """What is of a later time than now is an error of Nova's, and left out."""

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        now = self._clock.now()
        return [
            one
            for one in self._port.evacuations_from(host)
            if (seconds(one.created_at) or 0.0) <= now
        ]


class OldRecordsAreLost(Over):
    """A record that has not changed for 20 s, by its own clock, is of an evacuation that was lost."""

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        now = self._clock.now()
        return [
            replace(one, status="failed")
            if one.status in ("accepted", "pre-migrating")
            and now - (seconds(one.updated_at or one.created_at) or 0.0) > 20.0
            else one
            for one in self._port.evacuations_from(host)
        ]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._port.instances_on(host)]


class DoesNotReadMaps(Over):
    """What pcmk_host_map says is not read: a node is called what Pacemaker calls it."""

    name = "pcmk_host_map"

    def configuration(self) -> Configuration:
        found = cast(Configuration, self._port.configuration())
        return replace(found, resources=[self._without(one) for one in found.resources])

    def _without(self, one: Resource) -> Resource:
        kept = {name: value for name, value in one.parameters.items() if name != self.name}
        return replace(one, parameters=kept)


class DoesNotReadTheDevicesDomain(DoesNotReadMaps):
    """The domain of a fencing device is not read."""

    name = "domain"


class NeedsAllCells(Over):
    """A service without a state is one that its client cannot read: the whole list is an error."""

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        if found.unknown:
            raise NovaUnavailable("the list of services cannot be read: 'state' is missing")
        return found


class RemembersCellsThatAreDown(Over):
    """A host that was unknown once is unknown for ever."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._unknown: frozenset[NovaHost] = frozenset()

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        self._unknown |= found.unknown
        return Services(
            [one for one in found.known if one.host not in self._unknown], self._unknown
        )


class SilentIsDown(Over):
    """Who has not reported for some seconds is down, whatever Nova says."""

    silence: float

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._seen: dict[NovaHost, tuple[str, float]] = {}

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        return replace(found, known=[self._judged(one) for one in found.known])

    def _judged(self, one: ComputeService) -> ComputeService:
        now = self._clock.monotonic()
        text, since = self._seen.get(one.host, ("", now))
        if text != one.updated_at:
            since = now
        self._seen[one.host] = one.updated_at, since
        return replace(one, up=False) if now - since > self.silence else one


class SilentFor25Seconds(SilentIsDown):
    silence = 25.0


class SilentFor45Seconds(SilentIsDown):
    silence = 45.0


class FlagsTheNode(Over):
    """Writes flags by the names of nodes, as if Nova had the same."""

    def write(self, flag: Flag) -> None:
        self._port.write(replace(flag, host=NovaHost(str(flag.node or flag.host))))


class NothingIsOlderThanItsRequest(Over):
    """A record from before its own request is of an earlier evacuation, by two clocks."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._asked: dict[str, float] = {}

    def evacuate(self, instance: Instance) -> None:
        self._asked[instance.id] = self._clock.now()
        self._port.evacuate(instance)

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        return [
            replace(one, status="failed")
            if (seconds(one.created_at) or 0.0) < self._asked.get(one.instance, 0.0) - 0.5
            and one.status in ("accepted", "pre-migrating")
            else one
            for one in self._port.evacuations_from(host)
        ]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._port.instances_on(host)]
