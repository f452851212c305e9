from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.fencing.names import Names, Words, learn
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    Evidence,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
)
from vmha_ocf.proof import fenced_elsewhere

SHORT = NovaHost("compute-1")
FULL = NovaHost("compute-1.example.com")
NODE = NodeName("compute-1")


def services(*hosts: NovaHost) -> dict[NovaHost, ComputeService]:
    return {host: ComputeService(host, host, True, True, False) for host in hosts}


def node(*, online: bool = False, fenced: bool = True, name: str = NODE) -> NodeState:
    return NodeState(NodeName(name), online, fenced, Epoch(100.0), "ctl2")


def names(*known: NovaHost, domain: str = "", **device: str) -> Names:
    """``device``: what a fencing device calls a node, whose name is written with _ here."""
    told = {NodeName(node.replace("_", "-")): (NovaHost(host),) for node, host in device.items()}
    nodes = [NODE, NodeName("compute-1.lan"), NodeName("Compute-1"), NodeName("compute-11")]
    return learn(Words(nodes, {"fence": told}, domain=domain, listed=known))


@pytest.mark.parametrize(
    ("state", "known", "flags", "found"),
    [
        (node(), [SHORT], {}, True),
        (node(online=True), [SHORT], {}, False),
        (node(fenced=False), [SHORT], {}, False),
        (node(name="ctl1"), [SHORT], {}, False),
        (node(), [FULL], {}, False),
        (node(), [SHORT], {SHORT: Flag(SHORT, FlagState.DONE)}, False),
    ],
)
def test_fenced_without_us(
    state: NodeState, known: list[NovaHost], flags: dict[NovaHost, Flag], found: bool
) -> None:
    told = fenced_elsewhere.fenced_without_flag([state], services(*known), flags, names(*known))
    assert bool(told) is found


@pytest.mark.parametrize(("fenced_at", "found"), [(None, False), (230.0, True), (230.5, False)])
def test_a_fencing_counts_over_a_proof_of_later_only_if_its_own_time_has_come(
    fenced_at: float | None, found: bool
) -> None:
    at = None if fenced_at is None else Epoch(fenced_at)
    proof = Evidence("ctl1", Epoch(4100.0), "BMC answered off")
    flag = Flag(SHORT, FlagState.CLAIMED, NODE, evidence=proof)
    assert fenced_elsewhere.tells_nothing(flag, replace(node(), fenced_at=at), 200.0) is found
    assert not fenced_elsewhere.tells_nothing(flag, None, 200.0)


def test_a_namesake_of_another_site_is_not_the_host_that_the_device_means() -> None:
    other = NovaHost("compute-1.b.example.com")
    known = names(FULL, other, domain="example.com", compute_1=other)
    found = fenced_elsewhere.fenced_without_flag([node()], services(FULL, other), {}, known)
    assert found == {other: node()}


def test_all_hosts_of_a_machine_are_found_and_those_that_are_flagged_are_not() -> None:
    second = NovaHost("compute-1-b")
    known = Names({NODE: (SHORT, second)})
    flags = {SHORT: Flag(SHORT, FlagState.NEEDED, NODE)}
    listed = services(SHORT, second)
    assert fenced_elsewhere.fenced_without_flag([node()], listed, {}, known).keys() == {
        SHORT,
        second,
    }
    assert fenced_elsewhere.fenced_without_flag([node()], listed, flags, known) == {second: node()}


