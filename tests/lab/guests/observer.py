"""What the guests do, seen from outside while it happens: their beats on their disks, their processes.

One thread of whoever judges; no log is read and nobody is asked. The time of a beat is when it was
found on the disk, at most ``EVERY`` later than it was written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from tests.lab.cloud.guests import Guest, Run
from tests.lab.cloud.site import Site
from tests.lab.guests import disk
from tests.lab.guests.disk import Record
from tests.lab.guests.libvirtd import host_uuid
from tests.lab.processes import Process, find, recorded

EVERY = 0.1
_PROCESSES_EVERY = 0.3
_COMM = "qemu-system-x86"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Beat:
    """``at`` in seconds of the epoch; ``runs_on`` the hosts that had a process of this guest then, which
    was not waiting for a migration to come in."""

    at: float
    record: Record
    host: str
    runs_on: tuple[str, ...]


@dataclass
class Life:
    """A QEMU process. ``ended`` is when it was last seen: it may have lived for some tenths more."""

    uuid: str
    host: str
    process: Process
    incoming: bool
    started: float
    seen: float
    ended: bool = False


@dataclass
class Watched:
    """One guest's disk. ``faults`` are sentences about what was read."""

    beats: list[Beat] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Observer:
    def __init__(self, site: Site, hosts: Iterable[str]) -> None:
        self._site = site
        self._hosts = tuple(hosts)
        self._named = {host_uuid(host): host for host in self._hosts}
        self._disks: dict[str, Watched] = {}
        self._lives: list[Life] = []
        self._lock = Lock()
        self._over = Event()
        self._failed: Exception | None = None
        self._thread = Thread(target=self._watch, daemon=True, name="observer")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    # What was seen

    def beats(self, uuid: str) -> list[Beat]:
        """All of a guest, in the order in which they were found."""
        self._still_watching()
        with self._lock:
            return list(self._disks[uuid].beats) if uuid in self._disks else []

    def faults(self, uuid: str) -> list[str]:
        self._still_watching()
        with self._lock:
            return list(self._disks[uuid].faults) if uuid in self._disks else []

    def running(self) -> list[Guest]:
        """At this moment. One that only waits for a migration to come in is none."""
        self._look_at_processes()
        with self._lock:
            alive = [life for life in self._lives if not life.ended]
        return [
            Guest(one.uuid, one.host, one.process.pid) for one in alive if not _waits(one, alive)
        ]

    def waiting(self, uuid: str) -> list[Process]:
        """What waits for a migration of this guest to come in."""
        self._look_at_processes()
        with self._lock:
            alive = [life for life in self._lives if not life.ended]
        return [one.process for one in alive if one.uuid == uuid and _waits(one, alive)]

    def runs(self) -> list[Run]:
        """Every life until now, as it is told of stand-ins too."""
        self._look_at_processes()
        with self._lock:
            lives = list(self._lives)
        return lived(lives)

    # The thread

    def _watch(self) -> None:
        due = 0.0
        try:
            while not self._over.wait(EVERY):
                if time.monotonic() >= due:
                    self._look_at_processes()
                    due = time.monotonic() + _PROCESSES_EVERY
                self._look_at_disks()
        except Exception as error:  # noqa: BLE001 - whoever asks is told
            self._failed = error

    def _still_watching(self) -> None:
        if self._failed:
            raise RuntimeError("the observer of the guests has failed") from self._failed

    def _look_at_processes(self) -> None:
        namespaces = dict(self._namespaces())
        now = time.time()
        found = [process for process in _qemus() if process.alive()]
        with self._lock:
            known = {(life.process.pid, life.process.started): life for life in self._lives}
            for process in found:
                host = namespaces.get(process.pid_namespace())
                if host is not None:
                    self._note(process, host, known, now)
            alive = {(process.pid, process.started) for process in found}
            for key, life in known.items():
                life.ended = life.ended or key not in alive

    def _note(
        self, process: Process, host: str, known: dict[tuple[int, str], Life], now: float
    ) -> None:
        life = known.get((process.pid, process.started))
        if life is None:
            words = process.words()
            uuid = _after("-uuid", words)
            if uuid is None:
                return
            incoming = "-incoming" in words
            started = _started(process)
            life = Life(uuid, host, process, incoming, started, now)
            self._lives.append(life)
            known[process.pid, process.started] = life
        life.seen = now

    def _namespaces(self) -> Iterable[tuple[str, str]]:
        for host in self._hosts:
            outer = recorded(self._site.nodes / host / "pid")
            init = next(iter(outer.children()), None) if outer else None
            if init is not None and (namespace := init.pid_namespace()):
                yield namespace, host

    def _look_at_disks(self) -> None:
        # Nova renames the folder of an instance that it deletes.
        for image in self._site.instances.glob("*-*-*-*-????????????/disk"):
            uuid = image.parent.name
            with self._lock:
                watched = self._disks.setdefault(uuid, Watched())
                runs_on = tuple(sorted({one.host for one in self._lives if _runs(one, uuid)}))
            if runs_on or not _is_copied(image):
                self._look_at(image, watched, runs_on)

    def _look_at(self, image: Path, watched: Watched, runs_on: tuple[str, ...]) -> None:
        last = watched.beats[-1].record.count if watched.beats else 0
        try:
            records = list(disk.read(image, max(last, 1)))
        except FileNotFoundError:
            return
        except ValueError as error:
            self._blame(watched, str(error))
            return
        now = time.time()
        if last and (not records or records[0] != watched.beats[-1].record):
            stands = records[0] if records else "nothing"
            self._blame(watched, f"beat {last} is on the disk no more: there is {stands}")
            return
        for record in records[1:] if last else records:
            host = self._named.get(record.host, record.host)
            with self._lock:
                watched.beats.append(Beat(now, record, host, runs_on))

    def _blame(self, watched: Watched, sentence: str) -> None:
        with self._lock:
            if sentence not in watched.faults:
                watched.faults.append(sentence)


