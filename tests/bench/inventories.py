"""Ten thousand hosts are read, and a thousand become a script: CPU seconds of this run."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import process_time

from tests.bench.figure import Figure
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.desk.deployment_file import parse_yaml
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.inventories.reading import read_machines

MANY, SOME = 10_000, 1_000
GOAL, GOAL_GENERATE = 1.0, 2.0
RUNS = 3


def measure() -> Iterator[Figure]:
    texts = {
        "instackenv, JSON": json.dumps({"nodes": list(_nodes(MANY))}, indent=4),
        "our YAML": _ours(MANY),
        "CSV": _csv(MANY),
        "Ansible, INI": _ansible(MANY),
    }
    for name, text in texts.items():
        yield _read(name, partial(read_machines, text, name, parse_yaml))
    ini = _ini(MANY)
    yield _read("fence_compute's file", lambda: parse_inventory(ini, "inventory.ini", ""))
    yield _generated()


def _read(name: str, read: Callable[[], object]) -> Figure:
    def once() -> float:
        before = process_time()
        read()
        return process_time() - before

    best = min(once() for _ in range(RUNS))
    return Figure(f"{MANY} hosts read: {name}", best, GOAL, "s", f"the best of {RUNS}")


def _generated() -> Figure:
    """As it is typed, with its start: the children's CPU of a run."""

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    with tempfile.TemporaryDirectory() as folder:
        hosts = Path(folder) / "instackenv.json"
        hosts.write_text(json.dumps({"nodes": list(_nodes(SOME))}))
        command = [sys.executable, str(REPOSITORY / "bin/vmha"), "generate", str(hosts)]
        before = spent()
        subprocess.run(
            command,
            env={"PYTHONPATH": str(REPOSITORY / "lib"), "PATH": "/usr/bin:/bin"},
            cwd=folder,
            check=True,
            capture_output=True,
        )
        return Figure(
            f"vmha generate of {SOME} hosts",
            spent() - before,
            GOAL_GENERATE,
            "s",
            "with its start",
        )


def _address(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def _nodes(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {
            "name": f"compute-{number}",
            "pm_type": "ipmi",
            "mac": ["52:54:00:00:00:01"],
            "pm_user": "fencing",
            "pm_password": "swordfish",
            "pm_addr": _address(number),
            "capabilities": "profile:compute,boot_option:local",
        }


def _ours(count: int) -> str:
    hosts = (
        f"  - name: compute-{number}\n    bmc: {{address: {_address(number)}, username: fencing}}\n"
        for number in range(count)
    )
    return f"domain: example.com\nhosts:\n{''.join(hosts)}"


def _csv(count: int) -> str:
    rows = (f"compute-{number},{_address(number)},fencing,x,compute\n" for number in range(count))
    return f"name,bmc_address,username,password,role\n{''.join(rows)}"


def _ansible(count: int) -> str:
    lines = (
        f"compute-{number} ipmi_address={_address(number)} ipmi_username=fencing ipmi_password=x\n"
        for number in range(count)
    )
    return f"[compute]\n{''.join(lines)}"


def _ini(count: int) -> str:
    sections = (
        f"[compute-{number}]\nip = {_address(number)}\npassword = x\nhost = compute-{number}.lan\n\n"
        for number in range(count)
    )
    return f"[DEFAULT]\nusername = fencing\n\n{''.join(sections)}"
