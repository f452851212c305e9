"""libvirt's own library: its numbers are those of ours, and its test driver is heard."""

from __future__ import annotations

import threading

import libvirt
import pytest

from vmha_ocf.backends.hypervisor.connection import Libvirt
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.states import Control, Domain, Paused, Shutoff, State
from vmha_ocf.model import InstanceId

GUEST = InstanceId("6695eb01-f6a4-8304-79aa-97f2502e193f")
"""Of test:///default, which has one in each process that opens it."""
NUMBERS = [
    *((f"VIR_DOMAIN_{one.name}", one) for one in State),
    *((f"VIR_DOMAIN_PAUSED_{one.name}", one) for one in Paused),
    *((f"VIR_DOMAIN_SHUTOFF_{one.name}", one) for one in Shutoff),
    *((f"VIR_DOMAIN_CONTROL_{one.name}", one) for one in Control),
]


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_its_numbers_are_ours(name: str, number: int) -> None:
    if name == "VIR_DOMAIN_PAUSED_API_ERROR" and libvirt.getVersion() < 9_002_000:
        assert not hasattr(libvirt, name)
    else:
        assert getattr(libvirt, name) == number


def test_its_guests_are_listed_and_what_happens_to_them_is_heard() -> None:
    heard = threading.Event()
    hypervisor = Libvirt("test:///default", heard.set)
    assert hypervisor.look() == [Domain(GUEST, State.RUNNING, 0, nova=False)]
    assert not hypervisor.news().changed
    other = libvirt.open("test:///default")
    other.lookupByUUIDString(GUEST).suspend()
    assert heard.wait(10)
    assert hypervisor.news().changed
    assert hypervisor.look() == [Domain(GUEST, State.PAUSED, 1, nova=False)]
    other.lookupByUUIDString(GUEST).resume()
    other.close()


def test_one_that_does_not_answer_a_command_is_not_said_to_have_answered() -> None:
    """The test driver knows none."""
    [reading] = Libvirt("test:///default", lambda: None).read()
    assert (reading.uuid, reading.answered, reading.control) == (GUEST, False, Control.OK)


def test_one_that_is_away_is_unknown() -> None:
    hypervisor = Libvirt("qemu+unix:///system?socket=/nonexistent", lambda: None)
    for ask in (hypervisor.look, hypervisor.read):
        with pytest.raises(GuestsUnavailable, match=r"^libvirt: "):
            ask()
