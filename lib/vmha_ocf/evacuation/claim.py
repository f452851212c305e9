"""Our claim on one flagged host: who evacuates it, written for all to see."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from vmha_ocf.agent.settings import Settings
from vmha_ocf.evacuation import acting
from vmha_ocf.evacuation.story import HostStory
from vmha_ocf.model import Epoch, Flag, FlagState
from vmha_ocf.ports import Ports


class Claim(Enum):
    OURS = "ours"
    AFRESH = "afresh"
    """Ours, and the host was fenced again: what lived before does not live now."""
    OVERWRITTEN = "overwritten"
    """By another one, just now."""
    WAITING = "waiting"
    """For what that one may have asked for."""


class HostClaim:
    def __init__(self, ports: Ports, settings: Settings, me: str, story: HostStory) -> None:
        self._flag: Flag | None = None
        self._ports = ports
        self._settle = settings.settle
        self._me = me
        self._story = story
        self._foreign: tuple[tuple[str, float], float] | None = None
        """A claim that has overwritten ours, and since when it is seen (monotonic)."""

    @property
    def flag(self) -> Flag:
        """The host's, as we have claimed it."""
        assert self._flag is not None
        return self._flag

    def take(self, flag: Flag) -> Claim:
        """Write it, unless ``flag`` shows it already. Raises FlagsUnavailable, FlagNotWritten."""
        yields = self._yields(flag)
        if yields:
            return yields
        again = bool(self._flag and flag.evidence and flag.evidence != self._flag.evidence)
        if again:
            self._story.was_fenced_again()
        self._flag = self._claimed(flag)
        return Claim.AFRESH if again else Claim.OURS

    def _yields(self, flag: Flag) -> Claim | None:
        """Our claim was overwritten: whoever did it may have asked for anything. What it asks is let
        settle before we take the host over, as after an earlier worker; a claim that comes again
        begins the wait anew, so that two who would act never do so at once."""
        if self._flag is None or flag.state is not FlagState.CLAIMED:
            return None
        if acting.is_claimed_by(flag, self._flag):
            return None
        now = self._ports.clock.monotonic()
        claim = (flag.owner, flag.since)
        if self._foreign is None or self._foreign[0] != claim:
            self._foreign = claim, now
            return Claim.OVERWRITTEN
        if now - self._foreign[1] >= self._settle:
            self._foreign = None
            return None
        return Claim.WAITING

    def _claimed(self, flag: Flag) -> Flag:
        if self._flag and acting.is_claimed_by(flag, self._flag):
            return replace(flag, evidence=flag.evidence or self._flag.evidence)
        now = self._ports.clock.now()
        claim = replace(
            flag, state=FlagState.CLAIMED, owner=self._me, since=Epoch(float(int(now)))
        )
        self._ports.flags.write(claim)
        if self._flag is None:
            proof = flag.evidence.proof if flag.evidence else "flagged without evidence"
            by = f", fenced by {flag.evidence.by}" if flag.evidence else ""
            self._story.claimed(f"{proof}{by}", self._me)
        return claim
