"""fence_compute as Pacemaker runs it: a subprocess, its parameters on stdin, its exit code."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.contract import bmc_processes
from tests.contract.one_node import OneNode
from vmha_ocf.backends.process.command import Result

ROOT = Path(__file__).resolve().parent.parent.parent
EXECUTABLE = ROOT / "fence" / "fence_compute"
PYTHON = "/usr/bin/python3"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT / "lib")}


def stdin_of(parameters: Mapping[str, object]) -> str:
    return "".join(f"{name}={value}\n" for name, value in parameters.items())


def start(*argv: str, python: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [PYTHON, *python, str(EXECUTABLE), *argv]
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT
    )


def fence(parameters: Mapping[str, object], *argv: str, python: tuple[str, ...] = ()) -> Result:
    process = start(*argv, python=python)
    stdout, stderr = process.communicate(stdin_of(parameters), timeout=100)
    return Result(process.returncode, stdout, stderr)


class FenceStage:
    """One host behind ipmi_sim beside a real Pacemaker, all in namespaces. Needs root."""

    def __init__(self, folder: Path) -> None:
        (folder / "cluster").mkdir()
        (folder / "bmc").mkdir()
        self.power = folder / "bmc" / "power"
        self.set_power("1")
        self.cluster = OneNode.start(folder / "cluster")
        bmc_processes.write_ipmi_sim(folder / "bmc", self.power, port=623)
        bmc = f"cd {folder / 'bmc'} && exec ipmi_sim -n -c bmc.conf -f bmc.emu -s state"
        started = self.cluster.run(["sh", "-c", f"({bmc}) </dev/null >log 2>&1 &"], timeout=10)
        assert started.rc == 0, started
        self._await_bmc()

    def set_power(self, text: str) -> None:
        self.power.write_text(f"{text}\n")

    def fence(self, *argv: str, **parameters: object) -> Result:
        """On stdin; with ``argv``, all of them on the command line instead."""
        given = {
            "ip": "127.0.0.1",
            "username": bmc_processes.USER,
            "password": bmc_processes.PASSWORD,
            "plug": "compute-1",
            **parameters,
        }
        if argv:
            options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
            return self._run([*argv, *options], "")
        return self._run([], stdin_of(given))

    def add_level(self, node: str, devices: str) -> None:
        level = f'<fencing-level id="{node}-1" index="1" target="{node}" devices="{devices}"/>'
        self._configure(f"<fencing-topology>{level}</fencing-topology>")

    def add_device(self, name: str, agent: str, **parameters: str) -> None:
        pairs = "".join(
            f'<nvpair id="{name}-{key}" name="{key}" value="{value}"/>'
            for key, value in parameters.items()
        )
        attributes = f'<instance_attributes id="{name}-ia">{pairs}</instance_attributes>'
        self._configure(
            f'<resources><primitive id="{name}" class="stonith" type="{agent}">{attributes}'
            "</primitive></resources>"
        )

    def _configure(self, part: str) -> None:
        create = ["cibadmin", "--modify", "--allow-create", "-o", "configuration", "-X", part]
        added = self.cluster.run(create, timeout=10)
        assert added.rc == 0, added

    def attributes(self) -> str:
        query = ["attrd_updater", "-n", "evacuate", "-Q", "-A"]
        return self.cluster.run(query, timeout=10).stdout

    def records(self) -> str:
        query = ["cibadmin", "--query", "--xpath=//nodes"]
        return self.cluster.run(query, timeout=10).stdout

    def stop(self) -> None:
        self.cluster.stop()

    def _run(self, argv: list[str], stdin: str) -> Result:
        command = [PYTHON, str(EXECUTABLE), *argv]
        return self.cluster.run(command, timeout=100, input=stdin, env=ENVIRONMENT)

    def _await_bmc(self) -> None:
        deadline = time.monotonic() + 20
        while self.fence(action="status").rc == 1:
            assert time.monotonic() < deadline, "ipmi_sim does not answer"


def descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found
