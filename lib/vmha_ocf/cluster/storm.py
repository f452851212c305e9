"""The storm limit: too many failures within a time are a mistake until a person says no. Pure.

A storm is entered when more than ``limit`` nodes have failed within ``window`` seconds, whatever has
become of them since: an instance that kills its hypervisors, one a minute, is never seen by counting
those that are down. What was entered lasts until it is released, or until none of its nodes is flagged:
ageing counts for entering alone, and hosts that wait for spare parts, one a week, are no storm.

A release covers the storms that were entered before it, and those of the window that follows it; then it
ends by itself. One node that fails again and again is one: that is no switch and no power feed.

All of this is by the controllers' clock. Where somebody sets it, hosts that fell together would have failed
hours apart: those of the last window by the old time are noted once more, by the new one. Where it was set
back, what has not come yet by the new time is replaced: else it would count as one of now until it comes.

In a large cloud more than ``share`` of the hosts down now are held too, whenever they fell. The share
never makes less of ``limit``: in a small one a single host is a large part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster import hold
from vmha_ocf.cluster.flag_texts import STORM_ATTRIBUTE, STORM_KEY, STORM_RELEASE
from vmha_ocf.model import Flag, NodeName

RELEASE_COMMAND = f"attrd_updater -p -n {STORM_ATTRIBUTE} -N {STORM_KEY} -U {STORM_RELEASE}"
"""What ``vmha release`` does, for who has only Pacemaker's own tools."""
ATTRIBUTE = "evacuation-failures"
"""The node's permanent attribute: when it failed, seconds since the epoch, newest last."""
ONE_FAILURE = 60.0
"""Seconds within which two fencings of a node are one failure: Pacemaker fences one that is still
connected twice, 14 s apart, and no host boots and dies again in less."""
KEPT = 8
"""Times of one node."""
LONGEST = 30 * 86400.0
"""Seconds that a time is kept: nodes may be flagged, and their storm with them, for weeks."""
_TIMES = re.compile(r"[0-9]{1,12}(?: [0-9]{1,12}){0,63}")

Failures = Mapping[NodeName, Sequence[float]]
"""When each node failed, in seconds since the epoch, oldest first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a clock showed, in seconds since the epoch, when the one that nobody sets showed ``up``."""

    at: float
    up: float

    def later(self, up: float) -> float:
        """What it shows then, where nobody sets it."""
        return self.at + up - self.up


@dataclass(frozen=True, slots=True)
class Setting:
    """A clock that would have shown ``was`` showed ``now``."""

    was: float
    now: float

    @property
    def is_back(self) -> bool:
        return self.now < self.was

    def later(self, now: float) -> Setting:
        """One that was set back, when it shows ``now``: what has failed since is not moved."""
        return Setting(self.was + now - self.now, now) if self.is_back else self

    def moved(self, at: float, window: float) -> float | None:
        """A time before it, by the new clock: one of the last window. Of a clock that was set back only
        what has not come yet is known to be of before, however old that is."""
        since = self.now if self.is_back else self.was - window
        return at + self.now - self.was if since < at <= self.was else None


@dataclass(frozen=True, slots=True)
class Limits:
    """``limit`` nodes (0 is none) within ``window`` seconds; ``share`` of all hosts, 0 to 1."""

    limit: int
    window: float
    share: float = 0.0


def limits_of(settings: Settings) -> Limits:
    return Limits(settings.storm_limit, settings.storm_window, settings.storm_share)


@dataclass(frozen=True, slots=True)
class Storm:
    """``at``: when it was entered, in seconds since the epoch."""

    at: float
    nodes: frozenset[NodeName]


def parse_times(text: str) -> tuple[float, ...]:
    """What cannot be read is no failure: it holds nothing and releases nothing."""
    words = text.split() if _TIMES.fullmatch(text.strip()) else []
    return tuple(sorted(float(word) for word in words))


def format_times(times: Iterable[float]) -> str:
    return " ".join(str(int(at)) for at in times)


def noted(times: Sequence[float], at: float) -> Sequence[float]:
    """With a failure more, unless it is one of those that are there: then the same value."""
    if any(abs(known - at) < ONE_FAILURE for known in times):
        return times
    every = sorted([*times, at])
    return [one for one in every if every[-1] - one < LONGEST][-KEPT:]