def lived(lives: Sequence[Life]) -> list[Run]:
    """Those that came by a live migration count from the end of the one that they took over: until then
    they only waited, and while they wait they are none. Nor are those that ended before it did."""
    runs = [_run(one, lives) for one in lives if not _waits(one, lives)]
    runs = [one for one in runs if one.end is None or one.end > one.start]
    return sorted(runs, key=lambda run: (run.start, run.uuid))


def _is_copied(image: Path) -> bool:
    """Nova moves it cold: it keeps the old folder until the copy is whole, and the move confirmed."""
    return image.parent.with_name(f"{image.parent.name}_resize").exists()


def _qemus() -> Iterable[Process]:
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            comm = Path(entry.path, "comm").read_bytes()
        except OSError:
            continue
        if comm.startswith(_COMM.encode()) and (process := find(int(entry.name))) is not None:
            yield process


def _after(word: str, words: list[str]) -> str | None:
    return words[words.index(word) + 1] if word in words[:-1] else None


def _started(process: Process) -> float:
    """In seconds of the epoch, from the ticks since the machine's boot that its kernel counts."""
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - since_boot + int(process.started) / _TICKS


def _runs(life: Life, uuid: str) -> bool:
    return life.uuid == uuid and not life.ended


def _source(life: Life, lives: Iterable[Life]) -> Life | None:
    """The life that this one took over, or is to take over, by a live migration."""
    if not life.incoming:
        return None
    before = [one for one in lives if one.uuid == life.uuid and one.started < life.started]
    return max(before, key=lambda one: one.started, default=None)


def _waits(life: Life, lives: Iterable[Life]) -> bool:
    source = _source(life, lives)
    return source is not None and not source.ended


def _run(life: Life, lives: Iterable[Life]) -> Run:
    source = _source(life, lives)
    start = max(life.started, source.seen) if source else life.started
    end = int(life.seen * 1000) if life.ended else None
    return Run(life.uuid, life.host, int(start * 1000), end)
