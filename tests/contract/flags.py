"""What every Flags does: one suite, run on the simulator and on a real Pacemaker.

A subclass gives the fixture ``stage``; its nodes are compute-1 and compute-2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import pytest

from vmha_ocf.cluster.flag_texts import STORM_ATTRIBUTE, STORM_KEY, STORM_RELEASE, format_record
from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable, ParameterError
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NovaHost
from vmha_ocf.ports import Flags

HOST = NovaHost("compute-1.example.com")
NODE = NodeName("compute-1")
OURS = f"nova:{HOST}"
PROOF = Evidence("ctl1", Epoch(1763695800.25), "BMC 192.0.2.7 answered off")
AGAIN = Evidence("ctl2", Epoch(1763695814.5), "BMC 192.0.2.7 answered off")
NEEDED = Flag(HOST, FlagState.NEEDED, node=NODE, evidence=PROOF)
CLAIMED = replace(NEEDED, state=FlagState.CLAIMED, owner="ctl1", since=Epoch(1763695803.0))
DONE = replace(CLAIMED, state=FlagState.DONE)


class Stage(Protocol):
    """The outside of the flags: what others see and do there. A change is visible on return."""

    flags: Flags

    def values(self) -> Mapping[str, str]:
        """attrd's non-empty values of ``evacuate`` by key."""

    def set_value(self, key: str, value: str, *, name: str = "evacuate") -> None: ...

    def records(self) -> Mapping[NodeName, str]:
        """The nodes' permanent attribute ``evacuation``."""

    def set_record(self, node: NodeName, text: str) -> None: ...

    def forget_attrd(self) -> None:
        """As the stop of all controllers does: every private attribute is gone."""

    def lose_quorum(self) -> None: ...

    def lose_cluster(self) -> None:
        """Nothing of the cluster answers on this node any more."""


