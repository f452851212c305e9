"""A compute host's report as text, and back from whatever stands there."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import (
    LONGEST,
    MOST,
    Report,
    format_report,
    full,
    make_report,
    parse_report,
    short,
)
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId

BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
AT = Epoch(1795864608.0)
ONE, TWO = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2))
HEX = short(ONE)
HEAD = f"1 boot={BOOT} at=1795864608"


def crashed(since: float, *, seen: bool = True) -> Trouble:
    return Trouble(Kind.CRASHED, Epoch(since), seen)


class TestText:
    def test_a_host_without_trouble_says_so(self) -> None:
        report = make_report(BOOT, AT, {}, None)
        assert format_report(report) == HEAD
        assert parse_report(HEAD) == report

    def test_all_that_it_can_say_comes_back(self) -> None:
        troubles = {ONE: crashed(5.0), TWO: crashed(4.0, seen=False)}
        report = make_report(BOOT, AT, troubles, Epoch(7.0))
        assert report.failed.keys() == {ONE}
        text = format_report(report)
        found = short(TWO)
        assert text == f"{HEAD} unknown=7 failed=crashed:{HEX}@5 found=crashed:{found}@4"
        assert parse_report(text) == report

    @pytest.mark.parametrize("kind", list(Kind))
    def test_each_kind_comes_back(self, kind: Kind) -> None:
        report = make_report(BOOT, AT, {ONE: Trouble(kind, Epoch(5.0), seen=True)}, None)
        assert parse_report(format_report(report)) == report

    def test_a_kind_of_a_newer_version_is_unclear(self) -> None:
        report = parse_report(f"{HEAD} failed=eaten-by-mice:{HEX}@5")
        assert report.failed[ONE].kind is Kind.UNCLEAR

    def test_instances_have_their_dashes_back(self) -> None:
        assert full(short(ONE)) == ONE


class TestFlood:
    def test_two_thousand_are_told_in_a_bounded_text(self) -> None:
        troubles = {
            InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}"): Trouble(
                Kind.UNMANAGEABLE, Epoch(1795864608.0 + n), seen=True
            )
            for n in range(2000)
        }
        report = make_report(BOOT, AT, troubles, Epoch(1795864608.0))
        assert (len(report.failed), report.more) == (MOST, 2000 - MOST)
        assert len(format_report(report)) < LONGEST
        assert parse_report(format_report(report)) == report

    def test_failures_come_before_the_past_and_the_oldest_first(self) -> None:
        past = {
            InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}"): crashed(1.0, seen=False)
            for n in range(10, 10 + MOST)
        }
        report = make_report(BOOT, AT, {**past, TWO: crashed(9.0), ONE: crashed(8.0)}, None)
        assert list(report.failed) == [ONE, TWO]
        assert len(report.found) == MOST - 2
        assert report.more == 2

    def test_who_shut_himself_down_pushes_nobody_out_and_is_not_missed(self) -> None:
        ended = {
            InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}"): Trouble(
                Kind.SHUT_DOWN, Epoch(float(n)), seen=True
            )
            for n in range(10, 20 + MOST)
        }
        report = make_report(
            BOOT, AT, {**ended, ONE: crashed(9e9), TWO: crashed(1, seen=False)}, None
        )
        assert list(report.failed)[0] == ONE
        assert TWO in report.found
        assert (len(report.failed), report.more) == (MOST - 1, 0)
        assert min(float(one.since) for one in report.failed.values()) == 22.0, (
            "the newest ones are named"
        )


MANY = ",".join(f"crashed:{n:032x}@5" for n in range(MOST + 1))


class TestHostile:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2" + HEAD[1:],
            "1",
            HEAD + " ",
            HEAD + " failed",
            HEAD + " at=1795864608",
            HEAD + " trouble=none",
            f"1 boot={BOOT}",
            f"1 boot={BOOT} at=0",
            f"1 boot={BOOT} at=1e9",
            f"1 boot={BOOT} at=999999999999",
            f"1 boot={BOOT} at=\N{ARABIC-INDIC DIGIT ONE}",
            "1 boot=this-one at=1795864608",
            HEAD + " unknown=",
            HEAD + " unknown=since-yesterday",
            HEAD + " more=-1",
            HEAD + " more=9999999",
            HEAD + " failed=crashed",
            HEAD + f" failed=crashed:{ONE}@5",
            HEAD + f" failed=crashed:{HEX.upper().replace('0', 'G')}@5",
            HEAD + f" failed=crashed:{HEX}@5,",
            HEAD + f" failed=crashed:{HEX}@5\n",
            HEAD + f" failed=crashed:{HEX}@5,hung:{HEX}@6",
            HEAD + f" failed=crashed:{HEX}@5 found=hung:{HEX}@6",
            HEAD + f" failed={MANY}",
            HEAD + " failed=<script>",
            HEAD + " \x1b[2J=\u202e",
            HEAD + " failed=" + "x" * 100_000,
        ],
    )
    def test_what_no_watcher_writes_is_an_error(self, text: str) -> None:
        with pytest.raises(GuestsUnavailable, match="the attribute is not understood") as caught:
            parse_report(text)
        assert len(str(caught.value)) < 300

    def test_an_empty_list_is_none(self) -> None:
        assert parse_report(f"{HEAD} failed=") == Report(BOOT, AT)
