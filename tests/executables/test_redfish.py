"""fence_compute over Redfish as Pacemaker runs it: from the wire to the cluster's memory."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract import one_node, sushy_bmc
from tests.contract.bmc_processes import PASSWORD, USER
from tests.executables.fence_stage import FenceStage, fence
from tests.fakes.certificate import make_certificate

pytestmark = pytest.mark.real
PORT = 8443


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FenceStage]:
    if lack := one_node.missing():
        pytest.fail(lack)
    folder = tmp_path_factory.mktemp("stage")
    stage = FenceStage(folder)
    told = f"{PORT} {stage.power} {USER} {PASSWORD} {make_certificate(folder)}"
    emulator = f"exec {sys.executable} -I {sushy_bmc.__file__} {told}"
    command = f"({emulator}) </dev/null >{folder}/log 2>&1 &"
    assert stage.cluster.run(["sh", "-c", command], timeout=10).rc == 0
    deadline = time.monotonic() + 30
    while stage.fence(action="status", **redfish(folder)).rc == 1:
        assert time.monotonic() < deadline, (folder / "log").read_text()
    yield stage
    stage.stop()


def redfish(folder: Path, **other: object) -> dict[str, object]:
    ca = folder / "ca.pem"
    return {"protocol": "redfish", "ipport": PORT, "ssl_ca_file": ca, "login_timeout": 30, **other}


@pytest.mark.parametrize("power", ["1", "0"])
def test_off_is_verified_and_recorded_twice(stage: FenceStage, power: str) -> None:
    stage.set_power(power)
    given = redfish(stage.power.parents[1], nodename="compute-1", plug="c1.example.com")
    answer = stage.fence(action="off", **given)
    assert answer.rc == 0, answer
    assert stage.power.read_text() == "0\n"
    assert 'host="nova:c1.example.com" value="yes"' in stage.attributes()
    proof = (
        rf"host=c1\.example\.com at=\S+ by=ctl1 proof=BMC 127\.0\.0\.1 port {PORT} answered off"
    )
    assert re.search(proof, stage.records())


def test_reboot_and_on(stage: FenceStage) -> None:
    stage.set_power("1")
    answer = stage.fence(action="reboot", **redfish(stage.power.parents[1]))
    assert (answer.rc, stage.power.read_text()) == (0, "1\n"), answer
    stage.set_power("0")
    assert stage.fence(action="on", **redfish(stage.power.parents[1])).rc == 0
    assert stage.power.read_text() == "1\n"


def test_an_inventory_may_have_hosts_of_both_protocols(stage: FenceStage, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory"
    inventory.write_text(
        f"[DEFAULT]\nusername={USER}\npassword={PASSWORD}\nip=127.0.0.1\n"
        f"[compute-1]\n[compute-2]\nprotocol=redfish\nipport={PORT}\n"
        f"ssl_ca_file={stage.power.parents[1] / 'ca.pem'}\n"
    )
    inventory.chmod(0o600)
    bare = {"ip": "", "username": "", "password": "", "plug": "", "inventory": inventory}
    stage.set_power("1")
    listed = stage.fence(action="list-status", login_timeout=30, **bare)
    assert listed.stdout.splitlines() == ["compute-1,compute-1,ON", "compute-2,compute-2,ON"]
    answer = stage.fence(action="off", login_timeout=30, **{**bare, "plug": "compute-2"})
    assert answer.rc == 0, answer
    assert stage.power.read_text() == "0\n"


def test_what_cannot_be_is_one_sentence_without_a_secret() -> None:
    bmc = {"ip": "127.0.0.1", "username": USER, "password": "swordfish", "plug": "compute-1"}
    answer = fence({**bmc, "action": "off", "protocol": "redfish", "systems_uri": "1"})
    assert answer.rc == 1
    assert "systems_uri=1 is not the path of a resource" in answer.stderr
    assert "swordfish" not in answer.stderr
