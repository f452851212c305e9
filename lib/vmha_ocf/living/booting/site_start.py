"""The start of a whole site: no controller had quorum, and most of its hosts have booted since. Pure.

After a power cut controllers are back before their hosts, and Pacemaker fences what is just booting: it
has not seen it yet. To evacuate that would move instances off hosts that are about to return, onto the few
that were first. So what is fenced since the start waits for a while, and comes back with its host if that
is sooner. A host that has not come back by then is nobody's failure, where Pacemaker does not fence what it
has not seen: it is named, with the command that makes it one.

That no controller had quorum is told by attrd, which keeps what it knows in the memory of the controllers
together: what a worker has left there is gone only if all of them were away, or if the worker was stopped,
as Pacemaker does where quorum is lost. Whether hosts have booted is
told by the ids of their boots: who is there in a boot that served before the controllers were back has not
been off. Where these are half of all that are known or more, no site was.

    evacuation-site-start   permanent, of a controller: ``at=1763695800 awaited=compute-1,compute-7``, when
                            it began, and the hosts that have not been seen since
    evacuation-alive        in attrd until all controllers are away: a worker has been here; ``left`` once
                            it was stopped. ``at=1763695800 up=86400 on=ctl1``: what its clock showed, and
                            how long that controller was up: by that it is seen that somebody has set it
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vmha_ocf.cluster.storm import Shown
from vmha_ocf.model import Flag, NodeName
from vmha_ocf.proof.boots import Served
from vmha_ocf.proof.presence import Nodes, is_proved

ATTRIBUTE = "evacuation-site-start"
ALIVE = "evacuation-alive"
LEFT = "left"
BEFORE = 120.0
"""Seconds before the first look of a worker that count as its site's start: Pacemaker may have fenced what
it did not see before there was a worker. No power cut is over that soon."""
_ALIVE = re.compile(r"at=(?P<at>[0-9]{1,12}) up=(?P<up>[0-9]{1,12}) on=(?P<on>[!-~]{1,200})")
_TEXT = re.compile(r"at=(?P<at>[0-9]{1,12}) awaited=(?P<awaited>[!-~]{0,100000})")


@dataclass(frozen=True, slots=True)
class SiteStart:
    at: float
    """Seconds since the epoch."""
    awaited: frozenset[NodeName] = frozenset()
    """Hosts that nobody has seen since."""

    def seen(self, nodes: Nodes) -> SiteStart:
        """Whoever is there, has been fenced or is no node any more is not awaited."""
        left = {one for one in self.awaited if one in nodes and is_absent(one, nodes)}
        return SiteStart(self.at, frozenset(left))

    def lasts(self, now: float, seconds: float) -> bool:
        """``seconds``: for how long a site may take to start."""
        return now < self.at + seconds


def format_alive(shown: Shown, me: NodeName) -> str:
    return f"at={shown.at:.0f} up={shown.up:.0f} on={me}"


def parse_alive(text: str, me: NodeName, up: float) -> Shown | None:
    """None where it is of another controller, or of an earlier boot of this one, ``up`` for so long."""
    match = _ALIVE.fullmatch(text)
    if match is None or match["on"] != me or float(match["up"]) > up + 1.0:
        return None
    return Shown(float(match["at"]), float(match["up"]))


def format_start(start: SiteStart) -> str:
    return f"at={start.at:.0f} awaited={','.join(sorted(start.awaited))}"


def parse_start(text: str) -> SiteStart | None:
    """None for what none of us wrote."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    names = filter(None, match["awaited"].split(","))
    return SiteStart(float(match["at"]), frozenset(map(NodeName, names)))


def newest(texts: Iterable[str]) -> SiteStart | None:
    found = [one for one in map(parse_start, texts) if one is not None]
    return max(found, key=lambda one: one.at, default=None)


def is_absent(node: NodeName, nodes: Nodes) -> bool:
    state = nodes[node]
    return not state.online and not state.fenced


def has_kept_running(
    served: Mapping[NodeName, Served],
    booted: Mapping[NodeName, str],
    looked: Mapping[NodeName, str],
    start: SiteStart,
) -> bool:
    """Half of the hosts or more were in service in this very boot before. ``served``: the newest boot of
    each in which it was; ``booted``: that of those which are there; ``looked``: the last one of each whose
    instances a worker has looked after, which takes longer than a site's start."""
    same = [
        node
        for node, one in served.items()
        if booted.get(node) == one.boot and (one.since < start.at or looked.get(node) == one.boot)
    ]
    return 2 * len(same) >= len(served)


def is_of_the_start(flag: Flag, start: SiteStart) -> bool:
    """It was fenced since, and not before."""
    return is_proved(flag) and flag.evidence is not None and flag.evidence.at >= start.at


def fenced(flags: Collection[Flag], start: SiteStart, seconds: float) -> str:
    """What Pacemaker has fenced meanwhile; "" is nothing."""
    names = sorted({str(flag.node or flag.host) for flag in flags})
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    were, they_are = ("were", "they are") if names[1:] else ("was", "it is")
    return (
        f"this site started at {_clock(start.at)}, and {', '.join(names[:5])}{more} {were} fenced since: "
        f"evacuated from {_clock(start.at + seconds)} on, unless {they_are} back by then"
    )


def absent(start: SiteStart, nodes: Nodes, stopped: Collection[NodeName]) -> Sequence[str]:
    """One sentence for each host that has not come back. ``stopped``: people have stopped watching."""
    return [
        f"{node} has not been seen since this cluster started at {_clock(start.at)}, and nobody fences it: "
        f"if it is off: pcs stonith fence {node}"
        for node in sorted(start.seen(nodes).awaited - set(stopped))
    ]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")