def with_flagged(
    failures: Failures, flagged: Iterable[Flag], moved: Mapping[float, float] | None = None
) -> Failures:
    """With what the flags themselves tell of, whether it has been noted or not. ``moved``: what stands for
    some of their times, by a clock that was set."""
    every = dict(failures)
    for flag in flagged:
        if flag.evidence:
            node = node_of(flag)
            at = (moved or {}).get(flag.evidence.at, flag.evidence.at)
            every[node] = noted(every.get(node, ()), at)
    return every


def with_fenced(
    failures: Failures, fenced: Mapping[NodeName, float], *, since: float, now: float
) -> Failures:
    """With the fencings that Pacemaker remembers: where somebody has restored a configuration, what we had
    noted is gone, and the flags may be. Only those after ``since``: older ones enter no storm. Pacemaker
    keeps the times of a clock that was ahead: what has not come is one of those that are kept."""
    every = dict(failures)
    for node, at in fenced.items():
        if since < at < now + ONE_FAILURE or (at > since and not every.get(node)):
            every[node] = noted(every.get(node, ()), float(int(at)))
    return every


def with_moved(failures: Failures, setting: Setting, window: float) -> Failures:
    """With what has failed by the old clock as it is by the new one: that errs towards a storm."""
    every = dict(failures)
    for node, times in failures.items():
        for at in times:
            moved = setting.moved(at, window)
            if moved is not None:
                kept = every[node]
                kept = [one for one in kept if one != at] if setting.is_back else kept
                every[node] = noted(kept, float(int(moved)))
    return every


def come(failures: Failures, now: float) -> Failures:
    """What has failed at a time that has not come has failed by now: a clock was ahead."""
    return {node: [min(at, now) for at in times] for node, times in failures.items()}


def beyond(failures: Failures, known: Failures) -> Failures:
    """Those that are not among the ``known``."""
    found = {
        node: [at for at in times if at not in known.get(node, ())]
        for node, times in failures.items()
    }
    return {node: times for node, times in found.items() if times}


def node_of(flag: Flag) -> NodeName:
    """The node whose failure it tells of; upstream's flags name none, and the host stands for it."""
    return flag.node or NodeName(str(flag.host))


def storms(failures: Failures, limits: Limits) -> Sequence[Storm]:
    """Each one that was entered, by when that was."""
    times = sorted((at, node) for node, each in failures.items() for at in each)
    found = []
    for entered, _ in times if limits.limit else ():
        since = entered - limits.window
        nodes = frozenset(node for at, node in times if since < at <= entered)
        if len(nodes) > limits.limit:
            found.append(Storm(entered, nodes))
    return found


def held(
    pending: Iterable[Flag],
    failures: Failures,
    limits: Limits,
    *,
    hosts: int | None = None,
    released: float | None = None,
) -> str:
    """Why evacuation waits for a person; "" if it does not.

    ``hosts``: how many there are, None if that is not known. ``released``: when an operator let it
    go on, in seconds since the epoch."""
    flagged = {node_of(flag) for flag in pending}
    over = -1.0 if released is None else released + limits.window
    if any(one.at > over and one.nodes & flagged for one in storms(failures, limits)):
        why = f"storm_limit={limits.limit} nodes have failed within {limits.window:.0f} s"
        return _told(why, flagged)
    newest = max((failures[node][-1] for node in flagged if failures.get(node)), default=0.0)
    if newest > over and _is_large_share(len(flagged), hosts, limits):
        return _told(f"storm_share={limits.share:.0%} of {hosts} hosts are down", flagged)
    return ""


def _is_large_share(down: int, hosts: int | None, limits: Limits) -> bool:
    most = limits.share * (hosts or 0)
    return 0 < limits.limit < most < down


def dated(released: float | None, now: float) -> float | None:
    """A release that nobody has noted the time of is one of now."""
    return now if released == 0.0 else released


def is_covered(pending: Iterable[Flag], failures: Failures, limits: Limits) -> bool:
    """Whether a storm is going on whose release still counts: one with a node that is flagged."""
    flagged = {node_of(flag) for flag in pending}
    return any(one.nodes & flagged for one in storms(failures, limits))


def _told(why: str, flagged: Collection[NodeName]) -> str:
    names = sorted(flagged)
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return (
        f"more than {why}: evacuation is held, {len(names)} wait ({shown}); to release it run: "
        f"{hold.RELEASE_COMMAND}"
    )
