"""Who runs and does not answer."""

from __future__ import annotations

from vmha_ocf.living.guests.contact import (
    Contacts,
    Limits,
    Moment,
    Reading,
    after_readings,
)
from vmha_ocf.living.guests.down import Memory, Trouble
from vmha_ocf.living.guests.states import Control, Kind
from vmha_ocf.model import Epoch, InstanceId, Monotonic

ONE, TWO = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2))
RAN = Memory(frozenset({ONE}))
LIMITS = Limits(hung_after=30.0, agent_after=60.0)


def at(seconds: float) -> Moment:
    return Moment(Epoch(1000.0 + seconds), Monotonic(seconds))


class Told:
    """Readings one after the other."""

    def __init__(self, memory: Memory = RAN, limits: Limits = LIMITS) -> None:
        self.memory = memory
        self.contacts: Contacts = {}
        self.limits = limits

    def read(self, seconds: float, *readings: Reading) -> Trouble | None:
        self.memory, self.contacts = after_readings(
            self.memory, self.contacts, readings, self.limits, at(seconds)
        )
        return self.memory.troubles.get(ONE)


def answers(*, agent: bool | None = None, disk: int | None = 1) -> Reading:
    return Reading(ONE, Control.OK, answered=True, agent=agent, disk=disk)


def waits(seconds: float) -> Reading:
    return Reading(ONE, Control.OCCUPIED, seconds)


LOST = Reading(ONE, Control.ERROR)


class TestHung:
    def test_a_qemu_that_answered_and_does_no_more_has_failed(self) -> None:
        told = Told()
        assert told.read(0, answers()) is None
        assert told.read(35, waits(29.0)) is None
        assert told.read(40, waits(34.0)) == Trouble(Kind.HUNG, Epoch(1006.0), seen=True)

    def test_it_stays_one_episode_until_it_answers(self) -> None:
        told = Told()
        told.read(0, answers())
        first = told.read(40, waits(34.0))
        assert told.read(50, waits(44.3)) == first
        assert told.read(60, answers()) is None

    def test_one_that_was_never_heard_is_of_the_past(self) -> None:
        hung = Told().read(40, waits(34.0))
        assert hung is not None
        assert not hung.seen

    def test_a_job_of_somebody_is_no_hang(self) -> None:
        assert Told().read(100, Reading(ONE, Control.JOB, 90.0)) is None

    def test_nobody_hangs_where_nobody_is_asked(self) -> None:
        assert Told(limits=Limits(hung_after=0)).read(100, waits(90.0)) is None

    def test_one_that_is_down_is_not_hung(self) -> None:
        crashed = Trouble(Kind.CRASHED, Epoch(1.0), seen=True, reason=3)
        told = Told(Memory(RAN.ran, RAN.ran, {ONE: crashed}))
        assert told.read(100, waits(90.0)) is crashed

    def test_one_that_was_never_seen_to_run_is_not_hung(self) -> None:
        told = Told()
        told.read(100, Reading(TWO, Control.OCCUPIED, 90.0))
        assert told.memory == RAN


class TestLost:
    def test_a_qemu_without_control_is_told_after_a_minute(self) -> None:
        told = Told()
        told.read(0, answers())
        assert told.read(10, LOST) is None
        assert told.read(69, LOST) is None
        assert told.read(70, LOST) == Trouble(Kind.UNMANAGEABLE, Epoch(1010.0), seen=True)

    def test_control_that_is_back_is_no_trouble(self) -> None:
        told = Told()
        told.read(0, LOST)
        assert told.read(65, answers()) is None
        assert told.read(70, LOST) is None


class TestSilent:
    def test_an_agent_that_answered_and_does_no_more(self) -> None:
        told = Told()
        told.read(0, answers(agent=True))
        assert told.read(59, answers(agent=False)) is None
        assert told.read(60, answers(agent=False)) == Trouble(Kind.SILENT, Epoch(1000.0), True)
        assert told.read(70, answers(agent=True)) is None

    def test_an_agent_that_never_answered_is_not_silent(self) -> None:
        told = Told()
        told.read(0, answers(agent=False))
        assert told.read(300, answers(agent=False)) is None

    def test_an_agent_that_is_gone_is_not_silent(self) -> None:
        told = Told()
        told.read(0, answers(agent=True))
        assert told.read(300, answers(agent=None)) is None

    def test_a_guest_whose_disks_move_lives(self) -> None:
        told = Told()
        told.read(0, answers(agent=True))
        assert told.read(50, answers(agent=False, disk=2)) is None
        assert told.read(100, answers(agent=False, disk=2)) is None
        silent = told.read(110, answers(agent=False, disk=2))
        assert silent == Trouble(Kind.SILENT, Epoch(1050.0), seen=True)

    def test_disks_that_are_not_known_do_not_matter(self) -> None:
        told = Told()
        told.read(0, answers(agent=True, disk=None))
        assert told.read(60, answers(agent=False, disk=None)) is not None

    def test_where_no_agent_is_asked_none_is_silent(self) -> None:
        told = Told(limits=Limits())
        told.read(0, answers(agent=True))
        assert told.read(300, answers(agent=False)) is None


def test_what_was_known_of_one_that_ended_is_forgotten() -> None:
    told = Told()
    told.read(0, answers())
    told.memory = Memory()
    told.read(10)
    assert told.contacts == {}
