"""Mistakes about answers: those that are late, lost, refused, or not the last word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar, cast

from tests.weather.mistakes.over import Over
from vmha_ocf.errors import (
    FlagsUnavailable,
    NovaBusy,
    NovaDenied,
    NovaUnavailable,
    NovaUnreached,
    VmhaError,
)
from vmha_ocf.model import (
    ComputeService,
    Evacuation,
    ImageId,
    Instance,
    NovaHost,
)

T = TypeVar("T")


class RepeatsALostRequest(Over):
    """Sends the POST again when its answer is lost, as a library does whose retries are on."""

    def evacuate(self, instance: Instance) -> None:
        try:
            self._port.evacuate(instance)
        except NovaUnreached:
            raise
        except NovaUnavailable:
            self._port.evacuate(instance)


class HasNoPatience(Over):
    """Gives an answer a second, and then sends the POST again."""

    def evacuate(self, instance: Instance) -> None:
        began = self._clock.monotonic()
        self._port.evacuate(instance)
        if self._clock.monotonic() - began > 1.0:
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


class NoMarkWhere(Over):
    """An image that cannot be asked for carries no mark."""

    error: ClassVar[type[Exception]] = NovaDenied

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


class NoMarkWhereSlow(Over):
    """An image that Glance takes more than 5 s for carries no mark."""

    def image_marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        asked = tuple(images)
        began = self._clock.monotonic()
        found = cast(Mapping[ImageId, Mapping[str, str]], self._port.image_marks(asked))
        late = self._clock.monotonic() - began > 5.0
        return {image: {} for image in asked} if late else found


class AsksOnce(Over):
    """Takes the first answer about an instance for the last one."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._asked: set[str] = set()

    def evacuate(self, instance: Instance) -> None:
        if instance.id not in self._asked:
            self._asked.add(instance.id)
            self._port.evacuate(instance)


class GivesTheSchedulerFiveSeconds(Over):
    """A record that has no destination after 5 s is lost, and of the past."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._seen: dict[int, float] = {}

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        now = self._clock.monotonic()
        found = cast(Sequence[Evacuation], self._port.evacuations_from(host))
        return [
            replace(one, status="error")
            if one.dest is None
            and one.status == "accepted"
            and now - self._seen.setdefault(one.id, now) > 5.0
            else one
            for one in found
        ]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._port.instances_on(host)]


class LosesItsSession(Over):
    """After one error of a kind, every answer is that error: nobody opens a new session."""

    errors: ClassVar[tuple[type[VmhaError], ...]]

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._lost: VmhaError | None = None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        def call(*args: Any) -> Any:
            if self._lost is not None:
                raise self._lost
            try:
                return found(*args)
            except self.errors as error:
                self._lost = error
                raise

        return call


class DeniedOnceIsDenied(LosesItsSession):
    errors = (NovaDenied,)


class UnreachedOnceIsGone(LosesItsSession):
    errors = (NovaUnreached,)


class SilentOnceIsGone(LosesItsSession):
    """Of attrd, or of the CIB."""

    errors = (FlagsUnavailable,)


class SlowOnceIsGone(Over):
    """Who takes more than 5 s for an answer is away from then on."""

    def __init__(self, port: Any, clock: Any) -> None:
        super().__init__(port, clock)
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        def call(*args: Any) -> Any:
            if self._lost:
                raise NovaUnreached("the connection is closed")
            began = self._clock.monotonic()
            answer = found(*args)
            self._lost = self._clock.monotonic() - began > 5.0
            return answer

        return call
