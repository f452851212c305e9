"""The clocks of the nodes, as our programs see them: set them wrong, and right again."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab import shifted_clock
from tests.lab.events import append_event
from tests.lab.layout import Lab

_PACKAGES = "usr/lib/python3/dist-packages"
_MODULE = "vmha_lab_shifted_clock"


def install(lab: Lab) -> None:
    """Where the nodes' Python finds it. Before the nodes boot: an overlay must not change then."""
    _shifts(lab).mkdir()
    target = lab.root / _PACKAGES
    shutil.copy(Path(shifted_clock.__file__), target / f"{_MODULE}.py")
    (target / f"{_MODULE}.pth").write_text(
        f"import {_MODULE}; {_MODULE}.use({str(_shifts(lab))!r})\n"
    )


def shift(lab: Lab, name: str, seconds: float) -> None:
    """From now on the node's clock is wrong by so many seconds; 0 is right."""
    file = _shifts(lab) / lab.node(name).name
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{seconds:g}\n")
    fresh.replace(file)
    append_event(lab.events, name, f"clock {seconds:+g} s", "operator")


def _shifts(lab: Lab) -> Path:
    return lab.state / "clocks"
