from __future__ import annotations

import pytest

from vmha_ocf import reconcile
from vmha_ocf.model import ComputeService, Flag, FlagState, NodeName, NodeState, NovaHost

SHORT = NovaHost("compute-1")
FULL = NovaHost("compute-1.example.com")
NODE = NodeName("compute-1")


def services(*hosts: NovaHost) -> dict[NovaHost, ComputeService]:
    return {host: ComputeService(host, host, True, True, False) for host in hosts}


def node(*, online: bool = False, fenced: bool = True, name: str = NODE) -> NodeState:
    return NodeState(NodeName(name), online, fenced, 100.0, "ctl2")


@pytest.mark.parametrize(
    ("domain", "known", "host"),
    [
        ("", [SHORT], SHORT),
        ("", [FULL], SHORT),
        ("example.com", [FULL], FULL),
        ("example.com", [SHORT, FULL], FULL),
        ("example.com", [SHORT], SHORT),
    ],
)
def test_the_host_of_a_node_is_one_that_nova_knows(
    domain: str, known: list[NovaHost], host: NovaHost
) -> None:
    assert reconcile.host_of(NODE, domain, services(*known)) == host


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
    assert bool(reconcile.fenced_without_flag([state], services(*known), flags, "")) is found


@pytest.mark.parametrize(
    ("state", "known", "flags", "found"),
    [
        (node(), [FULL], {}, {NODE: FULL}),
        (node(name="compute-1.lan"), [FULL], {}, {NodeName("compute-1.lan"): FULL}),
        (node(name="Compute-1"), [FULL], {}, {NodeName("Compute-1"): FULL}),
        (node(), [SHORT], {}, {}),
        (node(name="compute-11"), [FULL], {}, {}),
        (node(online=True), [FULL], {}, {}),
        (node(fenced=False), [FULL], {}, {}),
        (node(), [FULL], {FULL: Flag(FULL, FlagState.DONE)}, {}),
        (node(), [FULL], {SHORT: Flag(SHORT, FlagState.NEEDED, NODE)}, {}),
        (node(), [FULL], {SHORT: Flag(SHORT, FlagState.NEEDED, NodeName("x"))}, {NODE: FULL}),
    ],
)
def test_a_name_that_nova_may_know_otherwise(
    state: NodeState,
    known: list[NovaHost],
    flags: dict[NovaHost, Flag],
    found: dict[NodeName, NovaHost],
) -> None:
    assert reconcile.misnamed([state], services(*known), flags, "") == found


def test_with_its_domain_it_is_no_doubt() -> None:
    assert reconcile.misnamed([node()], services(FULL), {}, "example.com") == {}


def test_the_flag_tells_whose_word_it_is() -> None:
    flag = reconcile.flag_for(SHORT, node(), 500.0)
    assert flag.evidence is not None
    assert (flag.state, flag.node) == (FlagState.NEEDED, NODE)
    assert (flag.evidence.by, flag.evidence.at) == ("ctl2", 100.0)
    assert "Pacemaker" in flag.evidence.proof


def test_a_fencing_that_nobody_remembers_is_one_of_now() -> None:
    flag = reconcile.flag_for(SHORT, NodeState(NODE, online=False, fenced=True), 500.0)
    assert flag.evidence is not None
    assert (flag.evidence.by, flag.evidence.at) == ("pacemaker", 500.0)
