"""Deliberate mistakes of the product, each of which one weather shows, and a kind world does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from vmha_ocf.errors import NovaBusy, NovaDenied, NovaUnavailable, NovaUnreached
from vmha_ocf.model import ComputeService, Evacuation, ImageId, Instance, NovaHost
from vmha_ocf.sim.tripwire import Wrap

P = TypeVar("P")
NOVA = "NovaEvacuate.nova"


class Over:
    """A port as it is, but for what a subclass does in another way."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class RepeatsALostRequest(Over):
    """Sends the POST again when its answer is lost, as a library does whose retries are on."""

    def evacuate(self, instance: Instance) -> None:
        try:
            self._port.evacuate(instance)
        except NovaUnreached:
            raise
        except NovaUnavailable:
            self._port.evacuate(instance)


class TakesBusyForDone(Over):
    """Takes "busy" for "done"."""

    def update_service(self, service: ComputeService, change: Any) -> ComputeService:
        try:
            return cast(ComputeService, self._port.update_service(service, change))
        except NovaBusy:
            return service

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        try:
            return cast(Sequence[Instance], self._port.instances_on(host))
        except NovaBusy:
            return []


class TakesNoConnectionForNothing(Over):
    """Not reached is nothing there."""

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        try:
            return cast(Sequence[Instance], self._port.instances_on(host))
        except NovaUnreached:
            return []

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        try:
            return cast(Sequence[Evacuation], self._port.evacuations_from(host))
        except NovaUnreached:
            return []


class OnlyItsOwn(Over):
    """Keeps in its own memory what it has asked for, and believes nothing else."""

    def __init__(self, port: Any) -> None:
        super().__init__(port)
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

    def __init__(self, port: Any) -> None:
        super().__init__(port)
        self._tags: dict[str, Instance] = {}

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        found = self._port.instances_on(host)
        for one in found:
            self._tags.setdefault(one.id, one)
        return [replace(one, tags=self._tags[one.id].tags) for one in found]


class NoMarkWhere(Over):
    """An image that cannot be asked for carries no mark."""

    error: type[Exception] = NovaDenied

    def image_marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        asked = tuple(images)
        try:
            return cast(Mapping[ImageId, Mapping[str, str]], self._port.image_marks(asked))
        except self.error:
            return {image: {} for image in asked}


class NoMarkWhereDenied(NoMarkWhere):
    """An image that Glance denies carries no mark."""


class NoMarkWhereAway(NoMarkWhere):
    """An image that Glance does not answer for carries no mark."""

    error = NovaUnreached


def at(name: str, kind: Callable[[Any], Any]) -> Wrap:
    def wrap(port: P, here: str) -> P:
        return cast(P, kind(port)) if here == name else port

    return wrap


@dataclass(frozen=True)
class Break:
    weather: str
    scenario: str
    where: str
    mistake: Callable[[Any], Any]


BREAKS = (
    Break("nova-answer-lost", "marked-by-image", NOVA, RepeatsALostRequest),
    Break("nova-request-late", "network-cut", NOVA, RepeatsALostRequest),
    Break("nova-busy", "completed-before-it-began", NOVA, TakesBusyForDone),
    Break("nova-unreached", "bootstrap-deadlock", NOVA, TakesNoConnectionForNothing),
    Break("worker-killed-three-times", "completed-too-early", NOVA, OnlyItsOwn),
    Break("tenant-untags", "killer-instance", NOVA, KeepsItsFirstMarks),
    Break("tenant-tags", "untagged-none", NOVA, KeepsItsFirstMarks),
    Break("glance-denied", "marked-by-image", NOVA, NoMarkWhereDenied),
    Break("glance-down", "marked-by-image", NOVA, NoMarkWhereAway),
)
