"""Whether evacuation waits for a person: an operator's hold, or a storm that nobody has released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from vmha_ocf.agent.ahead import Question
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster import storm
from vmha_ocf.cluster.holding_ports import HoldingPorts
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import Flag, NodeName

LOOK_AGAIN = 10.0
"""Seconds between two looks at an operator's hold while nothing is flagged."""


class Held:
    """Not knowing holds too. ``problems`` says why, one sentence for each reason."""

    def __init__(self, ports: HoldingPorts, settings: Settings) -> None:
        self.problems: dict[str, str] = {}
        self.hosts: int | None = None
        """How many compute hosts Nova has, as far as anybody has asked."""
        self.by_hand = Question(ports.holds.read)
        self._ports = ports
        self.shown: storm.Shown | None = None
        """By our clock, when it was looked at first, or was found to be set."""
        self._limits = storm.limits_of(settings)
        self._set: storm.Setting | None = None
        """What was found last."""
        self._moved: dict[float, float] = {}
        """When the flagged hosts were proved to be off: by the flag, and by the clock as it is now."""
        self._failures: storm.Failures | None = None
        """As in the CIB, where only the worker that may act writes them; None: not read."""
        self._looked = -inf

    def look(
        self,
        flags: Iterable[Flag],
        fenced: Mapping[NodeName, float] | None = None,
        *,
        anew: bool = False,
    ) -> bool:
        """``fenced``: when compute nodes were fenced last, in seconds since the epoch, as Pacemaker tells
        and we believe. ``anew``: something is about to be done, also where nothing is flagged."""
        known = list(flags)
        by_hand = self._is_held_by_hand(anew or bool(known))
        pending = [flag for flag in known if flag.pending]
        return self._is_storm(pending, fenced or {}) or by_hand

    def end_release(self, flags: Iterable[Flag]) -> None:
        """A release that has aged, and whose storms are over, ends: what fails next week is looked at
        by a person again. Raises VmhaError."""
        released = self._released()
        if released is None or self._ports.clock.now() <= released + self._limits.window:
            return
        pending = [flag for flag in flags if flag.pending]
        if not storm.is_covered(pending, self._failures or {}, self._limits):
            self._ports.flags.end_storm_release()

    def _is_held_by_hand(self, anew: bool) -> bool:
        """Told all the time: a hold that was forgotten must not be noticed by the next failure."""
        now = self._ports.clock.monotonic()
        if not anew and "hold" not in self.problems and now - self._looked < LOOK_AGAIN:
            return False
        self._looked = now
        self.problems.pop("hold", None)
        try:
            hold = self.by_hand()
        except VmhaError as error:
            self.problems["hold"] = f"whether evacuation is held is not known: {error}"
            return True
        if hold is not None:
            self.problems["hold"] = hold.reason
        return hold is not None

    def _is_storm(self, pending: Sequence[Flag], fenced: Mapping[NodeName, float]) -> bool:
        self.problems.pop("storm", None)
        why = ""
        try:
            self._follow_clock()
            why = self._why(pending, fenced) if pending else ""
        except VmhaError as error:
            self._failures = None
            why = f"whether too many hosts have failed is not known: {error}" if pending else ""
        if not pending:
            self._failures = None
        if why:
            self.problems["storm"] = why
        return bool(why)

    def _why(self, pending: Sequence[Flag], fenced: Mapping[NodeName, float]) -> str:
        failures = storm.come(self._noted(pending, fenced), self._ports.clock.now())
        why = storm.held(pending, failures, self._limits, hosts=self.hosts)
        if not why:
            return ""
        return storm.held(
            pending, failures, self._limits, hosts=self.hosts, released=self._released()
        )

    def _follow_clock(self) -> None:
        """Where somebody has set it, what is kept is kept by the new time, too."""
        clock = self._ports.clock
        shown = storm.Shown(clock.now(), clock.monotonic())
        if self.shown is None:
            self.shown = shown
        was, window = self.shown.later(shown.up), self._limits.window
        if abs(shown.at - was) < storm.ONE_FAILURE:
            return
        self._set = setting = storm.Setting(was, shown.at)
        known = self._ports.failures.read()
        self._note_new(storm.with_moved(known, setting, window), known)
        released = self._ports.flags.storm_release()
        moved = setting.moved(released, window) if released else None
        if moved is not None:
            self._ports.flags.date_storm_release(moved)
        self._failures, self.shown = None, shown

    def _noted(self, pending: Iterable[Flag], fenced: Mapping[NodeName, float]) -> storm.Failures:
        """The failures, with those that a flag or Pacemaker tells of and that nobody has noted yet."""
        if self._failures is None:
            self._failures = self._ports.failures.read()
        now, window = self._ports.clock.now(), self._limits.window
        # Of what was fenced right before, the flag may come after.
        setting = self._set.later(now) if self._set and now < self._set.now + window else None
        self._follow_flags(pending, setting)
        every = storm.with_flagged(self._failures, pending, self._moved)
        every = storm.with_fenced(every, fenced, since=now - window, now=now)
        if setting is not None:
            every = storm.with_moved(every, setting, window)
        self._note_new(every, self._failures)
        self._failures = every
        return every

    def _follow_flags(self, pending: Iterable[Flag], setting: storm.Setting | None) -> None:
        """They keep the times of a clock that was set back, and may wait for weeks."""
        back = setting if setting is not None and setting.is_back else None
        before, self._moved = self._moved, {}
        for flag in pending:
            at = before.get(flag.proved_at, flag.proved_at)
            moved = back.moved(at, self._limits.window) if back else None
            self._moved[flag.proved_at] = at if moved is None else moved

    def _note_new(self, every: storm.Failures, known: storm.Failures) -> None:
        """What Pacemaker has no node for is known to this worker alone: that holds nobody up."""
        anew, gone = storm.beyond(every, known), storm.beyond(known, every)
        for node in sorted(self._ports.failures.note(anew, gone)) if anew or gone else ():
            self._ports.say(f"{node}: its failure is not kept, Pacemaker has no such node")

    def _released(self) -> float | None:
        """When; one that a person has typed without a time gets that of our first look."""
        released = self._ports.flags.storm_release()
        found = storm.dated(released, self._ports.clock.now())
        if found is not None and found != released:
            self._ports.flags.date_storm_release(found)
        return found
