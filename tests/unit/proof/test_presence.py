from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import FENCED, FLAG, HOST, NODE
from vmha_ocf.cloud.records import STILL
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NodeState, NovaHost
from vmha_ocf.proof import presence
from vmha_ocf.proof.presence import Nodes

NEEDED = replace(FLAG, state=FlagState.NEEDED)
TYPED = Flag(HOST, FlagState.NEEDED)
"""Somebody has just typed it, or an agent of upstream's."""
DONE = Flag(HOST, FlagState.DONE, node=NODE)
FULL = NovaHost("compute-1.example.com")
PLAIN = Names(
    {NodeName(name): (NovaHost(name),) for name in ("compute-1", "compute-2", "compute-3")}
)
TWO = Names({NODE: (HOST, FULL)})
"""A machine that runs two nova-computes."""


def nodes(*, online: bool, fenced: bool, at: Epoch | None = None, name: str = NODE) -> Nodes:
    return {NodeName(name): NodeState(NodeName(name), online, fenced, at)}


AWAY = nodes(online=False, fenced=True, at=Epoch(FENCED))
BACK = nodes(online=True, fenced=False, at=Epoch(FENCED))
NEVER = nodes(online=True, fenced=False)


class TestTheNodeOfAFlag:
    def test_is_the_one_that_it_names(self) -> None:
        flag = replace(NEEDED, host=NovaHost("nova-7.example.com"))
        assert presence.is_back(flag, BACK, PLAIN)

    def test_is_else_the_one_of_the_same_name(self) -> None:
        assert presence.state_of(TYPED, BACK, PLAIN) == BACK[NODE]

    def test_or_the_one_that_its_host_is_known_to_be(self) -> None:
        flag = Flag(FULL, FlagState.NEEDED)
        assert presence.state_of(flag, BACK, Names({NODE: (FULL,)})) == BACK[NODE]
        assert presence.state_of(flag, BACK, PLAIN) is None


class TestBack:
    def test_needs_pacemaker_to_say_so(self) -> None:
        assert presence.is_back(NEEDED, BACK, PLAIN)
        assert not presence.is_back(NEEDED, AWAY, PLAIN)
        assert not presence.is_back(NEEDED, {}, PLAIN)

    def test_is_not_a_node_that_was_fenced_while_connected(self) -> None:
        assert not presence.is_back(NEEDED, nodes(online=True, fenced=True), PLAIN)


UNTIMED = replace(FLAG, evidence=Evidence("unknown", Epoch(0.0), "none given"))


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
        assert presence.lost([], self.GONE, PLAIN) == {NODE}

    @pytest.mark.parametrize("view", [AWAY, nodes(online=True, fenced=True)])
    def test_is_a_node_that_was_fenced_without_us(self, view: Nodes) -> None:
        assert presence.lost([], view, PLAIN) == {NODE}

    @pytest.mark.parametrize("view", [BACK, NEVER, {}])
    def test_is_none_that_is_online(self, view: Nodes) -> None:
        assert presence.lost([], view, PLAIN) == frozenset()

    @pytest.mark.parametrize(
        ("flag", "names"),
        [
            (NEEDED, PLAIN),
            (NEEDED, Names()),
            (replace(NEEDED, host=FULL, node=None), Names({NODE: (FULL,)})),
        ],
    )
    def test_is_none_that_is_flagged(self, flag: Flag, names: Names) -> None:
        assert presence.lost([flag], self.GONE, names) == frozenset()

    def test_is_one_as_long_as_a_host_of_it_is_not_flagged(self) -> None:
        assert presence.lost([NEEDED], self.GONE, TWO) == {NODE}
        assert presence.lost([NEEDED, replace(NEEDED, host=FULL)], self.GONE, TWO) == frozenset()

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
        assert presence.lost([flag], self.GONE, PLAIN) == {NODE}

    def test_is_each_of_several(self) -> None:
        two = nodes(online=False, fenced=False, name="compute-2")
        three = nodes(online=True, fenced=False, name="compute-3")
        found = presence.lost([NEEDED], {**self.GONE, **two, **three}, PLAIN)
        assert found == {NodeName("compute-2")}


class TestHostsOff:
    def test_a_fenced_node_that_is_away_is_still_off(self) -> None:
        assert presence.hosts_off([], AWAY, PLAIN)[HOST] == STILL

    def test_each_node_for_itself(self) -> None:
        other = nodes(online=True, fenced=False, at=Epoch(FENCED), name="compute-2")
        off = presence.hosts_off(
            [], {**AWAY, **other, **nodes(online=True, fenced=False, name="compute-3")}, PLAIN
        )
        assert off == {HOST: STILL, NovaHost("compute-2"): FENCED}

    def test_all_hosts_of_a_node_together_and_no_namesake(self) -> None:
        assert presence.hosts_off([], AWAY, TWO) == {HOST: STILL, FULL: STILL}
        assert presence.hosts_off([], AWAY, Names({NODE: (FULL,)})) == {FULL: STILL}
        assert presence.hosts_off([], AWAY, Names()) == {}

    def test_one_that_is_back_was_off_until_its_fencing(self) -> None:
        assert presence.hosts_off([], BACK, PLAIN) == {HOST: FENCED}

    def test_one_that_was_fenced_while_connected_was_off_until_then(self) -> None:
        assert presence.hosts_off(
            [], nodes(online=True, fenced=True, at=Epoch(FENCED)), PLAIN
        ) == {HOST: FENCED}

    def test_one_that_is_away_in_peace_was_off_until_its_last_fencing(self) -> None:
        assert presence.hosts_off(
            [], nodes(online=False, fenced=False, at=Epoch(FENCED)), PLAIN
        ) == {HOST: FENCED}
        assert presence.hosts_off([], nodes(online=False, fenced=False), PLAIN) == {}

    def test_one_that_was_never_fenced_was_never_off(self) -> None:
        assert presence.hosts_off([], NEVER, PLAIN) == {}

    def test_a_pending_flag_keeps_its_host_at_the_gate(self) -> None:
        assert presence.hosts_off([NEEDED], {}, PLAIN) == {HOST: STILL}

    def test_a_host_that_has_booted_was_off_until_the_proof(self) -> None:
        off = presence.hosts_off(
            [NEEDED], nodes(online=True, fenced=False, at=Epoch(FENCED - 9)), PLAIN
        )
        assert off == {HOST: FENCED}

    def test_a_host_that_has_booted_without_a_proof_of_a_time(self) -> None:
        claimed = Flag(HOST, FlagState.CLAIMED, node=NODE)
        assert presence.hosts_off([claimed], NEVER, PLAIN) == {}

    def test_a_flag_without_proof_says_nothing(self) -> None:
        assert presence.hosts_off([TYPED], NEVER, PLAIN) == {}
        assert presence.hosts_off([TYPED], {}, PLAIN) == {}

    def test_a_finished_host_under_another_name_is_off_while_its_node_is(self) -> None:
        flag = replace(DONE, host=NovaHost("nova-7"))
        assert presence.hosts_off([flag], AWAY, PLAIN)[NovaHost("nova-7")] == STILL
        assert presence.hosts_off([flag], BACK, PLAIN)[NovaHost("nova-7")] == FENCED


def test_when_the_nodes_that_have_hosts_were_fenced() -> None:
    known = {**AWAY, **nodes(online=True, fenced=False, at=Epoch(1.0), name="ctl2"), **NEVER}
    assert presence.fenced_at({**known, **AWAY}, PLAIN) == {NODE: FENCED}
    assert presence.fenced_at(NEVER, PLAIN) == {}
