"""A lab of a run that was killed is in nobody's way; one that was left up is nobody's to remove."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.layout import Lab
from tests.lab.owner import abandoned, leave, own


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    # Nodes could not see a lab in /tmp; nothing is started here.
    monkeypatch.setattr("tests.lab.layout._OWN_TO_A_NODE", ())
    return Lab(state=tmp_path)


def test_ours_is_not_abandoned(lab: Lab) -> None:
    own(lab)
    assert not abandoned(lab)


def test_of_a_process_that_is_no_more_it_is(lab: Lab) -> None:
    _owned_by_the_dead(lab)
    assert abandoned(lab)


def test_of_another_process_with_the_same_number_it_is(lab: Lab) -> None:
    own(lab)
    pid, started = (lab.state / "owner").read_text().split()
    (lab.state / "owner").write_text(f"{pid} {int(started) - 1}\n")
    assert abandoned(lab)


def test_one_that_was_left_up_is_not(lab: Lab) -> None:
    _owned_by_the_dead(lab)
    leave(lab)
    assert not abandoned(lab)


def test_where_there_is_none_there_is_none(lab: Lab) -> None:
    assert not abandoned(lab)


def _owned_by_the_dead(lab: Lab) -> None:
    program = (
        "from pathlib import Path\n"
        "from tests.lab import layout, owner\n"
        "layout._OWN_TO_A_NODE = ()\n"
        f"owner.own(layout.Lab(state=Path({str(lab.state)!r})))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
