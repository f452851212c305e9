"""The checker of duplicates is checked: deaths that no guest lived to tell must not fool it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab.cloud.guests import Run, history, overlaps
from tests.lab.cloud.site import Site


def _log(state: Path, host: str, *lines: tuple[int, str, str]) -> None:
    disk = state / "nodes" / host / "disk"
    disk.mkdir(parents=True)
    told = [{"at": at, "event": event, "uuid": uuid} for at, event, uuid in lines]
    (disk / "guests.log").write_text("".join(json.dumps(line) + "\n" for line in told))


def _power_off(state: Path, host: str, at: float) -> None:
    line = {"at": at, "node": host, "event": "power-off", "by": "test"}
    with (state / "events.jsonl").open("a") as events:
        events.write(json.dumps(line) + "\n")


def test_a_stop_ends_a_life(tmp_path: Path) -> None:
    _log(tmp_path, "compute-1", (100, "start", "a"), (200, "stop", "a"), (300, "start", "a"))
    runs = [Run("a", "compute-1", 100, 200), Run("a", "compute-1", 300)]
    assert history(Site(tmp_path)) == runs


def test_a_power_off_ends_all_lives_of_its_host_only(tmp_path: Path) -> None:
    _log(tmp_path, "compute-1", (1000, "start", "a"), (1100, "start", "b"))
    _log(tmp_path, "compute-2", (1200, "start", "c"))
    _power_off(tmp_path, "compute-1", 1.5)
    assert history(Site(tmp_path)) == [
        Run("a", "compute-1", 1000, 1500),
        Run("b", "compute-1", 1100, 1500),
        Run("c", "compute-2", 1200),
    ]


def test_an_evacuation_after_the_power_off_is_no_overlap(tmp_path: Path) -> None:
    _log(tmp_path, "compute-1", (1000, "start", "a"))
    _log(tmp_path, "compute-2", (1500, "start", "a"))
    _power_off(tmp_path, "compute-1", 1.5)
    assert overlaps(history(Site(tmp_path))) == []


def test_an_evacuation_before_the_power_off_is_one(tmp_path: Path) -> None:
    _log(tmp_path, "compute-1", (1000, "start", "a"))
    _log(tmp_path, "compute-2", (1499, "start", "a"))
    _power_off(tmp_path, "compute-1", 1.5)
    first, second = Run("a", "compute-1", 1000, 1500), Run("a", "compute-2", 1499)
    assert overlaps(history(Site(tmp_path))) == [(first, second)]


def test_two_lives_that_never_ended_overlap(tmp_path: Path) -> None:
    _log(tmp_path, "compute-1", (1000, "start", "a"))
    _log(tmp_path, "compute-2", (2000, "start", "a"))
    assert len(overlaps(history(Site(tmp_path)))) == 1


def test_other_guests_and_the_same_host_never_overlap() -> None:
    first = Run("a", "compute-1", 100, 200)
    assert overlaps([first, Run("a", "compute-1", 150, 300)]) == []
    assert overlaps([first, Run("b", "compute-2", 150, 300)]) == []
