"""The trace of what we change on a compute service, in a place that only we write. Pure.

Nova's disabled reason is for people, and they write it: ``openstack compute service set --disable
--disable-reason DIMM`` takes our mark away, ``--disable`` alone erases it, ``--enable`` too. So the
same is said in the CIB, before Nova is asked to change anything: permanent attribute
``evacuation-trace`` of the compute node, one entry for each of its hosts, divided by "; ":

    host=compute-1 service=5e41ce00-... at=1763695800.000 changed=forced-down,disabled before=
    host=compute-1 service=5e41ce00-... at=1763695800.000 changed=forced-down before=DIMM%20B2
    host=compute-1 service=5e41ce00-... at=1763695800.000 changed=nothing before= was=<id>:error

``at`` is the incident: the time of the proof that the host was off, 0 where nobody gave one; of the
first one, where it was fenced again before its return.
``changed`` is what we are about to change, so what is not named there was so before us; ``before``
is the reason that somebody else's disable had, written as in a URL. ``was`` names the instances that
were not active before our first attempt. ``untagged=ours`` says that nothing in the cloud was marked
when this host's evacuation began, so that all of its instances are ours until it is over, whatever
their owners, or those of others, mark meanwhile. ``records`` is the newest record of an
evacuation from before this failure, where Nova's clock and ours do not agree and times tell nothing.
It is an attribute of its own, so that versions that do not know it leave it alone.

A trace is a claim about the past, and a restored CIB brings old ones back: what it entitles us to
is decided in service/ownership.py, with Nova's word beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Epoch, InstanceId, NodeName, NovaHost
from vmha_ocf.service.marker import Ours

ATTRIBUTE = "evacuation-trace"

_BETWEEN = "; "
_ENTRY = re.compile(
    r"host=(?P<host>[!-:<-~]{1,200}) service=(?P<service>[!-:<-~]{1,100}) "
    r"at=(?P<at>[0-9]{1,12}(?:\.[0-9]{1,6})?) "
    r"changed=(?P<changed>forced-down,disabled|forced-down|disabled|nothing) "
    r"before=(?P<before>[!-:<-~]{0,4000})(?: was=(?P<was>[0-9A-Za-z:,_-]{1,200000}))?"
    r"(?: untagged=(?P<untagged>ours))?(?: records=(?P<records>[0-9]{1,18}))?"
)
_WAS = re.compile(r"(?P<id>[0-9A-Za-z_-]{1,64}):(?P<state>[a-z][a-z_-]{0,30})")
_STATE = re.compile(r"[a-z][a-z_-]{0,30}")
_PLAIN = "/:,.()@#+*!?="
"""What stays as it is in a reason, beside letters and digits."""


def is_legible_state(text: str) -> bool:
    """Whether it can be kept in ``was``."""
    return _STATE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Trace:
    host: NovaHost
    service: str
    """Its id in Nova: a service that was deleted and made anew is another one."""
    incident: Epoch
    """Seconds since the epoch; 0 is not known."""
    ours: Ours
    was: Mapping[InstanceId, str] = field(default_factory=dict)
    """Instances that were not active before our first attempt, and what they were."""
    untagged: bool = False
    """What carries no mark is ours, too."""
    records: int | None = None
    """Those with a greater id are of this failure. None: their times tell."""


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is written. ``illegible``: entries that nobody of us wrote, by node."""

    of: Mapping[NovaHost, Trace] = field(default_factory=dict)
    illegible: Mapping[NodeName, str] = field(default_factory=dict)
    astray: frozenset[NovaHost] = frozenset()
    """Hosts of which the CIB has something else than was written last (service/trace_copy.py)."""
    certain: frozenset[NovaHost] = frozenset()
    """Hosts whose trace is known to be the last one that was written."""


def format_trace(trace: Trace) -> str:
    """Raises ParameterError where it could not be read again."""
    names = {"forced-down": trace.ours.forced_down, "disabled": trace.ours.disabled}
    changed = ",".join(name for name, is_ours in names.items() if is_ours) or "nothing"
    text = (
        f"host={trace.host} service={trace.service} at={trace.incident:.3f} "
        f"changed={changed} before={quote(trace.ours.before, safe=_PLAIN)}"
    )
    if trace.was:
        text += " was=" + ",".join(f"{one}:{state}" for one, state in sorted(trace.was.items()))
    if trace.untagged:
        text += " untagged=ours"
    if trace.records is not None:
        text += f" records={trace.records}"
    read = parse_entry(text)
    if read is None or (read.host, read.service, read.was) != (
        trace.host,
        trace.service,
        trace.was,
    ):
        raise ParameterError(
            f"what is changed on {trace.host} cannot be recorded: {text[:200]!r}",
            hint="the names of hosts and services are visible characters without a semicolon",
        )
    return text


def parse_entry(text: str) -> Trace | None:
    """Of one host; None for what none of us wrote."""
    match = _ENTRY.fullmatch(text)
    if match is None:
        return None
    changed = match["changed"].split(",")
    ours = Ours("forced-down" in changed, "disabled" in changed, unquote(match["before"]))
    pairs = [_WAS.fullmatch(pair) for pair in match["was"].split(",")] if match["was"] else []
    if not all(pairs):
        return None
    was = {InstanceId(pair["id"]): pair["state"] for pair in pairs if pair}
    host, untagged = NovaHost(match["host"]), match["untagged"] is not None
    newest = None if match["records"] is None else int(match["records"])
    return Trace(host, match["service"], Epoch(float(match["at"])), ours, was, untagged, newest)


def parse(texts: Mapping[NodeName, str]) -> Traces:
    """Of the attribute's values by node. Of two entries for one host the later incident's counts."""
    found: dict[NovaHost, Trace] = {}
    illegible: dict[NodeName, str] = {}
    for node, text in sorted(texts.items()):
        for entry in _entries(text):
            trace = parse_entry(entry)
            if trace is None:
                illegible[node] = entry
            elif trace.host not in found or found[trace.host].incident < trace.incident:
                found[trace.host] = trace
    return Traces(found, illegible)


def with_trace(text: str, trace: Trace) -> str:
    """A node's value with this host's entry in the place of its former one. Others stay as they are,
    those that cannot be read too."""
    return _BETWEEN.join([*_others(text, trace.host), format_trace(trace)])


def keeps(text: str, trace: Trace) -> bool:
    """Whether a node's value has exactly this."""
    return format_trace(trace) in _entries(text)


def mentions(text: str, host: NovaHost) -> bool:
    return any(trace and trace.host == host for trace in map(parse_entry, _entries(text)))


def without(text: str, host: NovaHost) -> str:
    """A node's value without this host's entries; "" where none is left."""
    return _BETWEEN.join(_others(text, host))


def _others(text: str, host: NovaHost) -> Iterator[str]:
    for entry in _entries(text):
        trace = parse_entry(entry)
        if trace is None or trace.host != host:
            yield entry


def _entries(text: str) -> Sequence[str]:
    return [entry.strip() for entry in text.split(_BETWEEN.strip()) if entry.strip()]
