"""Checks of who measures the networks that the policy has rows for. Pure.

A network that nobody measures is unknown, and on what is unknown nothing is done, so a slip here is silent
until the day that it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.agent.parameter import is_integer
from vmha_ocf.cloud.policy.values import Measure
from vmha_ocf.cluster.configuration import INSTANCES, Resource
from vmha_ocf.living.networks.measured import Readings, read_all
from vmha_ocf.living.networks.reading import State
from vmha_ocf.model import NodeName
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning

PING = "ocf:pacemaker:ping"
_LEAST = 2
"""Targets: the failure of one alone is its own."""


def measured_of(facts: Facts) -> Mapping[str, Measure]:
    return facts.policy.policy.measured if facts.policy is not None else {}


def readings_of(facts: Facts) -> Readings:
    """Of the compute hosts that are there; none if that is not known."""
    if facts.measured is None or facts.nodes is None:
        return {}
    there = [
        one.node for one in facts.hosts if one.node in facts.nodes and facts.nodes[one.node].online
    ]
    return read_all(measured_of(facts), facts.measured, there, facts.configuration)


def there_is_who_measures(facts: Facts) -> Iterator[Finding]:
    for network, measure in measured_of(facts).items():
        if measure.paused_guests and not _of_guests(measure, facts):
            yield error(
                f"paused guests tell of the {network} network, and this cluster has no NovaInstances",
                "pcs-examples/instances.sh (docs/deploy.rst)",
            )
        if measure.resource and not _resources(measure, facts):
            yield error(
                f"the {network} network is measured by {measure.resource}, and this cluster has none",
                "create it (docs/policy.rst), or correct [measured." + network + "] of the policy",
            )


def it_is_measured_everywhere(facts: Facts) -> Iterator[Finding]:
    readings = readings_of(facts)
    for network, measure in measured_of(facts).items():
        found: dict[str, list[NodeName]] = {}
        for (node, which), reading in readings.items():
            if which == network and reading.state is State.UNKNOWN:
                found.setdefault(reading.why, []).append(node)
        sources = (*_resources(measure, facts), *_of_guests(measure, facts))
        names = [one.clone or one.name for one in sources]
        for why, nodes in found.items() if names else ():
            yield warning(
                f"how the {network} network of {', '.join(nodes)} is, nobody knows: {why}",
                f"pcs resource cleanup {names[0]}; pcs constraint location",
            )


def it_writes_what_is_read(facts: Facts) -> Iterator[Finding]:
    for measure in measured_of(facts).values():
        for one in _resources(measure, facts):
            writes = _attribute(one)
            if writes and writes != measure.attribute:
                yield error(
                    f"{one.name} writes the attribute {writes}, and the policy reads "
                    f"{measure.attribute}",
                    f"pcs resource update {one.name} name={measure.attribute}",
                )


def pings_can_tell(facts: Facts) -> Iterator[Finding]:
    for network, measure in measured_of(facts).items():
        for one in _resources(measure, facts):
            if one.kind == PING:
                yield from _ping(network, measure, one)


def health_moves_nothing(facts: Facts) -> Iterator[Finding]:
    """Pacemaker would stop nova-compute on a host that is only unwell."""
    said = facts.configuration.properties.get("node-health-strategy", "none")
    if measured_of(facts) and said != "none":
        yield warning(
            f"node-health-strategy is {said}: Pacemaker moves resources off a host by its health "
            "attributes, before and beside the policy",
            "pcs property set node-health-strategy=none",
        )


def _ping(network: str, measure: Measure, one: Resource) -> Iterator[Finding]:
    targets = one.parameters.get("host_list", "").split()
    if len(targets) < _LEAST:
        yield warning(
            f"{one.name} pings one target: its failure is taken for that of the {network} network",
            f'pcs resource update {one.name} host_list="TARGET TARGET"',
        )
    each = one.parameters.get("multiplier", "1")
    most = len(targets) * int(each) if is_integer(each) else 0
    if measure.healthy_from is not None and targets and most < measure.healthy_from:
        yield error(
            f"{one.name} writes {most} at most ({len(targets)} targets, multiplier={each}), and the "
            f"{network} network is well from {measure.healthy_from}: it would be down for ever",
            f"pcs resource update {one.name} multiplier=1000",
        )
    if one.parameters.get("failure_score", ""):
        yield error(
            f"{one.name} fails where the {network} network is down (failure_score), and who fails is "
            "not believed: that network would be unknown, and never down",
            f"pcs resource update {one.name} failure_score=",
        )


def _resources(measure: Measure, facts: Facts) -> Sequence[Resource]:
    every = facts.configuration.resources if measure.resource else ()
    return [one for one in every if measure.resource in (one.name, one.clone)]


def _of_guests(measure: Measure, facts: Facts) -> Sequence[Resource]:
    return facts.configuration.of_kind(INSTANCES) if measure.paused_guests else ()


def _attribute(one: Resource) -> str:
    """That it writes; "" if that is not known of its kind."""
    name = one.parameters.get("name", "")
    match one.kind:
        case "ocf:pacemaker:ping":
            return name or "pingd"
        case "ocf:heartbeat:ethmonitor":
            return name or f"ethmonitor-{one.parameters.get('interface', '')}"
        case "ocf:heartbeat:storage-mon":
            return f"#health-{one.name}"
    return ""


CHECKS: tuple[Check, ...] = (
    there_is_who_measures,
    it_is_measured_everywhere,
    it_writes_what_is_read,
    pings_can_tell,
    health_moves_nothing,
)
