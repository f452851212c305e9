"""fence_compute and fence_ipmilan against each fault by name, in one run: ours is never worse.

Both are given the same BMC, each a fresh one, and what their pages say that it takes. What counts is
the host and not the word: "off" is an exit code of 0 with the host off.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.bmc_processes import (
    ADDRESS,
    PASSWORD,
    USER,
    FaultyBmc,
    faulty_bmc,
    free_port,
)
from tests.contract.one_node import OneNode, missing
from tests.executables.fence_stage import ENVIRONMENT, EXECUTABLE, PYTHON, stdin_of
from tests.fakes.bmc_faults import FAULTS

pytestmark = pytest.mark.real

AT_ONCE = 12
"""They wait more than they reckon."""
PATIENCE = {"ours": 25, "theirs": 15}
"""power_timeout, in seconds: what fails takes so long."""
NEVER_OFF = {"refuses", "half-login", "lies"}
"""Nobody can switch this host, or see that it is off."""
THEIRS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "operator-": [{}, {"privlvl": "operator"}],
    "suite-17": [{}, {"cipher": 17}],
    "suite-3": [{}, {"cipher": 3}],
}
"""What its page says to set, where the first try fails."""


@dataclass(frozen=True)
class Run:
    outcome: str
    """off; "lie", where the host runs and the agent says that it is off; failed."""
    seconds: float
    told: str


class Stage:
    """A Pacemaker of one node, with a host for each fault; the BMCs are in its namespace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "cluster").mkdir()
        self.hosts = {fault: f"compute-{n}" for n, fault in enumerate(FAULTS, start=1)}
        self.node = OneNode.start(folder / "cluster", tuple(self.hosts.values()))

    def ours(self, fault: str) -> Run:
        host = self.hosts[fault]
        more = {"plug": host, "nodename": host}
        return self._try(fault, "ours", [PYTHON, str(EXECUTABLE)], more)

    def theirs(self, fault: str) -> Run:
        tries = next((it for name, it in THEIRS.items() if fault.startswith(name)), [{}])
        runs = []
        for number, more in enumerate(tries):
            given = {"lanplus": 1, **more}
            runs.append(self._try(fault, f"theirs-{number}", ["/usr/sbin/fence_ipmilan"], given))
            if runs[-1].outcome == "off":
                break
        return runs[-1]

    def _try(self, fault: str, name: str, agent: Sequence[str], more: Mapping[str, object]) -> Run:
        folder = self.folder / f"{fault}-{name}"
        folder.mkdir()
        with self._bmc(folder, fault) as port:
            given = {
                "action": "off",
                "ip": ADDRESS,
                "ipport": port,
                "username": USER,
                "password": PASSWORD,
                "power_timeout": PATIENCE[name.partition("-")[0]],
                **more,
            }
            began = time.monotonic()
            result = self.node.run(agent, timeout=100, input=stdin_of(given), env=ENVIRONMENT)
            seconds = time.monotonic() - began
            is_off = (folder / "power").read_text().strip() == "0"
        outcome = ("off" if is_off else "lie") if result.rc == 0 else "failed"
        return Run(outcome, seconds, result.stderr.strip())

    @contextmanager
    def _bmc(self, folder: Path, fault: str) -> Iterator[int]:
        power, port = folder / "power", free_port()
        power.write_text("1\n")
        enter = ["nsenter", f"--target={self.node.init}", "--net", "--"]
        with (folder / "bmc.log").open("wb") as log:
            process = subprocess.Popen(
                [*enter, *faulty_bmc(port, power, fault)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            FaultyBmc.await_port(port, process, folder / "bmc.log", f"/proc/{self.node.init}")
            yield port
        finally:
            process.kill()
            process.wait()


Runs = Mapping[str, tuple["Future[Run]", "Future[Run]"]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """All begin at once; who asks for one waits for it."""
    if lack := missing():
        pytest.fail(lack)
    stage = Stage(tmp_path_factory.mktemp("faults"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            slow_first = sorted(FAULTS, key=lambda name: -FAULTS[name].delay)
            yield {
                name: (pool.submit(stage.theirs, name), pool.submit(stage.ours, name))
                for name in slow_first
            }
        finally:
            pool.shutdown(cancel_futures=True)
            stage.node.stop()


@pytest.mark.parametrize("fault", FAULTS)
def test_ours_is_never_worse(
    runs: Runs, fault: str, record_property: Callable[[str, object], None]
) -> None:
    theirs, ours = (future.result() for future in runs[fault])
    row = f"{fault:24}{ours.outcome:8}{ours.seconds:5.1f} s   {theirs.outcome:8}{theirs.seconds:5.1f} s"
    record_property(
        "row", ("a BMC's faults: fence_compute, fence_ipmilan", f"{row}   {FAULTS[fault].says}")
    )
    assert ours.outcome == ("failed" if fault in NEVER_OFF else "off"), ours
    assert ours.outcome == "off" or theirs.outcome != "off", theirs
    assert PASSWORD not in ours.told
    assert "Traceback" not in ours.told
    assert len(ours.told.splitlines()) <= 2, "a sentence, and what it is about"
