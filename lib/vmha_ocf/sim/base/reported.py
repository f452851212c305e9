"""What the operator was told about instances, and from when to when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.model import InstanceId


@dataclass
class _Spell:
    """Rounds in a row that told of an instance; virtual seconds."""

    first: float
    last: float


class Reported:
    """A word about an earlier failure is none about this one, so the times count."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.reasons: dict[InstanceId, str] = {}
        """The newest for each that was ever told of."""
        self._ever: dict[InstanceId, dict[str, None]] = {}
        self._now = now
        self._spells: dict[InstanceId, list[_Spell]] = {}
        self._latest: Mapping[InstanceId, str] = {}

    def take(self, told: Mapping[InstanceId, str]) -> None:
        """What one round told."""
        now = self._now()
        for instance in told:
            spells = self._spells.setdefault(instance, [])
            if instance in self._latest:
                spells[-1].last = now
            else:
                spells.append(_Spell(now, now))
        self._latest = dict(told)
        self.reasons.update(told)
        for instance, reason in told.items():
            self._ever.setdefault(instance, {})[reason] = None

    def ever(self, instance: InstanceId) -> Sequence[str]:
        """All that it was told of for, the newest last."""
        return list(self._ever.get(instance, ()))

    def between(self, instance: InstanceId, start: float, end: float) -> bool:
        """Whether it was told of at some time from ``start`` to ``end``."""
        return any(
            spell.first <= end and spell.last >= start for spell in self._spells.get(instance, ())
        )
