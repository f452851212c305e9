"""Checks for others that recover or move the same instances: two for one guest run it twice. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning

MASAKARI = frozenset({"instance-ha", "ha"})
WATCHER = frozenset({"infra-optim", "resource-optimization"})
"""Types of their services in Keystone's catalog, as service-types.openstack.org has them, with the older
names."""


def nobody_else_recovers(facts: Facts) -> Iterator[Finding]:
    """By what Pacemaker runs: Masakari's monitors, whatever class they have, and older agents."""
    for one in facts.configuration.resources:
        kind = one.kind.rpartition(":")[2]
        stop = f"pcs resource disable {one.name}, on whichever cluster it is, before this one evacuates"
        if "masakari" in kind:
            yield error(
                f"{one.name} is Masakari's ({one.kind}): it evacuates and restarts instances, too, and "
                "neither knows of the other",
                f"let one of them do it: {stop}",
            )
        elif one.kind == "stonith:fence_evacuate":
            yield error(
                f"{one.name} is fence_evacuate: it evacuates instances by itself when its host is fenced",
                f"upgrade.sh takes it out; or {stop}",
            )


def nobody_else_is_offered(facts: Facts) -> Iterator[Finding]:
    """By Keystone's catalog, which tells that there is one, and not which hosts it has."""
    offered = facts.offered or frozenset()
    if offered & MASAKARI:
        yield warning(
            "this cloud has Masakari, by Keystone's catalog: on hosts that are in one of its segments "
            "it evacuates and restarts instances, too",
            "openstack segment list, openstack segment host list SEGMENT: take these hosts out, or "
            "stop its monitors on them",
        )
    if offered & WATCHER:
        yield warning(
            "this cloud has Watcher, by Keystone's catalog: an audit that acts by itself migrates "
            "instances, and disables hosts, while they are recovered",
            "openstack optimize audit list: let none with auto_trigger have these hosts in its scope",
        )


CHECKS: tuple[Check, ...] = (nobody_else_recovers, nobody_else_is_offered)