@pytest.mark.parametrize(
    ("state", "known", "flags", "found"),
    [
        (node(), [FULL], {}, {NODE: [FULL]}),
        (node(name="compute-1.lan"), [FULL], {}, {NodeName("compute-1.lan"): [FULL]}),
        (node(name="Compute-1"), [FULL], {}, {NodeName("Compute-1"): [FULL]}),
        (node(name="Compute-1"), [SHORT], {}, {}),
        (node(), [SHORT], {}, {}),
        (node(name="compute-11"), [FULL], {}, {}),
        (node(online=True), [FULL], {}, {}),
        (node(fenced=False), [FULL], {}, {}),
        (node(), [FULL], {FULL: Flag(FULL, FlagState.DONE)}, {}),
        (node(), [FULL], {SHORT: Flag(SHORT, FlagState.NEEDED, NODE)}, {}),
        (node(), [FULL], {SHORT: Flag(SHORT, FlagState.NEEDED, NodeName("x"))}, {NODE: [FULL]}),
    ],
)
def test_a_name_that_nova_may_know_otherwise(
    state: NodeState,
    known: list[NovaHost],
    flags: dict[NovaHost, Flag],
    found: dict[NodeName, list[NovaHost]],
) -> None:
    assert fenced_elsewhere.misnamed([state], flags, names(*known)) == found


def test_with_its_domain_it_is_no_doubt() -> None:
    assert fenced_elsewhere.misnamed([node()], {}, names(FULL, domain="example.com")) == {}


def test_the_flag_tells_whose_word_it_is() -> None:
    flag = fenced_elsewhere.flag_for(SHORT, node(), 500.0)
    assert flag.evidence is not None
    assert (flag.state, flag.node) == (FlagState.NEEDED, NODE)
    assert (flag.evidence.by, flag.evidence.at) == ("ctl2", 100.0)
    assert "Pacemaker" in flag.evidence.proof


def test_a_fencing_that_nobody_remembers_is_one_of_now() -> None:
    flag = fenced_elsewhere.flag_for(SHORT, NodeState(NODE, online=False, fenced=True), 500.0)
    assert flag.evidence is not None
    assert (flag.evidence.by, flag.evidence.at) == ("pacemaker", 500.0)


class TestAFencingThatMayHaveSwitchedNothing:
    IPMI = Resource("ipmi", "stonith:fence_ipmilan", {"pcmk_host_list": NODE})
    KDUMP = Resource("kdump", "stonith:fence_kdump", {"pcmk_host_list": NODE})

    def test_is_believed_where_a_person_confirmed_it(self) -> None:
        weak = Configuration(resources=[self.KDUMP])
        assert fenced_elsewhere.weakness(node(), weak) == "kdump"
        confirmed = replace(node(), fenced_by="a human")
        assert fenced_elsewhere.weakness(confirmed, weak) == ""
        assert fenced_elsewhere.weakness(node(), Configuration(resources=[self.IPMI])) == ""

    def test_leaves_the_node_away_and_no_more(self) -> None:
        back = NodeState(NODE, online=True, fenced=False, fenced_at=Epoch(100.0))
        never = NodeState(NODE, online=True, fenced=False)
        for state, left in (
            (node(), NodeState(NODE, online=False, fenced=False, fenced_by="ctl2")),
            (back, never),
            (never, never),
        ):
            assert fenced_elsewhere.believed({NODE: state}, lambda _: "kdump") == {NODE: left}
            assert fenced_elsewhere.believed({NODE: state}, lambda _: "") == {NODE: state}


