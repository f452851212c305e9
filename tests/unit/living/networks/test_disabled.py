"""Which hosts are to be disabled for a network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tests.unit.cloud.policy.texts import policy
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.networks.disabled import cause
from vmha_ocf.living.networks.lasting import Down, Lasting
from vmha_ocf.model import Monotonic, NodeName, NovaHost

ONE, TWO = NodeName("compute-1"), NodeName("compute-2")
HOSTS = {ONE: [NovaHost("compute-1"), NovaHost("compute-1-b")], TWO: [NovaHost("compute-2")]}
TEXT = """
default_class = "all"
[class.all]
network.tenant = "disable"
network.storage = "notify"
{more}
[measured.tenant]
attribute = "a"
resource = "a"
healthy_from = 1
[measured.storage]
attribute = "b"
resource = "b"
healthy_from = 1
"""
NOW = Monotonic(1000.0)


def judged(
    down: Collection[tuple[NodeName, str, float]],
    up: Collection[tuple[NodeName, str, float]] = (),
    more: str = "",
) -> Cause:
    """Each for so many seconds."""
    lasting = Lasting(
        NOW,
        {(node, net): Down(Monotonic(NOW - ago), "") for node, net, ago in down},
        {},
        {(node, net): Monotonic(NOW - ago) for node, net, ago in up},
    )
    return cause(policy(TEXT.format(more=more)), lasting, HOSTS)


def test_all_hosts_of_a_node_that_has_lost_it_for_its_time() -> None:
    found = judged([(ONE, "tenant", 60.0)])
    assert found.wanted == {"compute-1": "tenant", "compute-1-b": "tenant"}
    assert found.ailing == {"compute-1", "compute-1-b"}
    assert found.asks
    assert set(found.watched) == {"tenant", "storage"}


def test_not_before_its_time_and_it_ails_all_the_same() -> None:
    found = judged([(TWO, "tenant", 59.0)])
    assert (found.wanted, found.ailing) == ({}, {"compute-2"})


def test_not_for_one_that_the_row_only_tells_of() -> None:
    found = judged([(TWO, "storage", 90.0)])
    assert (found.wanted, found.ailing) == ({}, frozenset())


def test_not_where_it_is_the_network_of_many() -> None:
    found = judged([(ONE, "tenant", 90.0), (TWO, "tenant", 5.0)])
    assert found.wanted == {}


def test_several_have_a_row_of_their_own() -> None:
    both = [(TWO, "tenant", 90.0), (TWO, "storage", 90.0)]
    assert judged(both).wanted == {"compute-2": "tenant"}
    several = 'network.several = "disable"'
    assert judged(both, more=several).wanted == {"compute-2": "storage+tenant"}
    assert judged(both[1:], more=several).wanted == {}
    assert judged(both[1:], more=several).ailing == {"compute-2"}


def test_well_is_what_has_been_up_for_its_time() -> None:
    found = judged([], [(TWO, "tenant", 60.0), (TWO, "storage", 59.0)])
    assert found.well[NovaHost("compute-2")] == ["tenant"]
    assert found.well[NovaHost("compute-1")] == []


def test_the_last_one_of_many_has_not_lost_it_by_itself_before_it_has_been_so_for_its_time() -> (
    None
):
    rows = policy(TEXT.format(more=""))
    alone = Lasting(NOW, {(ONE, "tenant"): Down(Monotonic(NOW - 600), "")})
    for ago, found in ((59.0, []), (60.0, ["compute-1", "compute-1-b"])):
        lasting = replace(alone, wide={"tenant": Monotonic(NOW - ago)})
        assert sorted(cause(rows, lasting, HOSTS).wanted) == found
    other = replace(alone, wide={"storage": NOW})
    assert cause(rows, other, HOSTS).wanted
