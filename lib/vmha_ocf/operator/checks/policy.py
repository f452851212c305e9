"""Checks of the policy's file, as this controller has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.cloud.policy.everywhere import differs, word_of
from vmha_ocf.cluster.configuration import INSTANCES
from vmha_ocf.cluster.controllers import controllers
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning


def policy_is_understood(facts: Facts) -> Iterator[Finding]:
    """Each of its faults: they are mended together."""
    if facts.policy is None:
        return
    for fault in facts.policy.faults:
        where = f"{facts.policy.path}, line {fault.line}"
        what = f"{fault.key}: {fault.what}" if fault.key else fault.what
        yield error(f"{where}: {what}", fault.hint or "correct it on each controller")


def policy_is_the_same_everywhere(facts: Facts) -> Iterator[Finding]:
    """By what each controller has said, and what the file of this one says."""
    mine = word_of(facts.policy) if facts.policy else ""
    if not mine or facts.policies is None or facts.controller is None or facts.nodes is None:
        return
    me, hint = facts.controller, "copy the file, then run there: vmha policy"
    if facts.policies.get(me) != mine:
        yield error(f"{me} has not told the others that its policy is {mine}", "vmha policy")
    told = differs(me, mine, facts.policies, controllers(facts.nodes, facts.configuration))
    if told:
        yield error(told, hint)


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


def guests_are_watched(facts: Facts) -> Iterator[Finding]:
    """Nobody is restarted whose failure nobody sees."""
    asks = facts.policy is not None and facts.policy.policy.asks_about_guests
    if asks and not facts.configuration.of_kind(INSTANCES):
        yield warning(
            "the policy has rows for guests, and no NovaInstances runs that sees how they fail",
            "cd /usr/share/vmha-ocf/pcs-examples && ./together.sh ./instances.sh",
        )


CHECKS: tuple[Check, ...] = (
    policy_is_understood,
    policy_is_the_same_everywhere,
    exclusions_exclude_somebody,
    guests_are_watched,
)
