from __future__ import annotations

from vmha_ocf.fencing.names import Names
from vmha_ocf.model import Flag, FlagState, NodeName, NodeState, NovaHost
from vmha_ocf.proof import leftover

NODE = NodeName("compute-1")
PLAIN = NovaHost("compute-1")
FULL = NovaHost("compute-1.example.com")
NODES = {NODE: NodeState(NODE, online=True, fenced=False)}
OTHERS = {NodeName("ctl1"): NodeState(NodeName("ctl1"), online=True, fenced=False)}
KNOWN = Names({NODE: (FULL,)})
TYPED = Flag(FULL, FlagState.NEEDED)


class TestAFlagWithoutAProof:
    def test_is_for_a_node_that_can_be_fenced(self) -> None:
        told = leftover.unproved(TYPED, NODES, KNOWN, [FULL])
        assert "pcs stonith fence compute-1, or drop the flag" in told
        assert leftover.unproved(TYPED, NODES, KNOWN, None) == told
        named = Flag(FULL, FlagState.NEEDED, NODE)
        assert leftover.unproved(named, NODES, Names(), [FULL]) == told

    def test_of_a_node_that_was_removed_is_not_to_be_fenced(self) -> None:
        for names in (KNOWN, Names()):
            told = leftover.unproved(TYPED, OTHERS, names, [FULL])
            assert "no node of Pacemaker is known to be it" in told
            assert "pcs stonith fence" not in told

    def test_before_pacemaker_has_answered_no_node_was_removed(self) -> None:
        assert "no node" not in leftover.unproved(TYPED, {}, KNOWN, [FULL])

    def test_of_a_host_that_nobody_knows_is_to_be_dropped(self) -> None:
        told = leftover.unproved(TYPED, OTHERS, Names(), [NovaHost("compute-2")])
        assert told == (
            f"{FULL} is flagged, and neither Pacemaker nor Nova has a host of that name: drop the flag"
        )

    def test_under_the_wrong_name_says_the_right_one(self) -> None:
        typed = Flag(PLAIN, FlagState.NEEDED)
        told = leftover.unproved(typed, NODES, KNOWN, [FULL])
        assert told.endswith(f"Nova has no host of that name; did you mean {FULL}?: drop the flag")


def test_a_flag_that_is_over_waits_for_a_node_that_is_there() -> None:
    done = Flag(FULL, FlagState.DONE)
    assert leftover.over(done, NODES, KNOWN) == ""
    assert leftover.over(done, {}, KNOWN) == ""
    assert leftover.over(Flag(PLAIN, FlagState.DONE), NODES, KNOWN) == ""
    assert "vmha forget compute-1.example.com" in leftover.over(done, OTHERS, KNOWN)
