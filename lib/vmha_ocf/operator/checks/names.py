"""Checks of the names: what Nova calls each node, and which of its hosts are nobody's. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.cluster.configuration import COMPUTE
from vmha_ocf.cluster.flag_texts import RECORD, RECORDS
from vmha_ocf.fencing.names import short, way_to_say
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.operator.checks.cluster import is_kept_from
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning


def names_are_certain(facts: Facts) -> Iterator[Finding]:
    for doubt in dict.fromkeys(facts.names.doubts.values()):
        yield error(doubt, "until then such a node is evacuated only by its own flag")


def names_match(facts: Facts) -> Iterator[Finding]:
    for node, host in _unknown(facts):
        near = _meant(facts, host)
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        yield error(
            f"{node} would be flagged as {host}, which Nova does not know{meant}",
            way_to_say(node, near[0] if near else NovaHost("NAME-IN-NOVA"), facts.words),
        )


def hosts_are_protected(facts: Facts) -> Iterator[Finding]:
    """A namesake of a host that is ours, too."""
    covered = {one.host for one in facts.hosts}
    covered |= {near for _, host in _unknown(facts) for near in _meant(facts, host)}
    ours = {short(one.node): one.node for one in facts.hosts}
    for service in facts.services or ():
        if service.host in covered:
            continue
        other = ours.get(short(service.host))
        alike = f" ({other} is another one)" if other else ""
        yield warning(
            f"{service.host} of Nova is no compute host of this cluster{alike}: it is not protected",
            "add it as a remote node, or leave it if that is wanted",
        )


def further_hosts_have_their_rule(facts: Facts) -> Iterator[Finding]:
    """A machine with several nova-computes has several records: NovaCompute waits for all of them, and
    Pacemaker has to know, or it tries to start it again and again."""
    most = max((len(hosts) for hosts in facts.names.hosts.values()), default=1)
    for resource in facts.configuration.of_kind(COMPUTE) if most > 1 else ():
        name = resource.clone or resource.name
        for record in RECORDS[1:most]:
            rule = (record, "defined", "")
            if not any(
                is_kept_from(facts.configuration, one, rule) for one in (name, resource.name)
            ):
                yield warning(
                    f"{name} is kept from a machine by {RECORD}, and not by {record} of its further hosts",
                    f"pcs constraint location {name} rule score=-INFINITY defined {record}",
                )


def table_of(facts: Facts) -> Mapping[NodeName, Sequence[NovaHost]]:
    """Each compute node and its hosts."""
    nodes = dict.fromkeys(one.node for one in facts.hosts)
    return {node: facts.names.hosts_of(node) for node in nodes}


def _unknown(facts: Facts) -> Sequence[tuple[NodeName, NovaHost]]:
    """What would be flagged that Nova does not list."""
    listed = facts.words.listed
    if listed is None:
        return ()
    told = dict.fromkeys(
        (node, host)
        for hosts in facts.words.devices.values()
        for node, named in hosts.items()
        for host in named
    )
    nodes = {node for node, _ in told}
    told |= dict.fromkeys((one.node, one.host) for one in facts.hosts if one.node not in nodes)
    return [(node, host) for node, host in told if host not in listed]


def _meant(facts: Facts, host: NovaHost) -> Sequence[NovaHost]:
    return sorted(one for one in facts.words.listed or () if short(one) == short(host))


CHECKS: tuple[Check, ...] = (
    names_are_certain,
    names_match,
    hosts_are_protected,
    further_hosts_have_their_rule,
)
