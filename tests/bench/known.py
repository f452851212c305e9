"""The worker's memory with 1,000 hosts and 20,000 instances known, from an API over HTTP.

The API is a process of its own; what is measured is a process with what the worker has: its
imports, its Nova backend, its rounds over twenty flagged hosts of a thousand instances each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.figure import Figure
from tests.lab.layout import REPOSITORY

HOSTS, FLAGGED, EACH = 1000, 20, 1000


def measure() -> Iterator[Figure]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.known", "serve"],
        cwd=REPOSITORY,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        program = ["/usr/bin/python3", "-m", "tests.bench.known", "work", url]
        answer = subprocess.run(
            program,
            cwd=REPOSITORY,
            env=_environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        server.kill()
        server.wait()
    name = f"worker, {HOSTS} hosts and {FLAGGED * EACH} instances known: memory"
    yield Figure(name, float(answer.stdout), 150, "MiB", "resident, at its most")


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin:/usr/sbin", "PYTHONPATH": f"{REPOSITORY}/lib:{REPOSITORY}"}


def serve() -> None:
    from tests.fakes.http_nova import HttpCloud
    from tests.fakes.nova_bodies import server as server_body
    from tests.fakes.nova_bodies import service as service_body

    with HttpCloud() as cloud:
        cloud.services = [service_body(f"host-{n}") for n in range(HOSTS)]
        cloud.servers = [
            server_body(host * EACH + n, f"host-{host}")
            for host in range(FLAGGED)
            for n in range(EACH)
        ]
        print(cloud.url, flush=True)
        sys.stdin.read()


def work(url: str) -> None:
    """Rounds in which nothing may be asked for yet, so that all of it stays known."""
    from vmha_ocf.agent.settings import Settings
    from vmha_ocf.backends.openstack.credentials import credentials_from
    from vmha_ocf.backends.openstack.nova import OpenStackNova
    from vmha_ocf.backends.process.threads import Threads
    from vmha_ocf.model import Evidence, Flag, FlagState, NodeName, NovaHost
    from vmha_ocf.sim import World
    from vmha_ocf.worker.round import Evacuator

    names = [f"host-{n}" for n in range(FLAGGED)]
    world = World.with_hosts(*names)
    parameters = {"auth_url": f"{url}/identity", "username": "u", "password": "right"}
    nova = OpenStackNova(credentials_from({**parameters, "project_name": "admin"}))
    for name in names:
        evidence = Evidence("ctl1", world.clock().now(), "BMC answered off")
        flag = Flag(NovaHost(name), FlagState.NEEDED, NodeName(name), evidence=evidence)
        world.flags().write(flag)
    ports = replace(world.worker_ports(), nova=nova, parallel=Threads(8), say=lambda _: None)
    settings = Settings(storm_limit=0, evacuate_delay=3600.0)
    evacuator = Evacuator(ports, settings, "ctl1")
    for _ in range(3):
        outcome = evacuator.round()
        assert not outcome.problems, outcome.problems

    assert outcome.sentence.count(f"{EACH} wait") == FLAGGED, outcome.sentence
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(peak / 1024)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else work(sys.argv[2])
