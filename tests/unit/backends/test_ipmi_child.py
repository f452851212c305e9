"""The child that speaks IPMI, as far as it can be seen without a BMC."""

from __future__ import annotations

import pytest
from pyghmi.ipmi.private import session

from vmha_ocf.backends.bmc import ipmi_child


def test_lost_wake_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that came just before a wait is seen after a slice of it."""
    waits: list[float] = []
    monkeypatch.setattr(session, "_io_wait", lambda seconds, *_: waits.append(seconds))
    ipmi_child.wait_in_slices()
    for seconds in (1.0, 0.01):
        session._io_wait(seconds, None)
    assert waits == [ipmi_child.LONGEST_WAIT, 0.01]
