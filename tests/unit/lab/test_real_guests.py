"""What a guest's disk, its processes and QEMU's locks prove: each fault is shown to the judge once."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lab.cloud.guests import Guest, overlaps
from tests.lab.cloud.observe import InstanceRow
from tests.lab.cloud.site import Site
from tests.lab.guests import capacity, disk, judge, locks
from tests.lab.guests.disk import Record
from tests.lab.guests.image import ORDERS, SECTOR
from tests.lab.guests.judge import silences
from tests.lab.guests.observer import EVERY, Beat, Life, Observer, lived
from tests.lab.processes import Process
from tests.lab.wait import wait_until

ROW = InstanceRow("web", "web", "compute-2", "active", None, 1, None)
HERE = Process(os.getpid(), "0")


@dataclass
class World:
    """One guest that began on compute-1 and counts on on compute-2."""

    lived: list[Beat] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    places: list[Guest] = field(default_factory=lambda: [Guest("web", "compute-2", 7)])

    def beats(self, uuid: str) -> list[Beat]:
        return self.lived

    def faults(self, uuid: str) -> list[str]:
        return self.told

    def running(self) -> list[Guest]:
        return self.places


def _beat(count: int, boot: str, host: str, at: float, *runs_on: str) -> Beat:
    return Beat(at, Record(count, boot, host), host, runs_on or (host,))


@pytest.fixture
def world() -> World:
    first = [_beat(count, "aa", "compute-1", count) for count in (1, 2, 3)]
    return World([*first, _beat(4, "bb", "compute-2", 14.5)])


def _judged(world: World, *attempts: locks.Attempt) -> list[str]:
    return judge.broken(world, [ROW], ["web"], attempts)


def test_a_guest_that_counts_on_elsewhere_broke_nothing(world: World) -> None:
    assert _judged(world) == []


def test_its_silence_is_from_the_last_beat_here_to_the_first_there(world: World) -> None:
    (silence,) = silences(world.lived)
    assert silence.moved
    assert str(silence) == "silent for 11.5 s: 3 on compute-1, 4 on compute-2"


def test_one_that_was_moved_live_is_the_same_life_in_another_place(world: World) -> None:
    world.lived = [_beat(1, "aa", "compute-1", 1), _beat(2, "aa", "compute-1", 2.5, "compute-2")]
    (silence,) = silences(world.lived)
    assert silence.seconds == 1.5
    assert _judged(world) == []


def test_a_count_that_begins_again_is_a_disk_that_stayed_behind(world: World) -> None:
    world.lived[-1] = _beat(1, "bb", "compute-2", 14.5)
    assert _judged(world) == ["P2 the disk of web: beat 1 stands where 4 belongs"]


def test_two_lives_that_take_turns_have_written_on_one_disk(world: World) -> None:
    world.lived.append(_beat(5, "aa", "compute-1", 15))
    assert "life aa wrote beat 5 after bb had begun" in _judged(world)[0]


def test_what_a_guest_itself_has_found_is_told_once(world: World) -> None:
    found = [Record(5, "bb", "compute-2", True), Record(6, "bb", "compute-2", True)]
    world.lived += [Beat(20.0, one, "compute-2", ("compute-2",)) for one in found]
    assert len([told for told in _judged(world) if "another's writing" in told]) == 1


def test_what_was_on_the_disk_and_is_no_more_is_told(world: World) -> None:
    world.told = ["beat 3 is on the disk no more: there is nothing"]
    assert _judged(world) == [
        "P2 the disk of web: beat 3 is on the disk no more: there is nothing"
    ]


def test_a_second_copy_that_qemu_refused_was_tried_all_the_same(world: World) -> None:
    told = _judged(world, locks.Attempt(5.0, "compute-2", "instance-00000001"))
    assert told == ["P2 a second copy of instance-00000001 was to be started on compute-2"]


@pytest.mark.parametrize("hosts", [[], ["compute-1"], ["compute-1", "compute-2"]])
def test_it_has_to_run_where_nova_says_and_nowhere_else(world: World, hosts: list[str]) -> None:
    world.places = [Guest("web", host, 7) for host in hosts]
    assert "Nova says compute-2" in _judged(world)[0]


def test_a_process_that_does_not_count_is_no_guest(world: World) -> None:
    world.lived.pop()
    assert _judged(world) == ["P6 web runs on compute-2 and has not counted there"]


def test_a_stopped_one_has_to_run_nowhere(world: World) -> None:
    world.places = []
    assert judge.broken(world, [replace(ROW, vm_state="stopped")], ["web"], []) == []


def test_a_disk_is_read_from_its_first_beat_to_the_first_empty_sector(tmp_path: Path) -> None:
    image = tmp_path / "disk"
    texts = ["", "beat=1 boot=aa host=h other=0\n", "beat=2 boot=bb host=h other=1\n"]
    image.write_bytes(b"".join(text.encode().ljust(SECTOR, b"\0") for text in texts))
    assert list(disk.read(image, 1)) == [Record(1, "aa", "h"), Record(2, "bb", "h", True)]
    assert list(disk.read(image, 3)) == []


def test_a_disk_that_nova_copies_for_a_cold_move_is_judged_when_that_is_over(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "c0ffee00-0000-4000-8000-000000000001"
    old = tmp_path / f"{folder.name}_resize"
    folder.mkdir()
    text = b"beat=1 boot=aa host=x other=0\n".ljust(SECTOR, b"\0")
    (folder / "disk").write_bytes(bytes(SECTOR) + text + bytes(SECTOR))
    observer = Observer(cast(Site, SimpleNamespace(instances=tmp_path)), ())
    observer.start()
    try:
        wait_until("its beat", lambda: len(observer.beats(folder.name)) == 1, 30.0)
        folder.rename(old)
        folder.mkdir()
        (folder / "disk").write_bytes(b"")
        time.sleep(5 * EVERY)
        assert observer.faults(folder.name) == []
        (old / "disk").unlink()
        old.rmdir()
        wait_until("the fault", lambda: len(observer.faults(folder.name)) == 1, 30.0)
    finally:
        observer.stop()
    assert "no more: there is nothing" in observer.faults(folder.name)[0]


def test_an_order_stands_behind_all_beats_and_is_none(tmp_path: Path) -> None:
    image = tmp_path / "disk"
    image.write_bytes(bytes(SECTOR * (ORDERS + 1)))
    disk.order(image, "panic")
    assert image.stat().st_size == SECTOR * (ORDERS + 1)
    assert image.read_bytes()[ORDERS * SECTOR :].rstrip(b"\0") == b"panic\n"
    assert list(disk.read(image, 1)) == list(disk.read(image, ORDERS - 1)) == []


def test_what_no_guest_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="not a beat"):
        disk.parsed("beat=x")


def test_qemus_word_on_a_lock_is_found_by_its_time(tmp_path: Path) -> None:
    log = tmp_path / "instance-00000001.log"
    log.write_text(
        "2026-11-28 02:00:00.000+0000: starting up libvirt version: 9.0.0\n"
        '2026-11-28T02:00:10.500000Z qemu-system-x86_64: -device {}: Failed to get "write" lock\n'
        "Is another process using the image [/x/disk]?\n"
    )
    (found,) = locks.refused("compute-2", log)
    assert (found.host, found.domain, found.at % 60) == ("compute-2", "instance-00000001", 10.5)


def _life(host: str, started: float, seen: float, *, incoming: bool = False, ended: bool) -> Life:
    return Life("web", host, HERE, incoming, started, seen, ended)


def test_two_processes_at_once_overlap() -> None:
    lives = [_life("compute-1", 1, 9, ended=False), _life("compute-2", 5, 9, ended=False)]
    assert overlaps(lived(lives))


def test_one_that_waits_for_a_migration_to_come_in_does_not_run_yet() -> None:
    source = _life("compute-1", 1, 9, ended=False)
    target = _life("compute-2", 5, 9, incoming=True, ended=False)
    assert [run.host for run in lived([source, target])] == ["compute-1"]


def test_one_that_came_by_a_migration_runs_from_the_end_of_the_other() -> None:
    source = _life("compute-1", 1, 7, ended=True)
    target = _life("compute-2", 5, 9, incoming=True, ended=False)
    runs = lived([source, target])
    assert [(run.host, run.start, run.end) for run in runs] == [
        ("compute-1", 1000, 7000),
        ("compute-2", 7000, None),
    ]
    assert overlaps(runs) == []


def test_one_that_ended_while_it_waited_never_ran() -> None:
    source = _life("compute-1", 1, 9, ended=True)
    target = _life("compute-2", 5, 8, incoming=True, ended=True)
    assert [(run.host, run.end) for run in lived([source, target])] == [("compute-1", 9000)]


@pytest.mark.parametrize(
    ("virt_type", "cores", "memory", "carried"),
    [("qemu", 2, 22.0, 12), ("qemu", 16, 64.0, 50), ("kvm", 2, 22.0, 44), ("qemu", 2, 0.3, 1)],
)
def test_a_machine_carries_so_many_of_fifty(
    virt_type: str, cores: int, memory: float, carried: int
) -> None:
    assert capacity.fitting(50, virt_type, cores, memory) == carried
