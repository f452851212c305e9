"""What every Units does: on the simulator, on commands that keep a real process, and on systemd's
systemctl as far as a machine without systemd can show it.

A subclass gives the fixture ``stage``; no test knows more of it than the Protocol. What remains for a
machine that systemd runs, because a stand-in for systemctl can only repeat what its manual says (the
first is shown by ``make lab HOSTS=systemd CASE=unit-hangs-at-stop``):

- that a unit whose process ignores TERM holds ``systemctl stop`` up, and that KILL to the main
  process ends it and leaves the guests that its unit may hold;
- that a stop cancels a start that is queued at boot and a restart after a failure;
- what systemctl answers while D-Bus or systemd itself is being restarted.
"""

from __future__ import annotations

from typing import Protocol

import pytest

from vmha_ocf.errors import NotInstalled, UnitFailed, UnitUnavailable
from vmha_ocf.ports import Units

SOON = 1.5
"""Seconds for calls that are to fail in time."""


class UnitsStage(Protocol):
    """The nova-compute of one host, and a hand on it. It is installed and does not run."""

    def units(self, seconds: float = 20.0) -> Units:
        """The port; its calls take no longer than this."""

    def runs(self) -> bool:
        """Whether nova-compute runs, not by way of the port."""

    def begin(self) -> None:
        """Somebody else starts it."""

    def crash(self) -> None: ...

    def break_start(self) -> None:
        """From now on it cannot start."""

    def make_unkillable(self) -> None:
        """From now on nothing ends it."""

    def silence(self) -> None:
        """Whatever is asked gets no answer from now on."""

    def uninstall(self) -> None: ...


class UnitsContract:
    def test_it_runs_when_start_returns_and_is_gone_when_stop_does(
        self, stage: UnitsStage
    ) -> None:
        units = stage.units()
        assert not units.is_active()
        units.start()
        assert stage.runs()
        assert units.is_active()
        units.stop()
        assert not stage.runs()
        assert not units.is_active()

    def test_it_can_be_started_and_stopped_any_number_of_times(self, stage: UnitsStage) -> None:
        units = stage.units()
        for _ in range(2):
            units.start()
            assert stage.runs()
            units.stop()
            assert not stage.runs()

    def test_stopping_what_is_stopped_is_fine(self, stage: UnitsStage) -> None:
        stage.units().stop()
        stage.units().stop()
        assert not stage.runs()

    def test_what_somebody_else_started_is_seen_and_can_be_stopped(
        self, stage: UnitsStage
    ) -> None:
        stage.begin()
        assert stage.units().is_active()
        stage.units().stop()
        assert not stage.runs()

    def test_starting_what_runs_changes_nothing(self, stage: UnitsStage) -> None:
        stage.begin()
        stage.units().start()
        assert stage.runs()
        assert stage.units().is_active()

    def test_one_that_crashed_is_not_active_and_can_be_started(self, stage: UnitsStage) -> None:
        stage.units().start()
        stage.crash()
        assert not stage.units().is_active()
        stage.units().start()
        assert stage.runs()

    def test_one_that_crashed_can_be_stopped(self, stage: UnitsStage) -> None:
        stage.units().start()
        stage.crash()
        stage.units().stop()
        assert not stage.runs()

    def test_a_start_that_fails_says_so_and_leaves_it_stopped(self, stage: UnitsStage) -> None:
        stage.break_start()
        with pytest.raises(UnitFailed) as raised:
            stage.units().start()
        assert raised.value.hint
        assert not stage.runs()
        assert not stage.units().is_active()

    def test_a_stop_that_stops_nothing_fails(self, stage: UnitsStage) -> None:
        stage.units().start()
        stage.make_unkillable()
        with pytest.raises(UnitFailed) as raised:
            stage.units(SOON).stop()
        assert raised.value.hint
        assert stage.runs()
        assert stage.units().is_active()

    def test_no_answer_is_neither_yes_nor_no(self, stage: UnitsStage) -> None:
        stage.silence()
        with pytest.raises(UnitUnavailable):
            stage.units(SOON).is_active()

    def test_without_an_answer_no_start_succeeds(self, stage: UnitsStage) -> None:
        stage.silence()
        with pytest.raises(UnitUnavailable):
            stage.units(SOON).start()
        assert not stage.runs()

    def test_without_an_answer_no_stop_succeeds(self, stage: UnitsStage) -> None:
        stage.begin()
        stage.silence()
        with pytest.raises(UnitUnavailable):
            stage.units(SOON).stop()
        assert stage.runs()

    def test_what_is_not_installed_cannot_be_started(self, stage: UnitsStage) -> None:
        stage.uninstall()
        with pytest.raises(NotInstalled) as raised:
            stage.units().start()
        assert raised.value.hint
        assert not stage.runs()

    def test_what_is_not_installed_does_not_run(self, stage: UnitsStage) -> None:
        """systemd knows that; without a status_command nobody does."""
        stage.uninstall()
        try:
            active = stage.units().is_active()
        except NotInstalled:
            active = False
        assert not active
