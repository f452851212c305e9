"""The two records of the evacuation flag and their text forms. Pure.

attrd, private attribute ``evacuate``, with the values that upstream's agents know:

    yes                        evacuation needed
    <controller>@<epoch>       claimed: being evacuated by that controller since then
    no                         done
    (empty or unset)           no flag

Its key ("node" in attrd's words) is ``nova:<host>``: no Pacemaker node can have that name, because
Pacemaker forgets all attributes of a remote node's own name when its connection stops or starts. A
key without the prefix was written by upstream's agents, or by hand, and is the Nova host's name.

CIB, permanent attribute ``evacuation`` of the compute node, present as long as the evacuation is
not over: ``host=compute-1 at=1763695800 by=ctl1 proof=BMC 192.0.2.7 answered off``. It survives
the stop of all controllers, and a location rule on its presence keeps NovaCompute away.

A machine that runs several nova-computes has a record for each: the further ones in ``evacuation-2`` and
so on, of the same form. A version that knows only ``evacuation`` reads what it always read, and has the
others from attrd.

attrd's keys ignore case and keep the spelling of their first writer, so hosts are matched without
case here, and the CIB record's spelling wins.

attrd has no compare-and-set. The claim is safe because Pacemaker runs one NovaEvacuate, and is
checked against Nova's own records all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NovaHost

ATTRIBUTE = "evacuate"
STORM_ATTRIBUTE = "evacuate-storm"
STORM_KEY = "nova:"
STORM_RELEASE = "release"
RECORD = "evacuation"
RECORDS = (RECORD, *(f"{RECORD}-{number}" for number in range(2, 9)))
"""One for each host of a machine, in no order: whoever comes first takes the first that is free."""
KEY_PREFIX = "nova:"

# Only what people can be shown as it is, and not more than they can read: anybody who may set an
# attribute can write here.
_CLAIM = re.compile(r"(?P<owner>[!-?A-~]{1,200})@(?P<since>[0-9]{1,12})")
_RECORD = re.compile(
    r"host=(?P<host>[!-~]{1,200}) at=(?P<at>[0-9]{1,12}(?:\.[0-9]{1,6})?) "
    r"by=(?P<by>[!-~]{1,100}) proof=(?P<proof>[ -~]{1,200})"
)


@dataclass(frozen=True, slots=True)
class Record:
    """The CIB record. ``evidence`` is None where the text is not one of ours: still a flag."""

    host: NovaHost
    evidence: Evidence | None


def format_release(at: float) -> str:
    """Of a storm, with its time: the version before reads it as none, and holds."""
    return f"{STORM_RELEASE}@{int(at)}"


def parse_release(value: str) -> float | None:
    """When it was given, 0 where nobody has noted that: people type the bare word."""
    match = re.fullmatch(rf"{STORM_RELEASE}(?:@(?P<at>[0-9]{{1,12}}))?", value.strip())
    return float(match["at"] or 0) if match else None


def format_key(host: NovaHost) -> str:
    return KEY_PREFIX + host


def parse_key(key: str) -> NovaHost:
    """The Nova host of an attrd key, ours or upstream's."""
    return NovaHost(key.removeprefix(KEY_PREFIX))


def format_value(flag: Flag) -> str:
    if flag.state is FlagState.CLAIMED:
        return f"{flag.owner}@{int(flag.since)}"
    return "yes" if flag.pending else "no"


def parse_value(host: NovaHost, value: str) -> Flag | None:
    """The flag that an attrd value means; None is "no flag".

    What nobody writes is read as NEEDED: an unreadable flag must not open a gate.
    """
    text = value.strip()
    if not text:
        return None
    if text.lower() == "no":
        return Flag(host, FlagState.DONE)
    claim = _CLAIM.fullmatch(text)
    if claim:
        return Flag(
            host, FlagState.CLAIMED, owner=claim["owner"], since=Epoch(float(claim["since"]))
        )
    return Flag(host, FlagState.NEEDED)


def format_record(flag: Flag) -> str:
    evidence = flag.evidence or Evidence("unknown", Epoch(0.0), "none given")
    proof = " ".join(_plain(evidence.proof).split())[:200].strip() or "none given"
    by = "_".join(_plain(evidence.by).split())[:100] or "unknown"
    return f"host={flag.host} at={evidence.at:.3f} by={by} proof={proof}"


def _plain(text: str) -> str:
    """Pacemaker's tools show other characters in their own ways: never what was written."""
    return re.sub(r"[^\s!-~]", "?", text)


def parse_record(node: NodeName, text: str) -> Record:
    """The CIB record of a node. What cannot be read is a flag on the host of the node's name."""
    match = _RECORD.fullmatch(text.strip())
    if not match:
        return Record(NovaHost(str(node)), None)
    evidence = Evidence(match["by"], Epoch(float(match["at"])), match["proof"])
    return Record(NovaHost(match["host"]), evidence)


def is_record_of(flag: Flag, node: NodeName, text: str) -> bool:
    """Whether a CIB record tells of the same host and the same power-off as the flag."""
    record = parse_record(node, text)
    told = replace(flag, evidence=record.evidence)
    return same(record.host, flag.host) and format_record(told) == format_record(flag)


def same(one: str, other: str) -> bool:
    """What attrd takes for the same key or value."""
    return one.casefold() == other.casefold()


def check(flag: Flag) -> None:
    """Raises ParameterError where the flag could not be read again as it was written."""
    if not (_is_name(flag.host) and (flag.node is None or _is_name(flag.node))):
        raise ParameterError(
            f"{flag.host!r} on node {flag.node!r}: not the names of a host and its node",
            hint="names are 1 to 200 visible characters",
        )
    if not _value_is_legible(flag):
        raise ParameterError(
            f"{flag.owner!r} cannot claim {flag.host}",
            hint="the name of a controller has no blanks and no @",
        )
    if parse_record(flag.node or NodeName(""), format_record(flag)).host != flag.host:
        raise ParameterError(
            f"the evidence for {flag.host} cannot be recorded: {flag.evidence}",
            hint="its time is in seconds since 1970",
        )


def _value_is_legible(flag: Flag) -> bool:
    read = parse_value(flag.host, format_value(flag))
    return read is not None and (read.state, read.owner) == (
        flag.state,
        flag.owner if flag.state is FlagState.CLAIMED else "",
    )


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 200 and re.search(r"[^!-~]", text) is None


def merge(
    attributes: Mapping[str, str], records: Iterable[tuple[NodeName, str]]
) -> Mapping[NovaHost, Flag]:
    """All flags, from attrd's values by key and the CIB's records, each with its node.

    A host is flagged if either says so; it is done only if attrd says so and no record is left.
    """
    flags: dict[str, Flag] = {}
    for key, value in sorted(attributes.items()):
        flag = parse_value(parse_key(key), value)
        if flag is not None:
            name = flag.host.casefold()
            flags[name] = _stronger(flags.get(name), flag)
    for node, text in sorted(records):
        record = parse_record(node, text)
        name = record.host.casefold()
        flag = flags.get(name)
        if flag is None or not flag.pending:
            flag = Flag(record.host, FlagState.NEEDED)
        flags[name] = replace(flag, host=record.host, node=node, evidence=record.evidence)
    return {flag.host: flag for flag in flags.values()}


_STRENGTH = {FlagState.DONE: 0, FlagState.CLAIMED: 1, FlagState.NEEDED: 2}


def _stronger(one: Flag | None, other: Flag) -> Flag:
    """Our key and upstream's for one host: the one that has more left to do."""
    if one is None:
        return other
    return max(one, other, key=lambda flag: _STRENGTH[flag.state])
