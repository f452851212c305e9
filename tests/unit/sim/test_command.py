"""``python3 -m vmha_ocf.sim``: what an operator who rehearses sees."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from vmha_ocf.sim.__main__ import main
from vmha_ocf.sim.base.faults import NAMES
from vmha_ocf.sim.play.events import EVENTS

SCENARIO = """
title = "compute-1 dies"
length = 200
[[host]]
name = "compute-1"
[[host]]
name = "compute-2"
capacity = {room}
[[instances]]
name = "web"
host = "compute-1"
count = 2
[[event]]
at = 20
do = "power_cut"
host = "compute-1"
[[expect.instances]]
group = "web"
moved = true
"""


class Answer:
    def __init__(self, *argv: str) -> None:
        out, err = StringIO(), StringIO()
        self.code = main(argv, out, err)
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "scenario.toml").write_text(SCENARIO.format(room=10))
    return tmp_path


def test_the_timeline_has_every_phase_in_order(folder: Path) -> None:
    answer = Answer(str(folder))
    assert answer.code == 0
    phases = [
        "compute-1 dies",
        "compute-1, 20.0 s after the start",
        "+0.0 s  power is off",
        "+10.0 s  Pacemaker notices",
        "its BMC answers off",
        "flagged",
        "claimed by NovaEvacuate",
        "first request",
        "web-1 is on compute-2",
        "evacuation is over",
        "host is back",
        "nova-compute starts",
        "service un-forced",
        "service enabled",
        "back in service",
        "time to recover: ",
        "promises: P1, P2, P3, P4, P5, P6, P7, P11, P12, P13 hold",
        "it ended as expected",
    ]
    rest = answer.out
    for phase in phases:
        assert phase in rest, phase
        rest = rest.partition(phase)[2]


def test_what_did_not_come_true_is_told_and_is_the_exit_code(folder: Path) -> None:
    (folder / "scenario.toml").write_text(SCENARIO.format(room=1))
    answer = Answer(str(folder))
    assert answer.code == 1
    assert "NOT AS EXPECTED: web: web-2" in answer.out
    assert "it ended as expected" not in answer.out


def test_the_raw_log_is_alone_on_stdout(folder: Path) -> None:
    answer = Answer("--log", str(folder / "scenario.toml"))
    assert answer.code == 0
    assert answer.out.splitlines()[-1].endswith("round: nothing is flagged")
    assert "it ended as expected" in answer.err


def test_every_event_and_fault_has_a_line() -> None:
    lines = Answer("--list").out.splitlines()
    for name in EVENTS:
        assert [line for line in lines if line.startswith((f"  {name}:", f"  {name} ("))]
    for where, kinds in NAMES.items():
        assert [line for line in lines if line.startswith(f"faults of {where}")]
        for what, meaning in kinds.items():
            assert f"  {what}: {meaning}" in lines


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "title is missing"),
        ("[[[", "this is not TOML"),
        (SCENARIO.format(room=0.5), "host[2].capacity is a whole number, not 0.5"),
    ],
)
def test_an_impossible_scenario_is_refused_with_a_sentence(
    folder: Path, text: str, sentence: str
) -> None:
    (folder / "scenario.toml").write_text(text)
    answer = Answer(str(folder))
    assert answer.code == 2
    assert sentence in answer.err
    assert not answer.out


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    answer = Answer(str(tmp_path / "nowhere"))
    assert answer.code == 2
    assert "give a folder with a scenario.toml" in answer.err


def test_nothing_given() -> None:
    answer = Answer()
    assert answer.code == 2
    assert "which scenario?" in answer.err


GUESTS = """
title = "Two guests fail on a host that lives"
length = 120
hosts = 2
policy = '''
default_class = "all"
[class.all.guest]
crashed = "restart"
hung = "notify"
'''
[pacemaker]
watches_guests = true
[[instances]]
name = "web"
host = "compute-1"
count = 2
{more}
[[event]]
at = 20
do = "crash_guests"
instances = "web-1"
"""
SILENT = """
[[fault]]
where = "history"
what = "down"
"""


def test_what_fails_on_a_host_that_lives_has_its_timeline(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(GUESTS.format(more=""))
    told = Answer(str(tmp_path)).out
    phases = ["web-1 on compute-1: crashed, 20.0 s", "its restart is asked for", "well again"]
    places = [told.index(phase) for phase in phases]
    assert places == sorted(places)
    assert "time to recover: " in told[places[-1] :]


def test_without_a_history_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(GUESTS.format(more=SILENT))
    told = Answer(str(tmp_path)).out
    assert "web-1 on compute-1" not in told
    assert "promises: " in told
