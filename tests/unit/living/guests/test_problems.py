"""What pcs status shows of a host's instances."""

from __future__ import annotations

from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.problems import problems
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId

URI = "qemu:///system"
ONE, TWO, THREE = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2, 3))


def test_nothing_where_all_is_well_and_of_the_past() -> None:
    past = {ONE: Trouble(Kind.CRASHED, Epoch(5.0), seen=False)}
    ended = {TWO: Trouble(Kind.SHUT_DOWN, Epoch(5.0), seen=True)}
    assert problems(URI, {**past, **ended}, None, "") == []


def test_each_trouble_is_one_sentence() -> None:
    troubles = {
        ONE: Trouble(Kind.HUNG, Epoch(100.0), seen=True),
        TWO: Trouble(Kind.CRASHED, Epoch(60.0), seen=True),
        THREE: Trouble(Kind.CRASHED, Epoch(70.0), seen=True),
    }
    unknown, unwritten, failed = problems(URI, troubles, Epoch(0.0), "no connection")
    assert unknown.startswith(
        "libvirt (qemu:///system) gives no answer since 1970-01-01T00:00:00Z: what becomes"
    )
    assert unwritten.endswith("does not reach the controllers: no connection")
    assert failed == (
        "instances here are down or stuck: 2 crashed, 1 hung; "
        f"the first is {TWO}, crashed since 1970-01-01T00:01:00Z"
    )


def test_a_clock_that_is_mad_is_said_to_be() -> None:
    assert "since a time that is none" in problems(URI, {}, Epoch(1e30), "")[0]
