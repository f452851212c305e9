"""What libvirt's states mean."""

from __future__ import annotations

import pytest

from vmha_ocf.living.guests.states import Domain, Kind, Paused, Shutoff, State, Word, judge
from vmha_ocf.model import InstanceId

ONE = InstanceId("5d8a1f8e-8c10-4c5e-9d2f-000000000001")


@pytest.mark.parametrize(
    ("state", "reason", "means"),
    [
        (State.RUNNING, 1, Word.RUNS),
        (State.BLOCKED, 0, Word.RUNS),
        (State.PAUSED, 1, Word.BETWEEN),  # by a person
        (State.PAUSED, 2, Word.BETWEEN),  # a live migration
        (State.PAUSED, Paused.IOERROR, Kind.IO_ERROR),
        (State.PAUSED, Paused.WATCHDOG, Kind.WATCHDOG),
        (State.PAUSED, Paused.CRASHED, Kind.PANICKED),
        (State.PAUSED, Paused.POSTCOPY_FAILED, Kind.TORN),
        (State.PAUSED, Paused.API_ERROR, Kind.UNMANAGEABLE),
        (State.SHUTDOWN, 1, Word.BETWEEN),
        (State.SHUTOFF, Shutoff.SHUTDOWN, Kind.SHUT_DOWN),
        (State.SHUTOFF, Shutoff.DESTROYED, Word.OFF),
        (State.SHUTOFF, 4, Word.OFF),  # migrated
        (State.SHUTOFF, 99, Word.OFF),  # of a libvirt to come
        (State.SHUTOFF, Shutoff.CRASHED, Kind.CRASHED),
        (State.SHUTOFF, Shutoff.FAILED, Kind.CRASHED),
        (State.SHUTOFF, Shutoff.DAEMON, Kind.CRASHED),
        (State.SHUTOFF, Shutoff.UNKNOWN, Word.FORGOTTEN),
        (State.CRASHED, 1, Kind.PANICKED),
        (State.PMSUSPENDED, 0, Word.BETWEEN),
        (State.NOSTATE, 0, Word.BETWEEN),
        (99, 0, Word.BETWEEN),
    ],
)
def test_each_state_means_one_thing(state: int, reason: int, means: Kind | Word) -> None:
    assert judge(Domain(ONE, state, reason)) is means


def test_a_domain_is_active_while_there_is_a_qemu_of_it() -> None:
    active = {state for state in State if Domain(ONE, state, 0).active}
    assert active == {
        State.RUNNING,
        State.BLOCKED,
        State.PAUSED,
        State.SHUTDOWN,
        State.PMSUSPENDED,
    }
