"""Who leaves a host that has lost a network, and who is next. Pure.

Nova's records of live migrations since the failure are all that is remembered: who comes after a worker
that has died asks for nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.matching import Images, classify, excluded
from vmha_ocf.cloud.policy.values import MOVE, Policy
from vmha_ocf.model import Instance, InstanceId, Move, NovaHost

AT_ONCE = 2
"""One that goes, and one in Nova's queue: by default Nova lets one after the other leave a host."""
ENOUGH = 3
"""Failed live migrations after which no more is asked for."""
LIVE = "live-migration"
ADMIN = "admin"
UNREACHED = "Nova talks to it over its admin network"
"""To the host."""
_FAILED = frozenset({"error", "failed", "cancelled"})
_OVER = _FAILED | {"completed"}
_CAN = frozenset({"active", "paused"})
_SEVERAL = "several"
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """One host, as Nova shows it."""

    host: NovaHost
    lost: Sequence[str]
    """Its networks that are down, and for which it is disabled."""
    instances: Sequence[Instance]
    moves: Sequence[Move]
    """Since it has lost them."""
    refused: Mapping[InstanceId, str] = field(default_factory=dict)
    """What Nova has refused to migrate, and why."""


@dataclass(frozen=True, slots=True)
class Plan:
    next: Sequence[Instance] = ()
    told: str = ""
    """What a person should know; "" if there is nothing."""
    goes_on: bool = False
    """Somebody is on the way."""


def asks(policy: Policy, networks: Collection[str]) -> bool:
    """Whether any class has somebody leave for one of them."""
    return any(
        Action.MIGRATE in one.rows.get(f"network.{network}", ())
        for one in policy.classes
        for network in networks
    )


def plan(seen: Seen, policy: Policy, images: Images, order: Callable[[Instance], Any]) -> Plan:
    """``order``: by what those that wait are sorted."""
    under_way = _under_way(seen)
    failed = _failed(seen)
    wanted = [one for one in seen.instances if leaves(one, policy, images, seen.lost)]
    waiting = [
        one
        for one in wanted
        if one.vm_state in _CAN and one.task_state is None and one.id not in under_way
    ]
    left = [one for one in waiting if one.id not in failed]
    if len(failed) >= ENOUGH:
        return Plan((), _given_up(seen, waiting), bool(under_way))
    room = min(AT_ONCE - len(under_way), ENOUGH - len(failed))
    chosen = sorted(left, key=order)[: max(0, room)]
    failures = [one for one in waiting if one.id in failed]
    return Plan(chosen, _told(seen, len(left) + len(under_way), failures), bool(under_way))


def leaves(one: Instance, policy: Policy, images: Images, lost: Sequence[str]) -> bool:
    """By the row of its class for what its host has lost: that for several goes before those for one. What
    could not be looked up leaves nobody."""
    found = classify(one, policy, images)
    if found.unknown or _kept(one, policy, images):
        return False
    rows = next((each.rows for each in policy.classes if each.name == found.name), {})
    several = [_SEVERAL] if len(lost) > 1 else []
    kinds = [f"network.{network}" for network in (*several, *lost)]
    kind = next((each for each in kinds if each in rows), "")
    return Action.MIGRATE in rows.get(kind, ())


def stays(one: Instance, policy: Policy, images: Images, lost: Collection[str]) -> str:
    """Why it would not leave although its row says so; "" if it would."""
    if ADMIN in lost:
        return UNREACHED
    cannot = f"it is {one.vm_state}, and only who runs or is paused leaves live"
    return _kept(one, policy, images) or ("" if one.vm_state in _CAN else cannot)


def _kept(one: Instance, policy: Policy, images: Images) -> str:
    out = excluded([one], policy, images, MOVE)
    perhaps = "whether the policy excludes it could not be looked up"
    return out.by.get(one.id, perhaps if one.id in out.perhaps else "")


def _under_way(seen: Seen) -> frozenset[InstanceId]:
    """Whoever has asked for it."""
    moving = {
        one.instance
        for one in seen.moves
        if one.kind == LIVE and one.source == seen.host and one.status not in _OVER
    }
    return frozenset(moving | {one.id for one in seen.instances if one.task_state == "migrating"})


def _failed(seen: Seen) -> frozenset[InstanceId]:
    of_nova = {
        one.instance
        for one in seen.moves
        if one.kind == LIVE and one.source == seen.host and one.status in _FAILED
    }
    return frozenset(of_nova | set(seen.refused))


def _told(seen: Seen, leaving: int, failures: Sequence[Instance]) -> str:
    told = []
    if leaving:
        told.append(f"{leaving} of the instances of {seen.host} leave it by live migration")
    if failures:
        told.append(
            f"the live migration of {_names(failures)} off {seen.host} has failed, and is not tried "
            f"again: {_how(failures, seen)}"
        )
    return "; ".join(told)


def _given_up(seen: Seen, waiting: Sequence[Instance]) -> str:
    if not waiting:
        return ""
    return (
        f"{ENOUGH} live migrations off {seen.host} have failed, and no more is asked for: "
        f"{_names(waiting)} stay there: {_how(waiting, seen)}"
    )


def _how(instances: Sequence[Instance], seen: Seen) -> str:
    first = instances[0].id
    return seen.refused.get(first, f"openstack server migration list --server {first}")


def _names(instances: Sequence[Instance]) -> str:
    rest = len(instances) - _NAMED
    names = ", ".join(one.name or one.id for one in instances[:_NAMED])
    return names + (f" and {rest} more" if rest > 0 else "")