class FlagsContract:
    def test_a_cluster_that_never_fenced_has_no_flags(self, stage: Stage) -> None:
        assert stage.flags.read() == {}

    def test_a_needed_flag_is_in_both_records(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        assert stage.values() == {OURS: "yes"}
        assert stage.records() == {NODE: format_record(NEEDED)}
        assert stage.flags.read() == {HOST: NEEDED}

    def test_writing_needed_again_is_harmless(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(NEEDED)
        assert stage.flags.read() == {HOST: NEEDED}

    def test_a_claim_names_its_owner_and_keeps_the_evidence(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        assert stage.flags.read() == {HOST: CLAIMED}
        assert stage.values() == {OURS: "ctl1@1763695803"}

    def test_done_leaves_no_cib_record(self, stage: Stage) -> None:
        for flag in (NEEDED, CLAIMED, DONE):
            stage.flags.write(flag)
        assert stage.records() == {}
        assert stage.flags.read() == {HOST: Flag(HOST, FlagState.DONE)}

    def test_the_hosts_of_one_machine_have_a_record_each(self, stage: Stage) -> None:
        second = replace(NEEDED, host=NovaHost("compute-1-b"))
        for flag in (NEEDED, second):
            stage.flags.write(flag)
        assert stage.flags.read() == {HOST: NEEDED, second.host: second}
        assert stage.records() == {NODE: format_record(NEEDED)}, "what a version before reads"
        again = replace(second, evidence=AGAIN)
        stage.flags.write(again)
        assert stage.flags.read() == {HOST: NEEDED, second.host: again}
        stage.flags.write(CLAIMED)
        stage.flags.write(DONE)
        assert stage.flags.read()[second.host] == again
        stage.flags.write(replace(again, state=FlagState.DONE))
        assert not any(flag.pending for flag in stage.flags.read().values())
        assert stage.records() == {}

    def test_done_is_repeatable(self, stage: Stage) -> None:
        for flag in (NEEDED, CLAIMED, DONE, DONE):
            stage.flags.write(flag)
        assert stage.flags.read() == {HOST: Flag(HOST, FlagState.DONE)}

    def test_clear_leaves_nothing_of_a_done_flag(self, stage: Stage) -> None:
        for flag in (NEEDED, CLAIMED, DONE):
            stage.flags.write(flag)
        stage.flags.clear(HOST)
        assert stage.flags.read() == {}
        assert stage.values() == {}

    def test_clear_of_a_host_without_a_flag_is_harmless(self, stage: Stage) -> None:
        stage.flags.clear(HOST)
        assert stage.flags.read() == {}

    def test_a_pending_flag_is_not_cleared(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.clear(HOST)
        assert stage.flags.read() == {HOST: NEEDED}

    def test_two_hosts_do_not_mix(self, stage: Stage) -> None:
        other = replace(NEEDED, host=NovaHost("compute-2"), node=NodeName("compute-2"))
        stage.flags.write(NEEDED)
        stage.flags.write(other)
        stage.flags.write(CLAIMED)
        stage.flags.write(DONE)
        stage.flags.clear(HOST)
        assert stage.flags.read() == {other.host: other}

    def test_a_stop_of_all_controllers_loses_no_flag(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        stage.forget_attrd()
        assert stage.flags.read() == {HOST: NEEDED}

    def test_a_host_fenced_anew_stays_flagged_after_done(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        again = replace(NEEDED, evidence=AGAIN)
        stage.flags.write(again)
        stage.flags.write(DONE)
        assert stage.flags.read() == {HOST: again}

    def test_a_record_that_came_in_between_outlives_done(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        again = replace(NEEDED, evidence=AGAIN)
        stage.set_record(NODE, format_record(again))
        stage.flags.write(DONE)
        stage.flags.clear(HOST)
        assert stage.flags.read() == {HOST: again}

    def test_done_does_not_end_the_claim_of_another(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        theirs = replace(CLAIMED, owner="ctl2", since=Epoch(1763695900.0))
        stage.flags.write(theirs)
        stage.flags.write(DONE)
        assert stage.flags.read() == {HOST: theirs}

    def test_done_of_a_claim_that_is_gone_changes_nothing(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(DONE)
        assert stage.flags.read() == {HOST: NEEDED}

    def test_done_without_an_owner_ends_any_claim(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        stage.flags.write(replace(NEEDED, state=FlagState.DONE))
        assert stage.flags.read() == {HOST: Flag(HOST, FlagState.DONE)}

    @pytest.mark.parametrize("value", ["yes", "YES", "ctl9@1763690000", "rubbish", "no such"])
    def test_what_upstream_wrote_is_a_flag(self, stage: Stage, value: str) -> None:
        stage.set_value(HOST, value)
        flag = stage.flags.read()[HOST]
        assert flag.pending
        assert flag.owner == ("ctl9" if "@" in value else "")

    def test_upstreams_key_follows_ours(self, stage: Stage) -> None:
        stage.set_value(HOST, "yes")
        for flag, value in ((NEEDED, "yes"), (CLAIMED, "ctl1@1763695803"), (DONE, "no")):
            stage.flags.write(flag)
            assert stage.values() == {HOST: value, OURS: value}
        stage.flags.clear(HOST)
        assert stage.values() == {}

    def test_upstreams_done_does_not_open_what_we_shut(self, stage: Stage) -> None:
        stage.set_value(HOST, "no")
        stage.flags.write(NEEDED)
        assert stage.flags.read() == {HOST: NEEDED}
        assert stage.values()[HOST] == "yes"

    def test_a_key_of_another_case_is_the_same_host(self, stage: Stage) -> None:
        stage.set_value(OURS.upper().replace("NOVA:", "nova:"), "yes")
        for flag in (NEEDED, CLAIMED):
            stage.flags.write(flag)
            assert stage.flags.read() == {HOST: flag}
        stage.flags.write(DONE)
        assert [flag.state for flag in stage.flags.read().values()] == [FlagState.DONE]
        stage.flags.clear(HOST)
        assert stage.flags.read() == {}

    def test_an_illegible_record_is_a_flag_on_its_node(self, stage: Stage) -> None:
        stage.set_record(NODE, "do not touch, Anna")
        assert stage.flags.read() == {
            NovaHost(NODE): Flag(NovaHost(NODE), FlagState.NEEDED, node=NODE)
        }

    def test_hostile_attributes_hide_no_other(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        for key in ("--all", "-A", "a b", "<x>", "&#1;", "line\nbreak", "bell\a", "q\"'q", "]]>"):
            stage.set_value(key, "yes")
        for number, value in enumerate(
            ('"', "a\nb", "\x1b[31m", "<!DOCTYPE x>", "&#0;", "x" * 9999)
        ):
            stage.set_value(f"hostile-{number}", value)
        flags = stage.flags.read()
        assert flags[HOST] == NEEDED
        # Of Pacemaker 3 without the two whose control character XML cannot have.
        assert len(flags) in (14, 16)
        assert all(flag.pending for flag in flags.values())
        stage.flags.write(CLAIMED)
        assert stage.flags.read()[HOST] == CLAIMED

    def test_evidence_with_any_characters_can_be_recorded(self, stage: Stage) -> None:
        proof = Evidence(
            "ctl1", Epoch(1.0), "BMC \"x\" 'y' <&> \\n %s $(id) `id` \x1b[31m é\n said --off"
        )
        stage.flags.write(replace(NEEDED, evidence=proof))
        stage.flags.write(replace(DONE, owner="", evidence=proof))
        assert stage.records() == {}

    @pytest.mark.parametrize("host", ["", "two words", "tab\t", "x" * 300, "é", "\x1b[31m"])
    def test_a_host_that_cannot_be_recorded_is_refused(self, stage: Stage, host: str) -> None:
        with pytest.raises(ParameterError) as raised:
            stage.flags.write(replace(NEEDED, host=NovaHost(host)))
        assert raised.value.hint
        assert stage.flags.read() == {}

    @pytest.mark.parametrize("host", ["-A", "--delete", "$(id)", "a'b\"c", "nova:x", "evacuate++"])
    def test_an_odd_host_name_is_just_a_name(self, stage: Stage, host: str) -> None:
        odd = replace(NEEDED, host=NovaHost(host))
        stage.flags.write(odd)
        assert stage.flags.read() == {odd.host: odd}
        stage.flags.write(replace(odd, state=FlagState.DONE))
        stage.flags.clear(odd.host)
        assert stage.flags.read() == {}

    def test_needed_without_a_node_is_refused(self, stage: Stage) -> None:
        with pytest.raises(ParameterError) as raised:
            stage.flags.write(replace(NEEDED, node=None))
        assert raised.value.hint
        assert stage.flags.read() == {}

    def test_needed_with_a_node_that_pacemaker_has_not_is_refused(self, stage: Stage) -> None:
        with pytest.raises(ParameterError) as raised:
            stage.flags.write(replace(NEEDED, node=NodeName("compute-9")))
        assert raised.value.hint
        assert stage.flags.read() == {}

    def test_nothing_is_recorded_without_quorum(self, stage: Stage) -> None:
        stage.lose_quorum()
        with pytest.raises(FlagNotWritten) as raised:
            stage.flags.write(NEEDED)
        assert raised.value.hint
        assert stage.records() == {}

    def test_done_keeps_the_record_without_quorum(self, stage: Stage) -> None:
        stage.flags.write(NEEDED)
        stage.flags.write(CLAIMED)
        stage.lose_quorum()
        with pytest.raises(FlagNotWritten):
            stage.flags.write(DONE)
        assert stage.flags.read()[HOST].pending

    def test_poll_tells_of_each_change_in_attrd(self, stage: Stage) -> None:
        seen = [stage.flags.poll()]
        for flag in (NEEDED, CLAIMED, DONE):
            stage.flags.write(flag)
            seen.append(stage.flags.poll())
            assert stage.flags.poll() == seen[-1]
        assert len(set(seen)) == 4

    def test_a_storm_is_not_released_until_somebody_does(self, stage: Stage) -> None:
        assert stage.flags.storm_release() is None
        stage.set_value(STORM_KEY, "yes", name=STORM_ATTRIBUTE)
        assert stage.flags.storm_release() is None
        stage.set_value(STORM_KEY, STORM_RELEASE, name=STORM_ATTRIBUTE)
        assert stage.flags.storm_release() == 0.0
        assert stage.flags.read() == {}

    def test_a_storm_release_has_a_date(self, stage: Stage) -> None:
        stage.set_value(STORM_KEY, STORM_RELEASE, name=STORM_ATTRIBUTE)
        stage.flags.date_storm_release(1763695800.7)
        assert stage.flags.storm_release() == 1763695800.0

    def test_a_storm_release_ends(self, stage: Stage) -> None:
        stage.flags.end_storm_release()
        stage.set_value(STORM_KEY, STORM_RELEASE, name=STORM_ATTRIBUTE)
        stage.flags.end_storm_release()
        assert stage.flags.storm_release() is None

    def test_without_a_cluster_nothing_is_known(self, stage: Stage) -> None:
        stage.lose_cluster()
        for question in (stage.flags.read, stage.flags.poll, stage.flags.storm_release):
            with pytest.raises(FlagsUnavailable) as raised:
                question()
            assert raised.value.hint

    @pytest.mark.parametrize("flag", [NEEDED, CLAIMED, DONE], ids=lambda flag: flag.state.value)
    def test_without_a_cluster_no_write_succeeds(self, stage: Stage, flag: Flag) -> None:
        stage.lose_cluster()
        with pytest.raises(FlagsUnavailable) as raised:
            stage.flags.write(flag)
        assert raised.value.hint
