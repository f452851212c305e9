"""Checks of what Pacemaker keeps running on compute hosts: none of it is worth a guest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmha_ocf.agent.boolean import is_true
from vmha_ocf.cluster.configuration import COMPUTE, INSTANCES, LIBVIRT, Configuration, Resource
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error

_TIMEOUTS = {COMPUTE: "60s", INSTANCES: "30s", LIBVIRT: "60s"}
"""Of a stop, as the recipes have it."""


def stops_fence_nobody(facts: Facts) -> Iterator[Finding]:
    """Pacemaker's default for a stop that fails is to fence the node; a process in D state does not die."""
    for one in _ours(facts.configuration):
        stop = one.operations.get("stop", {})
        if stop.get("on-fail") != "block":
            timeout = stop.get("timeout") or _TIMEOUTS[one.kind]
            yield error(
                f"a stop of {one.name} that fails gets its host fenced, with every guest on it",
                f"pcs resource update {one.name} op stop timeout={timeout} on-fail=block",
            )


def clones_do_not_wait_for_each_other(facts: Facts) -> Iterator[Finding]:
    """By default what is ordered after a clone waits for all of it: one host's failure restarts it on
    each host."""
    orders = facts.configuration.orders
    ordered = {name for order in orders for name in (order.first, order.then)}
    for one in _ours(facts.configuration):
        if one.clone in ordered and not is_true(one.meta.get("interleave", "")):
            yield error(
                f"{one.clone} is ordered with another clone, and what fails on one host restarts the other "
                "on all of them: it has no interleave",
                f"pcs resource meta {one.clone} interleave=true",
            )


def _ours(configuration: Configuration) -> Sequence[Resource]:
    return [one for one in configuration.resources if one.kind in _TIMEOUTS]


CHECKS: tuple[Check, ...] = (stops_fence_nobody, clones_do_not_wait_for_each_other)
