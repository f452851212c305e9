"""The Clock contract on both clocks: neither needs anything."""

from __future__ import annotations

import pytest

from tests.contract.clock import ClockContract
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.ports import Clock
from vmha_ocf.sim import World


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()


class TestSimClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return World().clock()
