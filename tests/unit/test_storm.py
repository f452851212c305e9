from __future__ import annotations

import pytest

from vmha_ocf import storm
from vmha_ocf.model import Flag, FlagState, NovaHost


def hosts(pending: int, done: int = 0) -> list[Flag]:
    states = [FlagState.NEEDED, FlagState.CLAIMED] * pending
    states = states[:pending] + [FlagState.DONE] * done
    return [Flag(NovaHost(f"compute-{i}"), state) for i, state in enumerate(states)]


@pytest.mark.parametrize(
    ("flags", "limit", "before", "is_storm"),
    [
        (hosts(3), 3, False, False),
        (hosts(4), 3, False, True),
        (hosts(0, done=9), 3, False, False),
        (hosts(3, done=9), 3, False, False),
        (hosts(100), 0, False, False),
        (hosts(1), 1, False, False),
        (hosts(2), 1, False, True),
        (hosts(1), 3, True, True),
        (hosts(0, done=4), 3, True, False),
        (hosts(0), 3, True, False),
    ],
)
def test_what_is_a_storm(flags: list[Flag], limit: int, before: bool, is_storm: bool) -> None:
    assert storm.is_storm(flags, limit, before) is is_storm


def test_the_reason_says_who_waits_and_how_to_release_them() -> None:
    reason = storm.hold_reason(hosts(6, done=1), 5)
    assert "storm_limit=5" in reason
    assert "6 hosts wait (compute-0, compute-1, compute-2, compute-3, compute-4, ...)" in reason
    assert reason.endswith("to release it run: vmha release")


def test_a_few_hosts_are_all_named() -> None:
    assert "(compute-0, compute-1, compute-2, compute-3, compute-4);" in storm.hold_reason(
        hosts(5)[::-1], 1
    )
    assert "2 hosts wait (compute-0, compute-1);" in storm.hold_reason(hosts(2), 1)
