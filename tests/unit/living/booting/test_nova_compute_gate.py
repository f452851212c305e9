"""The gate before a unit that systemd starts: it waits as long as it takes, and says for what."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmha_ocf.living.booting import gate, keeper
from vmha_ocf.programs import nova_compute_gate as unit_gate
from vmha_ocf.sim.base.timeline import SimClock, Timeline

UNKNOWN = gate.Wait("whether compute-1 is flagged cannot be read: attrd is silent", flagged=False)
CLAIMED = gate.Wait("ctl1 evacuates compute-1", flagged=True)
A_DAY = 24 * 3600


def test_it_waits_for_days_and_says_each_reason_once() -> None:
    clock = SimClock(Timeline())
    began = clock.monotonic()

    def look() -> gate.Open | gate.Wait:
        waited = clock.monotonic() - began
        if waited > 2 * A_DAY:
            return gate.Open()
        return UNKNOWN if waited < A_DAY else CLAIMED

    said: list[str] = []
    keeper.wait_open(look, clock, said.append)
    assert clock.monotonic() - began > 2 * A_DAY
    assert said == [f"waiting at the gate: {wait.reason}" for wait in (UNKNOWN, CLAIMED)]


def test_an_open_one_is_passed_at_once_and_in_silence() -> None:
    clock, said = SimClock(Timeline()), list[str]()
    before = clock.monotonic()
    keeper.wait_open(gate.Open, clock, said.append)
    assert (clock.monotonic(), said) == (before, [])


def test_without_the_hosts_name_it_fails_and_stays_shut(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """systemd does not start a unit whose ExecStartPre has failed."""
    broken = tmp_path / "nova.conf"
    broken.write_text("[DEFAULT\n")
    assert unit_gate.main([f"--nova-conf={broken}"]) == unit_gate.FAILED
    assert f"{broken} cannot be read" in caplog.text
