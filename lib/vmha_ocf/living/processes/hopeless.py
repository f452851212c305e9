"""Hosts whose nova-compute no restart helps, since when, and where it is well again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.disabling.causes import Cause, since
from vmha_ocf.model import Monotonic, NovaHost
from vmha_ocf.service.marker import PROCESS

NOVA_COMPUTE = "nova-compute"
KIND = f"process.{NOVA_COMPUTE}"
_ROWS = {Action.DISABLE, Action.FENCE}
"""What is to be fenced is disabled first."""
LONGEST_GAP = 90.0
"""Seconds between two looks of one time."""


@dataclass(frozen=True, slots=True)
class Times:
    at: Monotonic = Monotonic(0.0)
    """Of the last look."""
    hopeless: Mapping[NovaHost, Monotonic] = field(default_factory=dict)
    well: Mapping[NovaHost, Monotonic] = field(default_factory=dict)


def wanted(policy: Policy) -> frozenset[Action]:
    """What any class asks for: a process is its host's, and restarting it costs no instance anything."""
    return frozenset(action for one in policy.classes for action in one.rows.get(KIND, ()))


def after(
    before: Times, hopeless: Collection[NovaHost], well: Collection[NovaHost], now: Monotonic
) -> Times:
    """One more look."""
    if now - before.at > LONGEST_GAP:
        before = Times()
    return Times(now, since(before.hopeless, hopeless, now), since(before.well, well, now))


def cause(policy: Policy, times: Times, silent: Collection[NovaHost]) -> Cause:
    """``silent``: those that Nova does not hear of, or will not soon. Where more hosts than the gate lets
    through are hopeless, it is nothing of one host's."""
    held_for, disables = policy.gates.held_for, bool(wanted(policy) & _ROWS)
    held = [one for one, at in times.hopeless.items() if times.at - at >= held_for]
    few = len(times.hopeless) <= policy.gates.hosts_at_once
    return Cause(
        PROCESS,
        (NOVA_COMPUTE,) if wanted(policy) - {Action.NONE} else (),
        disables,
        dict.fromkeys(held, NOVA_COMPUTE) if disables and few else {},
        frozenset({*times.hopeless, *silent}) if disables else (),
        {one: (NOVA_COMPUTE,) for one, at in times.well.items() if times.at - at >= held_for},
    )
