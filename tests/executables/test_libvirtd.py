"""Libvirtd's monitor on a real libvirtd: one that answers, hangs, goes on, and is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.one_node import OneNode
from tests.executables.installed import AGENTS
from tests.executables.watched import Guests
from vmha_ocf.backends.process.command import Result
from vmha_ocf.errors import OCF_DEGRADED, OCF_ERR_GENERIC, OCF_NOT_RUNNING, OCF_SUCCESS

pytestmark = pytest.mark.real
HUNG_AFTER = 6


class Libvirtd:
    def __init__(self, node: OneNode) -> None:
        self._node = node

    def monitor(self, **given: str) -> Result:
        """As Pacemaker's executor runs it."""
        environment = {
            "HA_RSCTMP": "/run/resource-agents",
            "OCF_RESOURCE_INSTANCE": "libvirt",
            "OCF_RESKEY_CRM_meta_interval": "10000",
            "OCF_RESKEY_CRM_meta_timeout": "12000",
            "OCF_RESKEY_hung_after": str(HUNG_AFTER),
            **{f"OCF_RESKEY_{name}": value for name, value in given.items()},
        }
        return self._node.run([f"{AGENTS}/Libvirtd", "monitor"], timeout=30, env=environment)


@pytest.fixture(scope="module", name="guests")
def _guests(installed_node: OneNode) -> Guests:
    return Guests(installed_node)


@pytest.fixture(name="libvirtd")
def _libvirtd(installed_node: OneNode, guests: Guests) -> Iterator[Libvirtd]:
    yield Libvirtd(installed_node)
    guests.signal_libvirtd("CONT")


def test_one_that_hangs_is_given_time_and_fails_then(libvirtd: Libvirtd, guests: Guests) -> None:
    guests.start("well")
    assert libvirtd.monitor().rc == OCF_SUCCESS
    guests.signal_libvirtd("STOP")
    busy = libvirtd.monitor()
    assert (busy.rc, "libvirt does not answer" in busy.stderr) == (OCF_DEGRADED, True)
    codes = [libvirtd.monitor().rc for _ in range(HUNG_AFTER)]
    assert set(codes) == {OCF_DEGRADED, OCF_ERR_GENERIC}
    assert codes[-1] == OCF_ERR_GENERIC
    guests.signal_libvirtd("CONT")
    assert libvirtd.monitor().rc == OCF_SUCCESS
    assert "well" in guests.virsh("list", "--name")


def test_an_error_is_an_answer(libvirtd: Libvirtd) -> None:
    wrong = libvirtd.monitor(uri="nothing:///system")
    assert (wrong.rc, "answers with an error" in wrong.stderr) == (OCF_DEGRADED, True)


def test_one_that_is_gone_does_not_run(libvirtd: Libvirtd, guests: Guests) -> None:
    guests.signal_libvirtd("KILL")
    assert libvirtd.monitor().rc == OCF_NOT_RUNNING
    assert libvirtd.monitor(socket="/run/libvirt/nobody").rc == OCF_NOT_RUNNING
    guests.start_libvirtd()
