"""Checks of Pacemaker's own configuration, and of how NovaEvacuate's and NovaCompute's resources are
in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.agent.parameter import is_integer
from vmha_ocf.cluster.configuration import (
    COMPUTE,
    COMPUTE_ROLE,
    EVACUATOR,
    ROLE,
    Configuration,
)
from vmha_ocf.cluster.flag_texts import RECORD
from vmha_ocf.living.booting import starters
from vmha_ocf.living.past_gate import telling
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning

_SECRETS = ("password", "passwd", "username", "login", "auth_url", "os_password")
_NEVER = "-INFINITY"
_CONCURRENT_BY_ITSELF = 3


def fencing_is_on(facts: Facts) -> Iterator[Finding]:
    if not facts.configuration.has("fencing-enabled", default=True):
        name = facts.configuration.named("fencing-enabled")
        yield error(f"Pacemaker does not fence: {name} is false", f"pcs property set {name}=true")
    if not facts.configuration.has("startup-fencing", default=True):
        yield warning(
            "hosts that are down when the cluster starts are not fenced: startup-fencing is false",
            "pcs property set startup-fencing=true",
        )


def _pacemaker(configuration: Configuration) -> int:
    """Its major version, as the elected controller notes it; 0 if it did not."""
    major = configuration.properties.get("dc-version", "").partition(".")[0]
    return int(major) if is_integer(major) else 0


def hosts_are_fenced_at_once(facts: Facts) -> Iterator[Finding]:
    # False is the default up to Pacemaker 2, and the property is to go after 3.
    third = _pacemaker(facts.configuration) >= _CONCURRENT_BY_ITSELF
    if not facts.configuration.has("concurrent-fencing", default=third):
        yield warning(
            "hosts that die together are fenced one after another",
            "pcs property set concurrent-fencing=true",
        )


def cluster_is_managed(facts: Facts) -> Iterator[Finding]:
    if facts.configuration.has("maintenance-mode", default=False):
        yield error(
            "the cluster is in maintenance mode: nothing is monitored and nobody is fenced for it",
            "pcs property set maintenance-mode=false",
        )


def quorum_counts(facts: Facts) -> Iterator[Finding]:
    if facts.configuration.properties.get("no-quorum-policy") == "ignore":
        yield error(
            "controllers that are cut off go on without quorum: no-quorum-policy is ignore",
            "pcs property set no-quorum-policy=stop",
        )
    if facts.quorate is False:
        yield error(
            "this controller's partition has no quorum: nothing is fenced or recorded from here",
            "look at the other controllers: pcs quorum status",
        )


def evacuator_runs_once(facts: Facts) -> Iterator[Finding]:
    for resource in facts.configuration.of_kind(EVACUATOR):
        name, running = resource.name, facts.configuration.runs_on(resource.name)
        if resource.clone:
            yield error(
                f"{name} is a clone: two workers would ask Nova for the same",
                f"pcs resource unclone {name}",
            )
        if not running:
            yield error(
                f"{name} runs nowhere: nothing would be evacuated",
                f"pcs resource enable {name}; pcs resource debug-start {name} says more",
            )
        for result in running:
            if result.reason and "evacuation is held" not in result.reason:
                yield error(f"{name} on {result.node}: {result.reason}", "see docs/operate.rst")


def evacuator_stays_on_controllers(facts: Facts) -> Iterator[Finding]:
    if not facts.configuration.has("symmetric-cluster", default=True):
        return
    for resource in facts.configuration.of_kind(EVACUATOR):
        if not is_kept_from(facts.configuration, resource.name, (ROLE, "eq", COMPUTE_ROLE)):
            yield warning(
                f"{resource.name} may start on a compute host, with the cloud's credentials",
                f"pcs constraint location {resource.name} rule resource-discovery=never "
                f"score=-INFINITY {ROLE} eq {COMPUTE_ROLE}",
            )


def gate_has_its_rule(facts: Facts) -> Iterator[Finding]:
    for resource in facts.configuration.of_kind(COMPUTE):
        name = resource.clone or resource.name
        names = (name, resource.name)
        rule = (RECORD, "defined", "")
        if not any(is_kept_from(facts.configuration, one, rule) for one in names):
            yield error(
                f"Pacemaker itself does not keep {name} from a flagged host",
                f"pcs constraint location {name} rule score=-INFINITY defined {RECORD}",
            )


def evacuator_waits_for_nobody(facts: Facts) -> Iterator[Finding]:
    computes = _names(facts.configuration, COMPUTE)
    evacuators = _names(facts.configuration, EVACUATOR)
    for order in facts.configuration.orders:
        if order.first in computes and order.then in evacuators and order.kind == "Mandatory":
            yield error(
                f"{order.then} starts after {order.first}: after a power cut of all compute hosts each "
                "would wait for the other",
                f"pcs constraint order remove {order.first} {order.then}",
            )


def alert_wakes_the_worker(facts: Facts) -> Iterator[Finding]:
    if not any(path.endswith("alert-wake") for path in facts.configuration.alerts):
        yield warning(
            "no alert wakes the worker at a fencing: it finds out at its next poll",
            "pcs alert create path=/usr/share/vmha-ocf/alert-wake id=vmha-wake",
        )


def compute_knows_no_secret(facts: Facts) -> Iterator[Finding]:
    for resource in facts.configuration.of_kind(COMPUTE):
        found = [name for name in _SECRETS if resource.parameters.get(name)]
        if found:
            yield warning(
                f"{resource.name} has {', '.join(found)}, which every compute host can read and "
                "nobody needs",
                f"pcs resource update {resource.name} {' '.join(f'{name}=' for name in found)}, "
                "and change that password",
            )


def gates_are_quiet(facts: Facts) -> Iterator[Finding]:
    """NovaCompute's own complaints: a unit that systemd would start at boot, for example."""
    for resource in facts.configuration.of_kind(COMPUTE):
        for result in facts.configuration.results.get(resource.name, ()):
            if result.reason and result.node in {one.node for one in facts.hosts}:
                yield warning(
                    f"{resource.name} on {result.node}: {result.reason}", "see docs/operate.rst"
                )


def guests_wait_for_the_gate(facts: Facts) -> Iterator[Finding]:
    """What NovaCompute found on its host when it started."""
    for one in facts.hosts:
        text = facts.configuration.attributes.get(one.node, {}).get(starters.ATTRIBUTE, "")
        for what, how in starters.told(text):
            yield error(
                f"after a failure of {one.node} {what}, before its evacuation is over", how
            )
        for what, how in telling.told(text):
            yield error(f"on {one.node} {what}, past its gate", how)


def _names(configuration: Configuration, kind: str) -> set[str]:
    found = configuration.of_kind(kind)
    return {name for one in found for name in (one.name, one.clone) if name}


def is_kept_from(
    configuration: Configuration, resource: str, expression: tuple[str, str, str]
) -> bool:
    return any(
        one.resource == resource and one.score == _NEVER and expression in one.expressions
        for one in configuration.locations
    )


CHECKS: tuple[Check, ...] = (
    guests_wait_for_the_gate,
    fencing_is_on,
    hosts_are_fenced_at_once,
    cluster_is_managed,
    quorum_counts,
    evacuator_runs_once,
    evacuator_stays_on_controllers,
    gate_has_its_rule,
    evacuator_waits_for_nobody,
    alert_wakes_the_worker,
    compute_knows_no_secret,
    gates_are_quiet,
)
