from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import FENCED, FLAG, HOST, NODE
from vmha_ocf import presence
from vmha_ocf.model import Evidence, Flag, FlagState, NodeName, NodeState, NovaHost
from vmha_ocf.presence import Nodes
from vmha_ocf.records import STILL

NEEDED = replace(FLAG, state=FlagState.NEEDED)
TYPED = Flag(HOST, FlagState.NEEDED)
"""Somebody has just typed it, or an agent of upstream's."""
DONE = Flag(HOST, FlagState.DONE, node=NODE)


def nodes(*, online: bool, fenced: bool, at: float | None = None, name: str = NODE) -> Nodes:
    return {NodeName(name): NodeState(NodeName(name), online, fenced, at)}


AWAY = nodes(online=False, fenced=True, at=FENCED)
BACK = nodes(online=True, fenced=False, at=FENCED)
NEVER = nodes(online=True, fenced=False)


class TestTheNodeOfAFlag:
    def test_is_the_one_that_it_names(self) -> None:
        flag = replace(NEEDED, host=NovaHost("nova-7.example.com"))
        assert presence.is_back(flag, BACK, "")

    def test_is_else_the_one_of_the_same_name(self) -> None:
        assert presence.state_of(TYPED, BACK, "") == BACK[NODE]

    def test_or_the_one_with_the_domain(self) -> None:
        flag = Flag(NovaHost("compute-1.example.com"), FlagState.NEEDED)
        assert presence.state_of(flag, BACK, "example.com") == BACK[NODE]
        assert presence.state_of(flag, BACK, "") is None


class TestBack:
    def test_needs_pacemaker_to_say_so(self) -> None:
        assert presence.is_back(NEEDED, BACK, "")
        assert not presence.is_back(NEEDED, AWAY, "")
        assert not presence.is_back(NEEDED, {}, "")

    def test_is_not_a_node_that_was_fenced_while_connected(self) -> None:
        assert not presence.is_back(NEEDED, nodes(online=True, fenced=True), "")


UNTIMED = replace(FLAG, evidence=Evidence("unknown", 0.0, "none given"))


@pytest.mark.parametrize(
    ("flag", "proved"),
    [
        (NEEDED, True),
        (FLAG, True),
        (replace(FLAG, evidence=None), False),
        (UNTIMED, False),
        (TYPED, False),
        (replace(FLAG, state=FlagState.DONE), False),
    ],
)
def test_neither_a_flag_nor_a_claim_alone_proves_anything(flag: Flag, proved: bool) -> None:
    assert presence.is_proved(flag) is proved


class TestLost:
    """Dead, and nobody has flagged it yet: Nova may still choose it as a destination."""

    GONE = nodes(online=False, fenced=False)

    def test_is_a_node_that_is_not_heard_of_any_more(self) -> None:
        assert presence.lost([], self.GONE, "") == {NODE}

    @pytest.mark.parametrize("view", [AWAY, nodes(online=True, fenced=True)])
    def test_is_a_node_that_was_fenced_without_us(self, view: Nodes) -> None:
        assert presence.lost([], view, "") == {NODE}

    @pytest.mark.parametrize("view", [BACK, NEVER, {}])
    def test_is_none_that_is_online(self, view: Nodes) -> None:
        assert presence.lost([], view, "") == frozenset()

    @pytest.mark.parametrize(
        ("flag", "domain"),
        [
            (NEEDED, ""),
            (
                replace(NEEDED, host=NovaHost("compute-1.example.com"), node=None),
                "example.com",
            ),
        ],
    )
    def test_is_none_that_is_flagged(self, flag: Flag, domain: str) -> None:
        assert presence.lost([flag], self.GONE, domain) == frozenset()

    @pytest.mark.parametrize(
        "flag",
        [
            DONE,
            TYPED,
            replace(NEEDED, node=NodeName("compute-2")),
            replace(NEEDED, host=NovaHost("x"), node=None),
        ],
    )
    def test_is_one_whose_flag_is_over_or_typed_or_anothers(self, flag: Flag) -> None:
        assert presence.lost([flag], self.GONE, "") == {NODE}

    def test_is_each_of_several(self) -> None:
        two = nodes(online=False, fenced=False, name="compute-2")
        three = nodes(online=True, fenced=False, name="compute-3")
        found = presence.lost([NEEDED], {**self.GONE, **two, **three}, "")
        assert found == {NodeName("compute-2")}


class TestHostsOff:
    def test_a_fenced_node_that_is_away_is_still_off(self) -> None:
        assert presence.hosts_off([], AWAY, "")[HOST] == STILL

    def test_each_node_for_itself(self) -> None:
        other = nodes(online=True, fenced=False, at=FENCED, name="compute-2")
        off = presence.hosts_off(
            [], {**AWAY, **other, **nodes(online=True, fenced=False, name="compute-3")}, ""
        )
        assert off == {HOST: STILL, NovaHost("compute-2"): FENCED}

    def test_under_its_name_with_the_domain_too(self) -> None:
        off = presence.hosts_off([], AWAY, "example.com")
        assert off == {HOST: STILL, NovaHost("compute-1.example.com"): STILL}

    def test_one_that_is_back_was_off_until_its_fencing(self) -> None:
        assert presence.hosts_off([], BACK, "") == {HOST: FENCED}

    def test_one_that_was_fenced_while_connected_was_off_until_then(self) -> None:
        assert presence.hosts_off([], nodes(online=True, fenced=True, at=FENCED), "") == {
            HOST: FENCED
        }

    def test_one_that_is_away_in_peace_was_off_until_its_last_fencing(self) -> None:
        assert presence.hosts_off([], nodes(online=False, fenced=False, at=FENCED), "") == {
            HOST: FENCED
        }
        assert presence.hosts_off([], nodes(online=False, fenced=False), "") == {}

    def test_one_that_was_never_fenced_was_never_off(self) -> None:
        assert presence.hosts_off([], NEVER, "") == {}

    def test_a_pending_flag_keeps_its_host_at_the_gate(self) -> None:
        assert presence.hosts_off([NEEDED], {}, "") == {HOST: STILL}

    def test_a_host_that_has_booted_was_off_until_the_proof(self) -> None:
        off = presence.hosts_off([NEEDED], nodes(online=True, fenced=False, at=FENCED - 9), "")
        assert off == {HOST: FENCED}

    def test_a_host_that_has_booted_without_a_proof_of_a_time(self) -> None:
        claimed = Flag(HOST, FlagState.CLAIMED, node=NODE)
        assert presence.hosts_off([claimed], NEVER, "") == {}

    def test_a_flag_without_proof_says_nothing(self) -> None:
        assert presence.hosts_off([TYPED], NEVER, "") == {}
        assert presence.hosts_off([TYPED], {}, "") == {}

    def test_a_finished_host_under_another_name_is_off_while_its_node_is(self) -> None:
        flag = replace(DONE, host=NovaHost("nova-7"))
        assert presence.hosts_off([flag], AWAY, "")[NovaHost("nova-7")] == STILL
        assert presence.hosts_off([flag], BACK, "")[NovaHost("nova-7")] == FENCED
