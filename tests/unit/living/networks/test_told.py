"""What people are told of networks."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cloud.policy.read import understand
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.networks.lasting import Lasting, after
from vmha_ocf.living.networks.reading import Reading, State
from vmha_ocf.living.networks.told import Told, tell, with_disabled
from vmha_ocf.model import Monotonic, NodeName, NovaHost

MEASURED = """
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
[measured.storage]
attribute = "net-storage"
resource = "net-storage"
healthy_from = 1
"""


def policy(rows: str, gates: str = "") -> Policy:
    text = f'default_class = "all"\n[class.all.network]\n{rows}\n{MEASURED}\n{gates}'
    understood = understand(text)
    assert not understood.faults
    return understood.policy


def told(of: Policy, places: Mapping[tuple[str, str], State], seconds: int = 60) -> list[str]:
    """After so many seconds of these states."""
    readings = {
        (NodeName(node), network): Reading(state, f"{network} is {state.value}")
        for (node, network), state in places.items()
    }
    lasting = Lasting()
    for number in range(seconds // 10 + 1):
        now = Monotonic(100.0 + 10 * number)
        lasting = after(lasting, readings, now, of.gates.held_for)
    return [one.sentence for one in tell(of, lasting, readings)]


DOWN, UNKNOWN = State.DOWN, State.UNKNOWN
TENANT = policy('tenant = "notify"')
ONE = {("compute-1", "tenant"): DOWN}


def test_one_host_is_told_with_the_word_of_who_measures() -> None:
    [sentence] = told(TENANT, ONE)
    assert sentence.startswith("compute-1 has lost its tenant network: tenant is down; ")


def test_not_before_the_gate_s_time() -> None:
    assert told(TENANT, ONE, 50) == []
    assert told(policy('tenant = "notify"', '[gates]\nheld_for = "2 min"'), ONE, 110) == []


def test_nobody_asked_about_the_other_network() -> None:
    assert told(TENANT, {("compute-1", "storage"): DOWN}) == []
    assert told(policy('tenant = "none"\nstorage = "notify"'), ONE) == []


def test_more_hosts_than_the_gate_lets_through_are_the_network_s_failure() -> None:
    [sentence] = told(TENANT, {(f"compute-{n}", "tenant"): DOWN for n in range(1, 8)})
    assert sentence.startswith(
        "compute-1, compute-2, compute-3, compute-4, compute-5 and 2 more hosts have lost their "
        "tenant network together: "
    )


def test_as_many_as_it_lets_through_are_told_each() -> None:
    two = policy('tenant = "notify"', "[gates]\nhosts_at_once = 2")
    found = told(two, {("compute-1", "tenant"): DOWN, ("compute-2", "tenant"): DOWN})
    assert [one.split()[0] for one in found] == ["compute-1", "compute-2"]


def test_two_networks_of_one_host_are_one_sentence_where_there_is_a_row_for_it() -> None:
    both = {("compute-1", "tenant"): DOWN, ("compute-1", "storage"): DOWN}
    [sentence] = told(policy('several = "notify"'), both)
    assert sentence.startswith("compute-1 has lost 2 networks: storage, tenant; ")
    assert len(told(policy('tenant = "notify"\nstorage = "notify"'), both)) == 2


def test_a_network_that_all_have_lost_does_not_count_for_several() -> None:
    places = {(f"compute-{n}", "tenant"): DOWN for n in (1, 2, 3)}
    found = told(policy('several = "notify"'), {**places, ("compute-1", "storage"): DOWN})
    assert [one.partition(" network")[0] for one in found] == [
        "compute-1 has lost its storage",
        "compute-1, compute-2, compute-3 have lost their tenant",
    ]


def test_what_nobody_knows_is_told_after_a_minute_and_never_as_down() -> None:
    places = {("compute-1", "tenant"): UNKNOWN, ("compute-2", "tenant"): UNKNOWN}
    assert told(TENANT, places, 50) == []
    [sentence] = told(TENANT, places)
    assert sentence == (
        "how the tenant network of compute-1, compute-2 is, nobody knows: tenant is unknown; "
        "nothing is done about it"
    )
    assert told(TENANT, {("compute-1", "storage"): UNKNOWN}) == []


def test_the_history_has_whether_its_host_is_disabled() -> None:
    one, two = NodeName("compute-1"), NovaHost("compute-1.cell")
    of_one = Told("it has lost it", ["tenant"], one)
    found = with_disabled(of_one, {one: two}, [two])
    assert found.sentence == "it has lost it; compute-1.cell is disabled in Nova for it"
    assert with_disabled(of_one, {one: two}, []) == of_one
    of_many = Told("they have lost it", ["tenant"])
    assert with_disabled(of_many, {}, [two]) == of_many


def test_what_comes_of_a_row_that_fences() -> None:
    understood = understand(
        'default_class = "all"\n[class.all.network]\ntenant = "fence"\nseveral = "fence"\n'
        + MEASURED,
        {},
    )
    assert (
        "it is fenced where the rows of all that run there say so"
        in told(understood.policy, ONE)[0]
    )
    both = {("compute-1", "tenant"): DOWN, ("compute-1", "storage"): DOWN}
    assert "it is fenced where" in told(understood.policy, both)[0]
