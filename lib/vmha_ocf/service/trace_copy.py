"""A copy of each trace in the memory of the controllers, which nobody restores. Pure.

A configuration that somebody restores takes the traces of the CIB back to what they were: that of a
failure is gone, or one is there again of a failure that is over. So what was written last is kept beside
it, in attrd's private attribute ``evacuate-trace``, key ``nova:<host>``, while one controller lives:

    on=compute-1,ctl1 host=compute-1 service=... at=...    the trace, and the nodes that may keep it
    gone=1763695800.000                                     it was removed, that of this incident or before

A copy counts more than the CIB, but where the CIB tells of a later incident: a version that makes no
copies has written that. Where all controllers were away there is no copy, and the CIB counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cluster.flag_texts import KEY_PREFIX
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.service.trace import Trace, Traces, format_trace, parse_entry

ATTRIBUTE = "evacuate-trace"
MOST = 60_000
"""Characters that attrd is given at a time. Of a longer trace there is no copy."""
_COPY = re.compile(r"on=(?P<on>\S{0,1000}) (?P<entry>host=.*)")
_GONE = re.compile(r"gone=(?P<at>[0-9]{1,12}(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True, slots=True)
class Copy:
    incident: float
    trace: Trace | None = None
    """None: it was removed."""
    nodes: Sequence[NodeName] = ()
    """The nodes that may keep it, the first one that there is."""


def key(host: NovaHost) -> str:
    """attrd's keys ignore case."""
    return KEY_PREFIX + host.casefold()


def format_copy(trace: Trace, nodes: Sequence[NodeName]) -> str:
    """ "" where it is too long. Raises ParameterError as format_trace does."""
    text = f"on={','.join(nodes)} {format_trace(trace)}"
    return text if len(text) <= MOST else ""


def format_gone(known: Iterable[Trace | Copy | None]) -> str:
    """After what is known of it, of the CIB and of its copy; "" is nothing."""
    incidents = [one.incident for one in known if one is not None]
    return f"gone={max(incidents):.3f}" if incidents else ""


def parse_copy(text: str) -> Copy | None:
    """None for what none of us wrote."""
    gone = _GONE.fullmatch(text)
    if gone is not None:
        return Copy(float(gone["at"]))
    match = _COPY.fullmatch(text)
    trace = parse_entry(match["entry"]) if match is not None else None
    if match is None or trace is None:
        return None
    nodes = tuple(NodeName(node) for node in match["on"].split(",") if node)
    return Copy(trace.incident, trace, nodes)


def corrected(written: Traces, copies: Mapping[str, str]) -> Traces:
    """What the CIB has, by what was written last: the hosts of which it has something else are astray."""
    of = dict(written.of)
    astray, certain = set(written.astray), set(written.certain)
    hosts = {key(host): host for host in written.of}
    for its_key, text in copies.items():
        copy = parse_copy(text)
        host = _host_of(copy, hosts.get(its_key.casefold())) if copy is not None else None
        if copy is None or host is None or _is_older(copy, of.get(host)):
            continue
        if of.get(host) != copy.trace:
            astray.add(host)
        of.pop(host, None)
        if copy.trace is not None:
            of[host] = copy.trace
            certain.add(host)
    return Traces(of, written.illegible, frozenset(astray), frozenset(certain))


def _host_of(copy: Copy, written: NovaHost | None) -> NovaHost | None:
    return copy.trace.host if copy.trace is not None else written


def _is_older(copy: Copy, written: Trace | None) -> bool:
    return written is not None and written.incident > copy.incident
