"""What Nova showed of a service, and whether it may still be acted upon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.model import ComputeService, Monotonic, NovaHost
from vmha_ocf.service.row import OLD, Row, settings

_SERVICE = ComputeService(
    "5e41", NovaHost("compute-1"), up=True, enabled=True, forced_down=False, updated_at="then"
)


def test_is_old_when_somebody_had_the_time_to_change_it() -> None:
    row = Row(_SERVICE, Monotonic(100.0))
    assert not row.is_old(Monotonic(100.0 + OLD))
    assert row.is_old(Monotonic(100.1 + OLD))


def test_a_heartbeat_changes_no_setting() -> None:
    assert settings(replace(_SERVICE, updated_at="now", up=False)) == settings(_SERVICE)


@pytest.mark.parametrize(
    "other",
    [
        replace(_SERVICE, id="6f52"),
        replace(_SERVICE, enabled=False),
        replace(_SERVICE, forced_down=True),
        replace(_SERVICE, disabled_reason="DIMM B2"),
    ],
)
def test_whatever_a_person_says_does(other: ComputeService) -> None:
    assert settings(other) != settings(_SERVICE)
