"""BMCs on a cluster that runs: over Redfish from the first day on, and exchanged for others, by what
docs/deploy.rst tells people to type. Minutes: played by ``make lab``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab import bmc, redfish, test_recipes
from tests.lab.deployer import Deployer
from tests.lab.layout import BMC_PASSWORD, BMC_USER
from tests.lab.stage import EXAMPLES, Stage, Tell
from tests.lab.tellers import vmha
from tests.lab.test_recipes import a_host_dies
from tests.lab.wait import wait_until
from tests.packages.documented import one

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="minutes: VMHA_LAB_DAY_2=1"),
]
stage, tell, deployer = test_recipes.stage, test_recipes.tell, test_recipes.deployer
_healthy = test_recipes.healthy
OVER_REDFISH, EXCHANGED = "BMCs over Redfish", "Later: another BMC"
ANOTHER_PASSWORD = "changed-in-the-bmc"
GIVEN_UP = 200.0
"""Seconds: a monitor each minute, and a start on each controller with a BMC that does not answer."""
STARTED_AGAIN = 240.0
"""failure-timeout, and a look at it each minute."""


@pytest.fixture
def bmcs(stage: Stage) -> Iterator[Bmcs]:
    exchanged = Bmcs(stage)
    yield exchanged
    exchanged.as_before()


class Bmcs:
    """Of the first host, in the hands of somebody who exchanges them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.first = stage.lab.computes[0]
        self.new_address = f"{stage.lab.net}.2.77"
        self.trusted = ""
        """The CA's certificate, where they speak Redfish."""

    def over_redfish(self) -> None:
        """By the names that the page has, which the controllers know."""
        lab = self._stage.lab
        names = {f"bmc-{node.number}.example.com": node.bmc_address for node in lab.computes}
        for controller in lab.controllers:
            with (lab.home(controller.name) / "etc" / "hosts").open("a") as known:
                known.writelines(f"{address}\t{name}\n" for name, address in names.items())
        self.trusted = redfish.start(
            lab, *(f"DNS:{name}" for name in names), f"IP:{self.new_address}"
        )

    def exchange(self, address: str, password: str) -> None:
        lab, name = self._stage.lab, self.first.name
        bmc.exchange(lab, name, address, password)
        if self.trusted:
            redfish.stop_one(lab, name)
            there = replace(self.first, bmc_address=address)
            redfish.start_one(lab, there, password)
            redfish.await_one(lab, there)

    def as_before(self) -> None:
        self.exchange(self.first.bmc_address, BMC_PASSWORD)
        redfish.stop(self._stage.lab)


class Page:
    """docs/deploy.rst, typed on a controller with the lab's names and addresses."""

    def __init__(self, deployer: Deployer, bmcs: Bmcs) -> None:
        self._stage = deployer.stage
        first, second = self._stage.lab.computes
        said = ("HOSTS", "BMCS", "BMC_USER", "EXTRA_FENCE", "INVENTORY")
        self._environment = [
            f"{name}={value}" for name, value in deployer.settings.items() if name not in said
        ]
        self._replaced = {
            "192.0.2.11": first.address,
            "192.0.2.12": second.address,
            "198.51.100.77": bmcs.new_address,
            "fencing ": f"{BMC_USER} ",
            "/usr/share/vmha-ocf/pcs-examples": str(EXAMPLES),
            "/etc/vmha/bmc-password": deployer.settings["BMC_PASSWORD_SCRIPT"],
            "/etc/vmha/bmc-ca.pem": bmcs.trusted,
            "/etc/vmha/inventory.ini": deployer.settings["INVENTORY"],
        }

    def type(self, chapter: str, *words: str, folder: str = "/", more: str = "") -> str:
        """The command of the chapter that has these words; what it printed. ``more`` is told, too."""
        command = one(chapter, *words)
        for example, ours in self._replaced.items():
            command = command.replace(example, ours)
        script = ["bash", "-c", f"cd {folder} && {more} {command}"]
        controller = self._stage.cluster.controller()
        return self._stage.cluster.must(
            controller, ["env", *self._environment, *script], timeout=300
        )


def findings(stage: Stage) -> list[str]:
    """What vmha check says of BMCs and of what is done about them."""
    told = vmha(stage, stage.cluster.controller(), "check")
    return [found["what"] for found in told["findings"] if "BMC" in found["what"]]


def fencings(stage: Stage) -> str:
    return stage.cluster.ask(["stonith_admin", "--history", "*"])


def runs(stage: Stage, device: str) -> bool:
    return "is running on" in stage.cluster.ask(["crm_resource", "--locate", "-r", device])


def given_up(stage: Stage, device: str) -> bool:
    """A start has failed on each controller. Between two of them it runs nowhere, too."""
    told = stage.cluster.ask(["crm_mon", "-1", "--inactive"])
    return all(f"{device} start on {node.name} " in told for node in stage.lab.controllers)


