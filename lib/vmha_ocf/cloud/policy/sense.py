"""Whether a policy makes sense as a whole: nothing contradicts itself, or can never come to pass. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.cloud.policy.kinds import NETWORKS, Action
from vmha_ocf.cloud.policy.table import Table, nearest
from vmha_ocf.cloud.policy.values import Class, Marks, Policy

_SEVERAL = 2


def judge(policy: Policy, top: Table) -> None:
    """``top``: the table of the whole document, where faults are noted."""
    classes = top.table("class")
    _default(policy, top)
    for one in policy.classes:
        _reached(one, policy, classes.table(one.name))
        _measured(one, policy, classes.table(one.name))
    _shared(policy, classes)
    _twice(policy, top)


def _default(policy: Policy, top: Table) -> None:
    names = [one.name for one in policy.classes]
    if policy.default_class and policy.default_class not in names:
        known = f"there is {', '.join(names)}" if names else "there is none"
        told = f"there is no class '{policy.default_class}'"
        top.fault("default_class", told, nearest(policy.default_class, names) or known)


def _reached(one: Class, policy: Policy, table: Table) -> None:
    if not one.marks and one.name != policy.default_class:
        told = f'give it marks (tags, metadata, ...), or set default_class = "{one.name}"'
        table.fault("", "no instance can be in it, so it can never come to pass", told)


def _measured(one: Class, policy: Policy, table: Table) -> None:
    """Not measured is unknown, and on what is unknown nothing is done."""
    network = table.table("network")
    for name in (*NETWORKS, "several"):
        actions = one.rows.get(f"network.{name}", ())
        if not set(actions) - {Action.NONE}:
            continue
        if name == "several" and len(policy.measured) < _SEVERAL:
            told = "fewer than two networks are measured, so it can never come to pass"
            network.fault(name, told, "say by [measured.tenant] and the like what is measured")
        if name != "several" and name not in policy.measured:
            told = "nobody measures it, so it can never come to pass"
            network.fault(name, told, f"say by [measured.{name}] which attribute does")


def _shared(policy: Policy, classes: Table) -> None:
    owners: dict[tuple[str, str], str] = {}
    for one in policy.classes:
        for key, mark in _each(one.marks):
            owner = owners.setdefault((key, mark), one.name)
            if owner != one.name:
                told = f"{mark} is a mark of the class {owner}, too: an instance has one class"
                classes.table(one.name).fault(key, told)


def _twice(policy: Policy, top: Table) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for one, table in zip(policy.exclusions, top.tables("exclude"), strict=True):
        for key, mark in _each(one.marks):
            lines = {seen.setdefault((key, mark, out_of), one.line) for out_of in one.out_of}
            if one.line not in lines:
                table.fault(key, f"{mark} is excluded in line {min(lines)} already")


def _each(marks: Marks) -> Iterator[tuple[str, str]]:
    """Key and value, in words."""
    for key in ("tags", "images", "projects", "names"):
        yield from ((key, f"'{one}'") for one in getattr(marks, key))
    for key in ("metadata", "flavor", "image"):
        for name, says in getattr(marks, key).items():
            text = says if isinstance(says, str) else str(says).lower()
            yield key, f"'{name}={text}'"
