"""BMCs that are dead, slow, stuck or ask for another password."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.bmc import Fault
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.layout import BMC_PASSWORD
from tests.lab.promises import Expected

Mend = Callable[[], object]


def bmc_dead(scene: Scene) -> Expected:
    """A host freezes and its BMC does not answer: nothing moves before the BMC is back."""
    tagged = scene.boot("compute-1")
    scene.say("the BMC of compute-1 dies, then compute-1 freezes")
    scene.stage.cluster.bmc_stop("compute-1")
    return _frozen_until(
        scene, "compute-1", tagged, lambda: scene.stage.cluster.bmc_start("compute-1")
    )


def bmc_silent(scene: Scene) -> Expected:
    """The BMC has an address and answers nothing."""
    return _faulty(scene, "compute-2", Fault.HUNG)


def bmc_stuck(scene: Scene) -> Expected:
    """The BMC accepts every command and moves no power: an accepted off is not off."""
    return _faulty(scene, "compute-3", Fault.STUCK)


def bmc_slow(scene: Scene) -> Expected:
    """The BMC accepts at once and moves the power 10 s later."""
    tagged = scene.boot("compute-4")
    scene.say("the BMC of compute-4 takes 10 s, compute-4 freezes")
    scene.stage.cluster.bmc_fault("compute-4", Fault.SLOW, 10.0)
    scene.stage.cluster.freeze("compute-4")
    return Expected({"compute-4"}, tagged)


def bmc_wrong_password(scene: Scene) -> Expected:
    """The inventory has another password than the BMC, until somebody mends it."""
    tagged = scene.boot("compute-1")
    inventory = scene.stage.lab.state / "inventory.ini"
    right = inventory.read_text()
    scene.afterwards.callback(inventory.write_text, right)
    scene.say("the inventory's passwords are wrong, compute-1 freezes")
    inventory.write_text(right.replace(BMC_PASSWORD, "not-it"))
    return _frozen_until(scene, "compute-1", tagged, lambda: inventory.write_text(right))


def power_and_bmc_lost(scene: Scene) -> Expected:
    """Host and BMC lose power together; both return, and only then is the host known to be off."""
    tagged = scene.boot("compute-2")
    scene.say("compute-2 and its BMC lose power together")
    scene.stage.cluster.bmc_stop("compute-2")
    scene.stage.cluster.kill("compute-2")
    scene.stage.cluster.wait_offline("compute-2")
    scene.pause(10)
    assert not scene.asked("compute-2"), "asked for without a proof that the host is off"
    scene.say("the BMC of compute-2 is back")
    scene.stage.cluster.bmc_start("compute-2")
    return Expected({"compute-2"}, tagged)


def _faulty(scene: Scene, host: str, fault: Fault) -> Expected:
    tagged = scene.boot(host)
    scene.say(f"the BMC of {host} is {fault.value}, {host} freezes")
    scene.stage.cluster.bmc_fault(host, fault)
    return _frozen_until(
        scene, host, tagged, lambda: scene.stage.cluster.bmc_fault(host, Fault.NONE)
    )


def _frozen_until(scene: Scene, host: str, tagged: list[str], mend: Mend) -> Expected:
    """Nothing may have been asked for while the host cannot be fenced."""
    scene.stage.cluster.freeze(host)
    scene.stage.cluster.wait_offline(host)
    scene.pause(12)
    assert not scene.asked(host), "asked for without a proof that the host is off"
    scene.say("the BMC is mended")
    mend()
    return Expected({host}, tagged)


_RUN = (bmc_dead, bmc_silent, bmc_stuck, bmc_slow, bmc_wrong_password, power_and_bmc_lost)
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