class TestAFlagByANameThatNovaDoesNotHave:
    PROOF = Evidence("ctl1", Epoch(100.0), "BMC bmc-1 answered off")
    FLAG = Flag(SHORT, FlagState.CLAIMED, NODE, "ctl1", Epoch(101.0), PROOF)
    KNOWN = Names({NODE: (FULL,)})

    def test_is_of_what_nova_has_on_that_node(self) -> None:
        found = fenced_elsewhere.nameless([self.FLAG], self.KNOWN, [FULL])
        assert found == {FULL: self.FLAG}
        new = fenced_elsewhere.renamed(self.FLAG, FULL)
        assert new == Flag(FULL, FlagState.NEEDED, NODE, evidence=self.PROOF)

    @pytest.mark.parametrize(
        ("flag", "listed"),
        [
            (FLAG, None),
            (FLAG, [SHORT, FULL]),
            (replace(FLAG, node=None), [FULL]),
            (replace(FLAG, node=NodeName("compute-2")), [FULL]),
            (replace(FLAG, evidence=None), [FULL]),
            (replace(FLAG, state=FlagState.DONE), [FULL]),
        ],
    )
    def test_but_not_where_that_is_not_certain(
        self, flag: Flag, listed: list[NovaHost] | None
    ) -> None:
        assert not fenced_elsewhere.nameless([flag], self.KNOWN, listed)

    @pytest.mark.parametrize(
        ("other", "told"),
        [
            (None, False),
            (Flag(FULL, FlagState.DONE), True),
            (Flag(FULL, FlagState.NEEDED, NODE), False),
            (Flag(FULL, FlagState.NEEDED, NODE, evidence=replace(PROOF, at=Epoch(99.0))), False),
            (Flag(FULL, FlagState.NEEDED, NODE, evidence=PROOF), True),
        ],
    )
    def test_goes_when_the_same_power_off_is_told_by_another_one(
        self, other: Flag | None, told: bool
    ) -> None:
        assert fenced_elsewhere.is_told(self.FLAG, other) is told

    def test_stays_without_a_proof_of_its_own(self) -> None:
        flag = replace(self.FLAG, evidence=None)
        assert not fenced_elsewhere.is_told(
            flag, Flag(FULL, FlagState.NEEDED, NODE, evidence=self.PROOF)
        )


class TestATypedFlagOfAHostThatIsBack:
    """Fenced at 100.0 by our clock, connected again at 160.0; Nova heard of it last at 95.0."""

    TYPED = Flag(SHORT, FlagState.NEEDED)
    BACK = NodeState(NODE, True, False, Epoch(100.0), "ctl2", Epoch(160.0))
    GATED = ComputeService("1", SHORT, False, True, False, updated_at="1970-01-01T00:01:35.000000")

    def found(
        self,
        flag: Flag = TYPED,
        node: NodeState | None = BACK,
        service: ComputeService | None = GATED,
        ahead: float = 0.0,
    ) -> bool:
        nodes = {NODE: node} if node else {}
        known = {SHORT: service} if service else {}
        told = fenced_elsewhere.fenced_and_back(
            [flag], nodes, known, names(SHORT), now=200.0, ahead=ahead
        )
        assert told in ({}, {SHORT: node})
        return bool(told)

    def test_was_fenced_and_waits_at_its_gate(self) -> None:
        assert self.found()

    def test_or_its_proof_is_of_a_time_that_has_not_come_yet(self) -> None:
        """Somebody has set the clock since. What the tolerance covers has come."""
        proof = Evidence("ctl1", Epoch(230.0), "BMC answered off")
        assert not self.found(replace(self.TYPED, evidence=proof))
        proof = replace(proof, at=Epoch(230.5))
        assert self.found(replace(self.TYPED, evidence=proof))

    def test_is_left_alone_where_its_flag_has_a_proof_or_is_over(self) -> None:
        proof = Evidence("ctl1", Epoch(99.0), "BMC answered off")
        assert not self.found(replace(self.TYPED, evidence=proof))
        assert not self.found(replace(self.TYPED, state=FlagState.DONE))

    @pytest.mark.parametrize(
        "node",
        [
            None,
            replace(BACK, online=False),
            replace(BACK, fenced_at=None),
            replace(BACK, connected_at=None),
            replace(BACK, connected_at=Epoch(100.0)),
        ],
    )
    def test_is_left_alone_where_pacemaker_does_not_tell_of_a_fencing_before_its_connection(
        self, node: NodeState | None
    ) -> None:
        assert not self.found(node=node)

    @pytest.mark.parametrize(
        "service",
        [
            None,
            replace(GATED, up=True),
            replace(GATED, forced_down=True),
            replace(GATED, updated_at=""),
            replace(GATED, updated_at="1970-01-01T00:02:11.000000"),
        ],
    )
    def test_is_left_alone_where_nova_may_have_heard_of_it_since(
        self, service: ComputeService | None
    ) -> None:
        assert not self.found(service=service)

    def test_is_judged_by_both_clocks(self) -> None:
        assert not self.found(ahead=36.0)
        assert self.found(ahead=35.0)
