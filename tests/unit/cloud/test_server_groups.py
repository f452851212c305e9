from __future__ import annotations

from vmha_ocf.cloud import server_groups
from vmha_ocf.model import InstanceId, ServerGroup

A, B, C = InstanceId("a"), InstanceId("b"), InstanceId("c")


def group(policy: str, *members: InstanceId, id: str = "g") -> ServerGroup:
    return ServerGroup(id, policy, frozenset(members))


def test_members_of_anti_affinity_groups_wait_for_each_other() -> None:
    groups = [group("anti-affinity", A, B), group("affinity", C), group("soft-anti-affinity", C)]
    assert server_groups.spaced(groups) == {A: "g", B: "g"}


def test_an_affinity_group_that_is_all_on_one_host_cannot_leave_it() -> None:
    assert server_groups.bound([group("affinity", A, B)], [A, B, C]) == {A, B}
    assert server_groups.bound([group("affinity", A)], [A]) == {A}, "its own host counts for Nova"


def test_it_can_follow_a_member_that_is_elsewhere() -> None:
    assert not server_groups.bound([group("affinity", A, B, C)], [A, B])


def test_other_groups_bind_nobody() -> None:
    soft = [group("soft-affinity", A, B), group("anti-affinity", A, B)]
    assert not server_groups.bound(soft, [A, B])
