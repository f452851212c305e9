"""Whose lab it is: what was killed before it could remove its lab is told from a lab that was left up.

A run that is killed, or a machine that is restarted, would otherwise keep every later run from its lab.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.lab.layout import Lab
from tests.lab.processes import find, recorded


def own(lab: Lab) -> None:
    """From now on the lab lasts no longer than this process."""
    us = find(os.getpid())
    assert us is not None
    _file(lab).write_text(f"{us.pid} {us.started}\n")


def leave(lab: Lab) -> None:
    """It stays, whoever made it, until it is taken down by name."""
    _file(lab).unlink(missing_ok=True)


def abandoned(lab: Lab) -> bool:
    """Whether it was somebody's own, who is no more. A lab that was left up never is."""
    return _file(lab).exists() and recorded(_file(lab)) is None


def _file(lab: Lab) -> Path:
    return lab.state / "owner"
