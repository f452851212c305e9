"""What the playground's card tells a newcomer to type."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.playground import CARD, Hands, write_rc
from tests.lab.promises import Expected

_WATCH = "vmha status --watch"


def commands(card: str) -> Sequence[str]:
    return re.findall(r"^    (\S.*?)(?:  .*)?$", card, re.MULTILINE)


def playgrounds_card_typed(scene: Scene) -> Expected:
    """What make playground tells people to try, typed as it stands."""
    tagged = [*scene.boot("compute-1"), *scene.boot("compute-2")]
    with Hands(scene.stage):
        for typed in commands(CARD.read_text()):
            _type(scene, typed, tagged)
    return Expected({"compute-1", "compute-2"}, tagged)


def _type(scene: Scene, typed: str, tagged: Sequence[str]) -> None:
    scene.say(typed)
    cluster = scene.stage.cluster
    node = cluster.controller()
    line = f"timeout --signal=INT 5 {typed}" if typed == _WATCH else typed
    # A file that a shell which is not interactive reads at its start.
    argv = ["env", f"BASH_ENV={write_rc(scene.stage, node)}", "bash", "-c", line]
    found = cluster.run(node, argv, timeout=60)
    told = f"{typed}: {found.code}\n{found.output}{found.errors}"
    judges = typed.startswith(("vmha check", "vmha status"))
    assert found.code == 0 or judges and found.code in (1, 2, 124), told
    assert "command not found" not in found.errors, told
    if typed == "harm kill compute-1":
        scene.until_moved("compute-1", tagged[:3])
    if typed == "harm kill compute-2":
        scene.until_flagged("compute-2")
    if typed == "vmha release":
        scene.until_moved("compute-2", tagged[3:])


CASES: tuple[Case, ...] = (case(playgrounds_card_typed),)
