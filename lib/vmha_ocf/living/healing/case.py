"""One instance that is in trouble, with all that is at hand about it. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.healing.episode import Episode, episode_of
from vmha_ocf.living.healing.verdict import RESTART, Verdict
from vmha_ocf.model import Instance


@dataclass(frozen=True, slots=True)
class Case:
    instance: Instance
    trouble: Trouble
    wish: Verdict = RESTART
    """What is wanted for it."""

    @property
    def episode(self) -> Episode:
        return episode_of(self.instance.id, self.trouble)
