"""Mistakes about others: operators, tenants, other tools, whoever worked here before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from tests.weather.mistakes.over import Over
from vmha_ocf.model import (
    ComputeService,
    Evacuation,
    Flag,
    FlagState,
    Instance,
    NodeName,
    NovaHost,
    ServiceChange,
    Services,
)
from vmha_ocf.service.trace import Traces


class OnlyItsOwn(Over):
    """Keeps in its own memory what it has asked for, and believes nothing else."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._asked: set[str] = set()

    def evacuate(self, instance: Instance) -> None:
        self._asked.add(instance.id)
        self._port.evacuate(instance)

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        return [one for one in self._port.evacuations_from(host) if one.instance in self._asked]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._port.instances_on(host)]


class KeepsItsFirstMarks(Over):
    """Reads the marks of an instance once, and trusts them for ever."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._tags: dict[str, Instance] = {}

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        found = self._port.instances_on(host)
        for one in found:
            self._tags.setdefault(one.id, one)
        return [replace(one, tags=self._tags[one.id].tags) for one in found]


class ListsOnce(Over):
    """Lists the instances of a host once."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._found: dict[NovaHost, Sequence[Instance]] = {}

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        if host not in self._found:
            self._found[host] = self._port.instances_on(host)
        return self._found[host]


class SkipsTheBusy(Over):
    """Whoever has such a task_state is somebody else's affair."""

    states: frozenset[str]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [one for one in self._port.instances_on(host) if one.task_state not in self.states]


class SkipsWhoIsStopping(SkipsTheBusy):
    states = frozenset({"powering-off"})


class SkipsWhoIsResized(SkipsTheBusy):
    states = frozenset({"resize_prep", "resize_migrating"})


class SkipsWhoMigrates(SkipsTheBusy):
    states = frozenset({"migrating"})


class ForgetsItsTraces(Over):
    """Knows what is its own by the reason alone."""

    def read(self) -> Traces:
        return Traces()


class ForcedDownOnce(Over):
    """What it has forced down once is forced down."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._forced: set[NovaHost] = set()

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        found = cast(ComputeService, self._port.update_service(service, change))
        if change.forced_down is not None:
            (self._forced.add if change.forced_down else self._forced.discard)(service.host)
        return found

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        return replace(
            found,
            known=[
                replace(one, forced_down=True, up=False) if one.host in self._forced else one
                for one in found.known
            ],
        )


class DoesNotLookFirst(Over):
    """Until it has forced a host down itself, nobody has."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._forced: set[NovaHost] = set()

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        if change.forced_down:
            self._forced.add(service.host)
        return cast(ComputeService, self._port.update_service(service, change))

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        return replace(
            found,
            known=[
                one if one.host in self._forced else replace(one, forced_down=False)
                for one in found.known
            ],
        )


class RemembersServices(Over):
    """A service that was there once is there."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._seen: dict[NovaHost, ComputeService] = {}

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        there = {one.host: one for one in found.known}
        self._seen |= there
        lost = sorted(self._seen.keys() - there.keys())
        gone = [self._seen[one] for one in lost if host in (None, one)]
        return replace(found, known=[*found.known, *gone])


class Everybody(frozenset[NodeName]):
    """Whoever asks is one of them."""

    def __contains__(self, _: object) -> bool:
        return True


class AsksNobody(Over):
    """Acts because its process lives, and takes any claim for its own: on both of its ports."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._claims: dict[NovaHost, Flag] = {}

    def evacuators(self) -> Collection[NodeName]:
        return Everybody(self._port.evacuators())

    def write(self, flag: Flag) -> None:
        self._port.write(flag)
        if flag.state is FlagState.CLAIMED:
            self._claims[flag.host] = flag

    def read(self) -> Mapping[NovaHost, Flag]:
        return {host: self._own(host, flag) for host, flag in self._port.read().items()}

    def _own(self, host: NovaHost, flag: Flag) -> Flag:
        claim = self._claims.get(host)
        if claim is None or flag.state is not FlagState.CLAIMED:
            return flag
        return replace(flag, owner=claim.owner, since=claim.since)


class DropsWhatIsNotProved(Over):
    """A flag without a record of its proof is a leftover."""

    def read(self) -> Mapping[NovaHost, Flag]:
        return {
            host: flag
            for host, flag in self._port.read().items()
            if flag.evidence is not None or not flag.pending
        }


class LooksAtNoHeartbeats(Over):
    """A proof is a proof: when a nova-compute has reported last does not matter."""

    def services(self, host: NovaHost | None = None) -> Services:
        found = cast(Services, self._port.services(host))
        return replace(
            found,
            known=[one if one.forced_down else replace(one, updated_at="") for one in found.known],
        )


class EnabledIsInService(Over):
    """Whom it has disabled, and who is enabled all the same, is in service: there is nothing to do."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._disabled: set[NovaHost] = set()

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        if change.enabled is not None:
            (self._disabled.discard if change.enabled else self._disabled.add)(service.host)
        return cast(ComputeService, self._port.update_service(service, change))

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        known = self._port.services(host).known
        if host in self._disabled and any(one.enabled for one in known):
            return []
        return cast(Sequence[Instance], self._port.instances_on(host))


class RemembersWhoIsDown(Over):
    """Whom Nova has called down once is down as long as nobody has changed its service."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._down: dict[str, ComputeService] = {}

    def services(self, host: NovaHost | None = None) -> Services:
        found = self._port.services(host)
        return Services([self._as_known(one) for one in found], found.unknown)

    def _as_known(self, one: ComputeService) -> ComputeService:
        if one.forced_down or not one.enabled:
            self._down.pop(one.id, None)
        elif not one.up:
            self._down.setdefault(one.id, one)
        return self._down.get(one.id, one)
