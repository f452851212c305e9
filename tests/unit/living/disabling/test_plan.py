"""What is to be done about a service: the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from vmha_ocf.living.disabling import plan
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.disabling.noted import Noted
from vmha_ocf.living.disabling.plan import Do, Step
from vmha_ocf.model import ComputeService, NovaHost, Services
from vmha_ocf.service import marker

HOST, OTHER = NovaHost("compute-1"), NovaHost("compute-2")
EPISODE = "tenant@1763695800"
ENABLED = ComputeService("1", HOST, up=True, enabled=True, forced_down=False)
OURS = replace(ENABLED, enabled=False, disabled_reason=f"vmha-ocf: network {EPISODE}")
THEIRS = replace(ENABLED, enabled=False, disabled_reason="DIMM")
ASKED = Noted(HOST, "network", EPISODE)
DONE = Noted(HOST, "network", EPISODE, done=True)
TENANT = ("tenant",)
DOWN = Cause("network", TENANT, True, {HOST: "tenant"}, [HOST])
WELL = Cause("network", TENANT, True, well={HOST: TENANT})
UNSURE = Cause("network", TENANT, True)
UNWATCHED = Cause("network")
PROCESS = Cause("process", ("nova-compute",), True)
WORN = Cause("process", ("nova-compute",), True, {HOST: "nova-compute"}, [HOST])


def steps(
    service: ComputeService, cause: Cause, note: Noted | None = None, process: Cause = PROCESS
) -> Sequence[Step]:
    noted = {note.cause: note} if note else {}
    return list(plan.of_host(service, noted, [cause, process], 60.0))


def does(*args: Any) -> list[str]:
    return [one.do.value for one in steps(*args)]


@pytest.mark.parametrize(
    ("service", "cause", "note", "done"),
    [
        (ENABLED, DOWN, None, ["disable"]),
        (ENABLED, DOWN, ASKED, ["disable"]),
        (ENABLED, DOWN, DONE, ["nothing"]),
        (ENABLED, UNSURE, DONE, []),
        (ENABLED, UNSURE, None, []),
        (ENABLED, WELL, DONE, ["forget"]),
        (ENABLED, UNWATCHED, ASKED, ["forget"]),
        (THEIRS, DOWN, None, []),
        (THEIRS, WELL, DONE, ["forget"]),
        (replace(ENABLED, forced_down=True), DOWN, None, []),
        (OURS, DOWN, ASKED, ["note", "nothing"]),
        (OURS, DOWN, DONE, ["nothing"]),
        (OURS, WELL, DONE, ["enable"]),
        (OURS, WELL, None, ["enable"]),
        (OURS, UNSURE, DONE, ["nothing"]),
        (OURS, UNWATCHED, DONE, ["nothing"]),
        (replace(OURS, forced_down=True), WELL, DONE, ["nothing"]),
    ],
)
def test_the_table(
    service: ComputeService, cause: Cause, note: Noted | None, done: list[str]
) -> None:
    assert does(service, cause, note) == done


def test_the_note_becomes_done() -> None:
    assert steps(OURS, DOWN, ASKED)[0].noted == DONE


def test_another_failure_of_the_host_keeps_it_disabled() -> None:
    assert does(OURS, WELL, DONE, WORN) == ["nothing"]


@pytest.mark.parametrize(
    ("service", "cause", "note", "words"),
    [
        (
            ENABLED,
            DOWN,
            DONE,
            "was enabled by somebody, although its tenant network is down: it stays so",
        ),
        (
            OURS,
            DOWN,
            None,
            "is disabled for its tenant network, until that has been well for 60 s",
        ),
        (OURS, UNWATCHED, None, "and by now nobody says how that is"),
        (replace(OURS, forced_down=True), WELL, None, "and forced down by somebody"),
    ],
)
def test_people_are_told(
    service: ComputeService, cause: Cause, note: Noted | None, words: str
) -> None:
    assert words in steps(service, cause, note)[-1].told


def test_whose_node_is_gone_nobody_says_how_it_is_and_nothing_is_forgotten() -> None:
    (one,) = plan.of_host(OURS, {"network": DONE}, [WELL, PROCESS], 60.0, has_node=False)
    assert one.do is Do.NOTHING
    assert "and by now nobody says how that is" in one.told
    kept = {"network": DONE}
    assert list(plan.of_host(ENABLED, kept, [UNSURE, PROCESS], 60.0, has_node=False)) == []


def test_for_a_process_only_when_nova_misses_it() -> None:
    assert does(ENABLED, UNSURE, None, WORN) == []
    (one,) = steps(replace(ENABLED, up=False), UNSURE, None, WORN)
    assert (one.do, one.cause, one.what, one.host) == (Do.DISABLE, "process", "nova-compute", HOST)


def test_a_mark_of_another_cause_is_somebody_elses() -> None:
    for reason in (
        "vmha-ocf: spare 12",
        "vmha-ocf: evacuation",
        f"{OURS.disabled_reason} [vmha-ocf: forced down]",
    ):
        service = replace(OURS, disabled_reason=reason)
        assert marker.of_living(service) is None
        assert does(service, WELL) == []
    assert marker.of_living(replace(OURS, enabled=True)) is None


class TestAgainst:
    other = replace(ENABLED, id="2", host=OTHER)
    wanted = Step(Do.DISABLE, ENABLED, "network", "tenant")

    def against(self, *services: ComputeService, cause: Cause = DOWN, **more: Any) -> str:
        given: dict[str, Any] = {"beside": (), "most": 1, **more}
        return plan.against(self.wanted, Services([ENABLED, *services]), [cause], **given)

    def test_nothing_where_another_host_takes_instances(self) -> None:
        assert self.against(self.other) == ""

    def test_as_many_as_the_gate_lets_through_are_already(self) -> None:
        told = self.against(self.other, beside=[OTHER])
        assert told == "compute-2 is already, and hosts_at_once is 1"
        assert self.against(self.other, beside=[OTHER], most=2) == ""

    @pytest.mark.parametrize("other", [replace(other, up=False), replace(other, enabled=False)])
    def test_no_other_host_takes_instances(self, other: ComputeService) -> None:
        assert self.against(other) == "no other host takes instances"
        assert self.against() == "no other host takes instances"

    def test_one_that_ails_too_is_none(self) -> None:
        both = replace(DOWN, ailing=[HOST, OTHER])
        assert self.against(self.other, cause=both) == "no other host takes instances"

    def test_which_are_marked(self) -> None:
        assert plan.marked([OURS, self.other]) == [HOST]
        assert plan.marked([OURS], "network") == [HOST]
        assert plan.marked([OURS], "process") == []
