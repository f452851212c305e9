"""``vmha check``: is everything ready, before a host fails? Changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.operator.answer import Answer, Level, Table, badness, worst
from vmha_ocf.operator.checks import (
    clones,
    cloud,
    cluster,
    engines,
    fencing,
    files,
    names,
    networks,
    policy,
)
from vmha_ocf.operator.checks.facts import Facts, Finding
from vmha_ocf.operator.checks.reading import Reading
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.options import add_resource, whole

CHECKS = (
    *fencing.CHECKS,
    *cluster.CHECKS,
    *clones.CHECKS,
    *engines.CHECKS,
    *names.CHECKS,
    *cloud.CHECKS,
    *policy.CHECKS,
    *networks.CHECKS,
)


def run(args: Namespace, connect: Connect) -> Answer:
    facts = Reading(connect(), args.resource, args.nova_conf).facts()
    return answer(facts, findings(facts), every=args.all)


def findings(facts: Facts) -> Sequence[Finding]:
    """The worst first; among equals in the order of the checks."""
    found = [*facts.gaps, *(finding for check in CHECKS for finding in check(facts))]
    return sorted(dict.fromkeys(found), key=lambda one: -badness(one.level))


def answer(facts: Facts, found: Sequence[Finding], *, every: bool = False) -> Answer:
    rows = [
        (one.level.value, f"{one.what}\n-> {one.hint}" if one.hint else one.what) for one in found
    ]
    return Answer(
        worst(one.level for one in found),
        _headline(facts, found),
        notes=[*files.seen_here_alone(facts)],
        tables=[*_findings(rows), *_names(facts, every=every), *_networks(facts)],
        data={
            "findings": [
                {"level": one.level.value, "what": one.what, "hint": one.hint} for one in found
            ],
            "networks": _by_node(facts),
            "hosts": {node: list(hosts) for node, hosts in names.table_of(facts).items()},
        },
    )


def _findings(rows: Sequence[Sequence[str]]) -> Iterator[Table]:
    if rows:
        yield Table("Findings", ("", "what is wrong -> what to do"), rows)


def _names(facts: Facts, *, every: bool) -> Iterator[Table]:
    """Only what a person could get wrong, if not all of it."""
    rows = [
        (node, ", ".join(hosts) or "not known")
        for node, hosts in names.table_of(facts).items()
        if every or list(map(str, hosts)) != [str(node)]
    ]
    if rows and facts.words.listed is not None:
        yield Table("Names", ("node", "hosts in Nova"), rows)


def _networks(facts: Facts) -> Iterator[Table]:
    """Host by host, what is measured there, and how it is."""
    rows = [
        (node, ", ".join(f"{network} {state}" for network, state in sorted(told.items())))
        for node, told in _by_node(facts).items()
    ]
    if rows:
        yield Table("Networks", ("node", "as measured now"), rows)


def _by_node(facts: Facts) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for (node, network), reading in networks.readings_of(facts).items():
        found.setdefault(node, {})[network] = reading.state.value
    return found


def _headline(facts: Facts, found: Sequence[Finding]) -> str:
    hosts = len(facts.hosts)
    if not found:
        return f"ready: {hosts} compute hosts, {len(CHECKS)} checks, nothing found"
    count = Counter(one.level for one in found)
    levels = sorted(count, key=badness, reverse=True)
    told = [f"{count[level]} {_plural(level, count[level])}" for level in levels]
    return f"{', '.join(told)}; first: {found[0].what}"


def _plural(level: Level, number: int) -> str:
    if level is Level.UNKNOWN:
        return "unanswered"
    return f"{level.value}s" if number > 1 else level.value


def _configure(parser: ArgumentParser) -> None:
    whole(parser, "list what Nova calls each node, also where that is the node's own name")
    parser.add_argument(
        "--nova-conf",
        metavar="FILE",
        action="append",
        default=[],
        help="the nova.conf of a compute host, to see whether guests resume at boot; repeatable",
    )
    add_resource(parser)


COMMAND = Command(
    "check",
    "Is everything ready, before a host fails",
    run,
    _configure,
    "Asks every fencing device with its own fence agent, Nova, Placement, Pacemaker's configuration and "
    "each host's instances. Changes nothing.",
)