def emptied(stage: Stage) -> None:
    client = stage.cloud.client()
    instances = [row.uuid for row in stage.cloud.instances()]
    client.delete(instances)
    client.wait_deleted(instances)


def test_devices_that_speak_redfish_from_the_first_day_on(
    stage: Stage, deployer: Deployer, bmcs: Bmcs, tell: Tell
) -> None:
    bmcs.over_redfish()
    page = Page(deployer, bmcs)
    assert "answered on" in page.type(OVER_REDFISH, "fence_compute", "-o status")
    page.type(OVER_REDFISH, "recipe-per-host.sh")
    assert findings(stage) == []
    a_host_dies(stage, tell)
    asked = redfish.said(stage.lab, bmcs.first.name)
    assert "/Actions/ComputerSystem.Reset" in asked

    emptied(stage)
    fenced = fencings(stage)
    bmcs.exchange(bmcs.new_address, BMC_PASSWORD)
    said, *_ = findings(stage)
    assert said.startswith(f"fence-{bmcs.first.name}: BMC bmc-1.example.com"), said
    tell("its BMC is another one, at another address; vmha check names it")
    page.type(EXCHANGED, "fence-per-host.sh")
    assert findings(stage) == []

    bmcs.exchange(bmcs.new_address, ANOTHER_PASSWORD)
    said, *_ = findings(stage)
    assert f"BMC {bmcs.new_address} does not let in user {BMC_USER} with this password" in said
    program = stage.lab.state / "another-password"
    program.touch(mode=0o700)
    program.write_text(f"#!/bin/sh\necho {ANOTHER_PASSWORD}\n")
    page.type(EXCHANGED, "fence-per-host.sh", more=f"BMC_PASSWORD_SCRIPT={program}")
    assert findings(stage) == []
    assert fencings(stage) == fenced
    tell("it has another password, and a program that prints it; nothing was fenced")
    a_host_dies(stage, tell)


def test_a_bmc_is_exchanged_under_an_inventory(
    stage: Stage, deployer: Deployer, bmcs: Bmcs, tell: Tell
) -> None:
    """Pacemaker gives the device up meanwhile, on all controllers: the other host is fenced by it all the
    same, and it is started again without a hand."""
    deployer.run("recipe-inventory.sh")
    stage.wait_up(timeout=300)
    first, second = stage.lab.computes
    page, inventory = Page(deployer, bmcs), Path(deployer.settings["INVENTORY"])
    assert findings(stage) == []
    fenced = fencings(stage)
    bmcs.exchange(bmcs.new_address, BMC_PASSWORD)
    said, *_ = findings(stage)
    assert f"1 of 2 BMCs failed: {first.name}: BMC {first.bmc_address} does not answer" in said
    tell(f"the BMC of {first.name} is another one, at another address; vmha check names it")
    gone = "the end of all tries to start the device"
    wait_until(gone, lambda: given_up(stage, "fence-computes"), GIVEN_UP, 1.0)
    assert fencings(stage) == fenced
    assert [one for one in findings(stage) if "runs on no controller" in one]
    tell("Pacemaker has given the device up, which vmha check says, too")
    a_host_dies(stage, tell, second.name)

    emptied(stage)
    fenced = fencings(stage)
    written(page, inventory, inventory.read_text().replace(first.bmc_address, bmcs.new_address))
    assert [one for one in findings(stage) if "BMCs failed" in one] == []
    begun = time.monotonic()
    back = "the device, started again"
    wait_until(back, lambda: runs(stage, "fence-computes"), STARTED_AGAIN, 1.0)
    tell(f"the inventory says so; the device runs again {time.monotonic() - begun:.0f} s later")
    assert findings(stage) == []

    bmcs.exchange(bmcs.new_address, ANOTHER_PASSWORD)
    said, *_ = findings(stage)
    assert f"BMC {bmcs.new_address} and this device have different passwords" in said
    section = f"[{first.name}]\n"
    text = inventory.read_text().replace(section, f"{section}password = {ANOTHER_PASSWORD}\n")
    written(page, inventory, text)
    assert findings(stage) == []
    assert fencings(stage) == fenced
    tell("it has another password, and the inventory says so; nothing was fenced")
    a_host_dies(stage, tell)


def written(page: Page, inventory: Path, text: str) -> None:
    """As the page has it, from a draft in another folder."""
    draft = inventory.parent / "draft"
    draft.mkdir(mode=0o700, exist_ok=True)
    (draft / "inventory.ini").write_text(text)
    page.type(EXCHANGED, "install -m 600", folder=str(draft))
    page.type(EXCHANGED, "mv ")
    assert inventory.read_text() == text
    assert inventory.stat().st_mode & 0o777 == 0o600
