"""What NovaInstances tells of real QEMUs under a real libvirtd, through a real Pacemaker's attributes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.one_node import OneNode
from tests.executables.watched import NO_WATCHDOG, PANICS, WRITES, Guests, Resource
from vmha_ocf.living.guests.report import Report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import InstanceId

pytestmark = pytest.mark.real
URI = "qemu:///system"
PANIC_DEVICE = "<panic model='isa'/>"
KIND = {
    "killed": Kind.CRASHED,
    "frozen": Kind.HUNG,
    "panics": Kind.PANICKED,
    "paused-by-watchdog": Kind.WATCHDOG,
    "off-by-watchdog": Kind.WATCHDOG,
    "disk-full": Kind.IO_ERROR,
}


def watchdog(action: str) -> str:
    return f"<watchdog model='ib700' action='{action}'/>"


@pytest.fixture(scope="module", name="guests")
def _guests(installed_node: OneNode) -> Guests:
    return Guests(installed_node)


@pytest.fixture(name="resource")
def _resource(installed_node: OneNode, guests: Guests) -> Iterator[Resource]:
    made = Resource(installed_node)
    made.start(uri=URI, hung_after="5")
    yield made
    made.do("stop")


def kinds(report: Report) -> dict[InstanceId, Kind]:
    return {uuid: one.kind for uuid, one in report.failed.items()}


def test_each_way_to_be_down_is_told_and_so_is_its_end(resource: Resource, guests: Guests) -> None:
    resource.until_told(lambda report: report.unknown is None)
    made = {
        "killed": guests.start("killed"),
        "frozen": guests.start("frozen"),
        "panics": guests.start("panics", PANICS, PANIC_DEVICE),
        "paused-by-watchdog": guests.start("paused-by-watchdog", NO_WATCHDOG, watchdog("pause")),
        "off-by-watchdog": guests.start("off-by-watchdog", NO_WATCHDOG, watchdog("poweroff")),
        "disk-full": guests.start("disk-full", WRITES, full=True),
        "stopped": guests.start("stopped"),
        "well": guests.start("well"),
    }
    resource.until(lambda: "answers" in resource.log())
    guests.signal("killed", "KILL")
    guests.virsh("destroy", "stopped")
    wanted = {made[name]: kind for name, kind in KIND.items()}
    frozen = wanted.pop(made["frozen"])
    resource.until_told(lambda report: kinds(report) == wanted)
    resource.until(lambda: resource.has_answered(made["frozen"]))
    guests.signal("frozen", "STOP")
    resource.until_told(lambda report: kinds(report) == {**wanted, made["frozen"]: frozen})

    before = resource.report().failed
    assert resource.do("stop").rc == 0
    assert "well" in guests.virsh("list", "--name")
    resource.start(uri=URI, hung_after="5")
    resource.until_told(lambda report: dict(report.failed) == dict(before))

    guests.signal("frozen", "CONT")
    guests.again("killed")
    guests.virsh("destroy", "panics")
    left = {made[name] for name in ("paused-by-watchdog", "off-by-watchdog", "disk-full")}
    resource.until_told(lambda report: report.failed.keys() == left)


@pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="27 s: with VMHA_LAB_DAY_2=1")
def test_a_libvirtd_that_hangs_or_is_away_hides_no_death(
    resource: Resource, guests: Guests
) -> None:
    first, second = guests.start("first"), guests.start("second")
    resource.until_told(lambda report: report.unknown is None)
    resource.until(lambda: str(second) in resource.remembered())
    guests.signal_libvirtd("STOP")
    guests.signal("first", "KILL")
    resource.until_told(lambda report: report.unknown is not None)
    assert first not in resource.report().failed
    guests.signal_libvirtd("CONT")
    resource.until_told(lambda report: report.unknown is None and first in report.failed)

    guests.signal_libvirtd("KILL")
    resource.until_told(lambda report: report.unknown is not None)
    guests.signal("second", "KILL")
    guests.start_libvirtd()
    resource.until_told(lambda report: report.unknown is None and second in report.failed)
    assert kinds(resource.report())[first] is Kind.CRASHED
    assert kinds(resource.report())[second] is Kind.CRASHED
