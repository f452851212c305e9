"""Only a positively read "done" or "never flagged" opens the gate."""

from __future__ import annotations

import pytest

from vmha_ocf.cluster.flag_texts import merge
from vmha_ocf.living.booting import gate
from vmha_ocf.model import Flag, FlagState, NodeName, NovaHost

HOST = NovaHost("compute-1")


def test_a_host_that_was_never_flagged_may_start() -> None:
    assert gate.decide(HOST, None) == gate.Open()


@pytest.mark.parametrize("state", FlagState)
def test_only_done_opens(state: FlagState) -> None:
    verdict = gate.decide(HOST, Flag(HOST, state, owner="ctl1"))
    assert isinstance(verdict, gate.Open) == (state is FlagState.DONE)


def test_a_claim_names_who_evacuates() -> None:
    verdict = gate.decide(HOST, Flag(HOST, FlagState.CLAIMED, owner="ctl1"))
    assert verdict == gate.Wait("ctl1 evacuates compute-1", flagged=True)


def test_a_flag_that_nobody_has_claimed_asks_for_the_evacuator() -> None:
    verdict = gate.decide(HOST, Flag(HOST, FlagState.NEEDED))
    assert verdict == gate.Wait(
        "compute-1 is flagged and its evacuation has not begun; is NovaEvacuate running?",
        flagged=True,
    )


def test_not_knowing_is_waiting_and_says_so() -> None:
    verdict = gate.unknown(HOST, "attrd is silent")
    assert verdict == gate.Wait(
        "whether compute-1 is flagged cannot be read: attrd is silent", flagged=False
    )


RECORD = "host=compute-1 at=1795219200.000 by=ctl1 proof=BMC 192.0.2.7 answered off"


@pytest.mark.parametrize("record", [None, RECORD, "unreadable"])
@pytest.mark.parametrize("value", [None, "", "no", "NO", "yes", "ctl1@1700000000", "perhaps"])
def test_of_every_pair_of_records_only_nothing_and_no_without_a_record_open(
    value: str | None, record: str | None
) -> None:
    values = {} if value is None else {"nova:compute-1": value}
    records = {} if record is None else {NodeName("compute-1"): record}
    flag = merge(values, records.items()).get(HOST)
    opens = record is None and value in (None, "", "no", "NO")
    assert isinstance(gate.decide(HOST, flag), gate.Open) == opens
