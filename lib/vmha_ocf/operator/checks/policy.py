"""Checks of the policy's file, as this controller has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning


def policy_is_understood(facts: Facts) -> Iterator[Finding]:
    """Each of its faults: they are mended together."""
    if facts.policy is None:
        return
    for fault in facts.policy.faults:
        where = f"{facts.policy.path}, line {fault.line}"
        what = f"{fault.key}: {fault.what}" if fault.key else fault.what
        yield error(f"{where}: {what}", fault.hint or "correct it on each controller")


def exclusions_exclude_somebody(facts: Facts) -> Iterator[Finding]:
    """By the instances that the hosts have now, if all of them could be listed."""
    if facts.policy is None or not facts.looks or len(facts.looks) < len(facts.hosts):
        return
    told = [why for look in facts.looks.values() for why in look.excluded.values()]
    for one in facts.policy.policy.exclusions:
        if "evacuation" in one.out_of and not any(f"line {one.line} " in why for why in told):
            yield warning(
                f"{facts.policy.path}, line {one.line}: no instance is excluded by it now ({one.why})",
                "look at its marks: openstack server show NAME",
            )


CHECKS: tuple[Check, ...] = (policy_is_understood, exclusions_exclude_somebody)
