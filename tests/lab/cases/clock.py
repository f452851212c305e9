"""Clocks that jump, or disagree, as the suite's own programs see them."""

from __future__ import annotations

from tests.lab import clocks
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected

_HOUR = 3600.0


def clocks_jump_ahead(scene: Scene) -> Expected:
    """The controllers' clocks jump an hour ahead while instances are being rebuilt."""
    return _jump(scene, "compute-1", _HOUR)


def clocks_jump_back(scene: Scene) -> Expected:
    """The controllers' clocks jump an hour back while instances are being rebuilt."""
    return _jump(scene, "compute-2", -_HOUR)


def clocks_disagree(scene: Scene) -> Expected:
    """Every controller has another time, and the worker moves from one to the next."""
    tagged = scene.boot("compute-3", 5)
    scene.slow_spawns(8)
    for node, shift in zip(scene.stage.lab.controllers, (-_HOUR, 0.0, _HOUR), strict=True):
        _shift(scene, node.name, shift)
    scene.cut_power("compute-3")
    scene.until_building("compute-3")
    scene.cut_power(scene.evacuator())
    return Expected({"compute-3"}, tagged)


def clock_ahead_at_fencing_and_right_afterwards(scene: Scene) -> Expected:
    """The host is fenced by a clock that is a day ahead; it dies again when the clock is right."""
    tagged = scene.boot("compute-4")
    for node in scene.stage.lab.controllers:
        _shift(scene, node.name, 24 * _HOUR)
    scene.cut_power("compute-4")
    scene.until_moved("compute-4", tagged)
    for node in scene.stage.lab.controllers:
        _shift(scene, node.name, 0.0)
    scene.stage.wait_in_service("compute-4")
    second = scene.boot("compute-4", name="second")
    scene.cut_power("compute-4")
    return Expected({"compute-4"}, [*tagged, *second])


def clock_of_the_host_is_wrong(scene: Scene) -> Expected:
    """The clock of the host that dies and returns is an hour behind."""
    tagged = scene.boot("compute-1")
    _shift(scene, "compute-1", -_HOUR)
    scene.cut_power("compute-1")
    return Expected({"compute-1"}, tagged)


def clock_of_pacemaker_jumps(scene: Scene) -> Expected:
    """The whole machine's clock jumps, Pacemaker's and Nova's too."""
    raise NotImplementedError


def _jump(scene: Scene, host: str, seconds: float) -> Expected:
    tagged = scene.in_the_middle(host, spawns=8)
    for node in scene.stage.lab.controllers:
        _shift(scene, node.name, seconds)
    return Expected({host}, tagged)


def _shift(scene: Scene, node: str, seconds: float) -> None:
    scene.say(f"the clock of {node} is {seconds:+g} s off")
    clocks.shift(scene.stage.lab, node, seconds)
    scene.afterwards.callback(clocks.shift, scene.stage.lab, node, 0.0)


_RUN = (
    clocks_jump_ahead, clocks_jump_back, clocks_disagree,
    clock_ahead_at_fencing_and_right_afterwards, clock_of_the_host_is_wrong,
)  # fmt: skip
_ONE_CLOCK = "Linux has one wall clock for all namespaces; to set it would hit the whole machine"
CASES: tuple[Case, ...] = (
    *map(case, _RUN),
    case(clock_of_pacemaker_jumps, cannot=_ONE_CLOCK),
)
