"""What Nova's server groups mean for an evacuation: who waits for whom, and who cannot go. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmha_ocf.model import InstanceId, ServerGroup


def spaced(groups: Sequence[ServerGroup]) -> Mapping[InstanceId, str]:
    """The anti-affinity group of each instance that is in one."""
    return {
        member: group.id
        for group in groups
        if group.policy == "anti-affinity"
        for member in group.members
    }


def bound(groups: Sequence[ServerGroup], here: Iterable[InstanceId]) -> frozenset[InstanceId]:
    """Members of affinity groups that are all on one host.

    Nova's filter allows the hosts of the group's members only, the dead one included and nothing else,
    and an evacuation ignores that one: no host is left, and asking would turn them into errors. Once
    somebody has moved one of them by force, the others may follow it.
    """
    listed = frozenset(here)
    return frozenset(
        member
        for group in groups
        if group.policy == "affinity" and group.members <= listed
        for member in group.members
    )
