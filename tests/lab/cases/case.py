"""A case: one fault by name, injected from outside, and what must hold after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected

Inject = Callable[[Scene], Expected]


@dataclass(frozen=True)
class Case:
    """``inject`` boots instances, does the harm, and says what must have become of them.

    Whoever runs the case waits for that and checks the promises: no case can forget to.
    """

    name: str
    text: str
    inject: Inject
    group: str
    """The module that it is in."""
    cannot: str = ""
    """Why it cannot be run in this lab; such a case is listed, and never counted as passed."""
    real: bool = False
    """Whether real guests are all that it lacks."""
    systemd: bool = False
    """Whether hosts that systemd boots are; with both, it lacks both."""

    def hindrance(self, *, real: bool, systemd: bool = False) -> str:
        lacks = (self.real and not real) or (self.systemd and not systemd)
        return self.cannot if lacks or not (self.real or self.systemd) else ""


def case(inject: Inject, cannot: str = "", *, real: bool = False, systemd: bool = False) -> Case:
    """Named like its function, told by the first line of its docstring."""
    assert inject.__doc__, f"{inject.__name__} needs a docstring: it is what make lab-list shows"
    text = inject.__doc__.strip().splitlines()[0].rstrip(".")
    group = inject.__module__.rpartition(".")[2]
    return Case(inject.__name__.replace("_", "-"), text, inject, group, cannot, real, systemd)
