"""A compute host in virtual time: a libvirt that hangs or is away, a board that is wiped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from vmha_ocf.errors import CommandUnavailable, GuestsUnavailable
from vmha_ocf.living.guests.contact import Limits, Reading
from vmha_ocf.living.guests.ports import News
from vmha_ocf.living.guests.report import ATTRIBUTE, Report, parse_report
from vmha_ocf.living.guests.states import Domain, State
from vmha_ocf.living.guests.watcher import Options, Watcher
from vmha_ocf.model import Epoch, InstanceId, Monotonic
from vmha_ocf.ports import Later

R = TypeVar("R")
BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
ONE, TWO, THREE = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2, 3))
RUNNING = (State.RUNNING.value, 1)


class _Later(Generic[R]):
    """Asked when its answer is wanted: a libvirt that hung answers as things are then."""

    def __init__(self, host: Host, ask: Callable[[], R]) -> None:
        self._host = host
        self._ask = ask

    @property
    def is_there(self) -> bool:
        return not self._host.hangs

    def get(self) -> R:
        return self._ask()


class Host:
    """It is each of the doors of its watcher."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.time = 100.0
        self.boot = BOOT
        self.domains = {ONE: RUNNING, TWO: RUNNING}
        self.readings: list[Reading] = []
        self.processes: set[InstanceId] = set()
        self.hangs = self.away = self.shuts_down = self.cut_off = False
        self.board_now: dict[str, str] = {}
        self.writings = self.looks = 0
        self.said: list[str] = []
        self.kept = ""
        self._news: list[InstanceId | None] = []
        self._started: list[InstanceId] = []
        self._limits = limits or Limits()
        self.watcher = self.start()

    def start(self) -> Watcher:
        """A watcher that knows what the one before has written down."""
        self.watcher = Watcher(self, Options("qemu:///system", self._limits))
        return self.watcher

    def run(self, seconds: float) -> None:
        """As the watcher's process does."""
        end = self.time + seconds
        while self.time < end:
            self.time += min(max(self.watcher.step(), 0.01), end - self.time)
        self.watcher.step()

    def event(self, watchdog: InstanceId | None = None) -> None:
        self._news.append(watchdog)

    def up(self, uuid: InstanceId) -> None:
        self.domains[uuid] = (State.RUNNING.value, 1)
        self._started.append(uuid)
        self.event()

    def down(self, uuid: InstanceId, state: tuple[int, int] = (State.SHUTOFF.value, 3)) -> None:
        self.domains[uuid] = state
        self.event()

    @property
    def report(self) -> Report:
        return parse_report(self.board_now[ATTRIBUTE])

    # The doors
    @property
    def clock(self) -> Host:
        return self

    @property
    def hypervisor(self) -> _Hypervisor:
        return _Hypervisor(self)

    @property
    def board(self) -> _Board:
        return _Board(self)

    @property
    def machine(self) -> Host:
        return self

    @property
    def notebook(self) -> _Notebook:
        return _Notebook(self)

    def aside(self, function: Callable[[], R]) -> Later[R]:
        return _Later(self, function)

    def say(self, text: str) -> None:
        self.said.append(text)

    def now(self) -> Epoch:
        return Epoch(1000.0 + self.time)

    def monotonic(self) -> Monotonic:
        return Monotonic(self.time)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def stops(self) -> bool:
        return self.shuts_down

    def qemus(self, instances: Collection[InstanceId]) -> Collection[InstanceId]:
        return self.processes & set(instances)

    def hear(self) -> News:
        heard, self._news = self._news, []
        started, self._started = self._started, []
        return News(bool(heard), [uuid for uuid in heard if uuid], started)


class _Hypervisor:
    def __init__(self, host: Host) -> None:
        self._host = host

    def look(self) -> Sequence[Domain]:
        self._host.looks += 1
        if self._host.away:
            raise GuestsUnavailable("libvirt: connection refused")
        return [Domain(uuid, *state) for uuid, state in self._host.domains.items()]

    def read(self) -> Sequence[Reading]:
        if self._host.away:
            raise GuestsUnavailable("libvirt: connection refused")
        return self._host.readings

    def news(self) -> News:
        return self._host.hear()


class _Board:
    def __init__(self, host: Host) -> None:
        self._host = host

    def read(self, names: Collection[str]) -> Mapping[str, str]:
        self._check()
        return {name: text for name, text in self._host.board_now.items() if name in names}

    def write(self, name: str, text: str) -> None:
        self._check()
        self._host.writings += 1
        self._host.board_now[name] = text

    def remove(self, name: str) -> None:
        self._check()
        self._host.board_now.pop(name, None)

    def _check(self) -> None:
        if self._host.cut_off:
            raise CommandUnavailable("attrd_updater: no connection to the cluster")


class _Notebook:
    def __init__(self, host: Host) -> None:
        self._host = host

    def read(self) -> str:
        return self._host.kept

    def write(self, text: str) -> None:
        self._host.kept = text
