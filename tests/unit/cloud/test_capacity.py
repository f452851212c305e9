from __future__ import annotations

import pytest

from vmha_ocf.cloud.capacity import HostRoom, Shortage, shortages
from vmha_ocf.model import NovaHost


def host(name: str, total: int, used: int) -> HostRoom:
    return HostRoom(NovaHost(name), {"MEMORY_MB": total, "VCPU": 100}, {"MEMORY_MB": used})


def test_what_the_others_have_room_for_is_no_shortage() -> None:
    assert shortages([host("a", 100, 50), host("b", 100, 50)]) == []
    assert shortages([]) == []


def test_the_largest_host_needs_more_than_is_left() -> None:
    (found,) = shortages([host("a", 300, 120), host("b", 100, 50), host("c", 100, 40)])
    assert (found.host, found.needs, found.free, found.what) == ("a", 120, 110, "MiB of memory")


def test_more_used_than_there_is_gives_no_room_to_others() -> None:
    """After a change of allocation ratios."""
    found = shortages([host("a", 100, 10), host("b", 100, 150)])
    assert [(one.host, one.free) for one in found] == [("a", 0), ("b", 90)]


@pytest.mark.parametrize(
    ("used", "capacity", "short"),
    [({"VCPU": 1}, {}, True), ({"VCPU": 1}, {"VCPU": 1}, False), ({}, {}, False)],
)
def test_what_placement_does_not_tell_of_is_none(
    used: dict[str, int], capacity: dict[str, int], short: bool
) -> None:
    """A host of pinned CPUs has PCPU only."""
    lost = HostRoom(NovaHost("a"), {"VCPU": 9}, used)
    found = shortages([lost, HostRoom(NovaHost("b"), capacity, {})])
    assert found == ([Shortage(NovaHost("a"), 1, 0, "vCPUs")] if short else [])
