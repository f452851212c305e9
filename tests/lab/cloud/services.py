"""The services of the cloud: how each is run, and when it is ready."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cloud import processes
from tests.lab.cloud.rest import listens
from tests.lab.cloud.site import PORTS, Site
from tests.lab.cloud.venv import PYTHON, REPOSITORY
from tests.lab.errors import LabError
from tests.lab.layout import MARK

# Dependencies first. All but the compute services, which live on their hosts.
NAMES = (
    "epmd", "rabbitmq", "mariadb", "glance", "neutron",
    "keystone", "placement", "nova-api", "conductor", "scheduler",
)  # fmt: skip
_RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_WSGI = {
    "keystone": ("keystone.wsgi.api:application", 8),
    "placement": ("placement.wsgi.api:application", 8),
    "nova-api": ("nova.wsgi.osapi_compute:application", 16),
}
# A port says little about these two: they are clients of the bus.
_READY_LINES = {"conductor": "Starting conductor node", "scheduler": "Starting scheduler node"}
# A conductor that is killed takes with it what it has just accepted.
_STOP_PATIENCE = {"mariadb": 10.0, "rabbitmq": 3.0, "conductor": 20.0}


@dataclass(frozen=True)
class Service:
    site: Site
    name: str

    @property
    def record(self) -> Path:
        return self.site.home / "run" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        return self.site.logs / f"{self.name}.log"

    @property
    def port(self) -> int | None:
        return self.site.epmd_port if self.name == "epmd" else PORTS.get(self.name)

    def process(self) -> processes.Process | None:
        return processes.read_process(self.record)

    def start(self) -> None:
        """Launch it unless it is there. It is not ready yet: see await_ready()."""
        if self.process() is None:
            self.log.unlink(missing_ok=True)
            command = [*_inside(self.site.netns), *_command(self.site, self.name)]
            processes.start(self.record, command, log=self.log, env=environment(self.site))

    def stop(self, *, kill: bool = False) -> None:
        process = self.process()
        if process is not None:
            patience = 0.0 if kill else _STOP_PATIENCE.get(self.name, 2.0)
            processes.end(process, patience=patience)
        self.record.unlink(missing_ok=True)
        # The last threads of a killed process can still accept for a moment.
        processes.wait_for(lambda: not self.listens(), 10)

    def listens(self) -> bool:
        return self.port is not None and listens(self.site.address, self.port, self.site.netns)

    def is_ready(self) -> bool:
        line = _READY_LINES.get(self.name)
        if line is not None:
            return self.log.exists() and line in self.log.read_text(errors="replace")
        return self.listens()

    def await_ready(self, seconds: float = 120) -> None:
        def ready_or_dead() -> bool:
            return self.is_ready() or self.process() is None

        if not processes.wait_for(ready_or_dead, seconds) or not self.is_ready():
            state = "not ready" if self.process() else "dead"
            tail = self.log.read_text(errors="replace").splitlines()[-15:]
            raise LabError(f"{self.name} is {state}; it said last:", "\n  ".join(tail))


def _inside(netns: str | None) -> list[str]:
    return [] if netns is None else ["nsenter", f"--net=/run/netns/{netns}"]


def _command(site: Site, name: str) -> Sequence[str | Path]:
    if name == "epmd":
        return ["epmd", "-address", site.address, "-port", str(site.epmd_port)]
    if name == "rabbitmq":
        return [_RABBITMQ]
    if name == "mariadb":
        return ["mariadbd", f"--defaults-file={site.etc}/my.cnf"]
    if name in ("glance", "neutron"):
        stub = f"tests.lab.cloud.inside.{name}"
        return ["/usr/bin/python3", "-m", stub, site.address, str(PORTS[name]), site.home]
    if name in _WSGI:
        application, threads = _WSGI[name]
        serve = "tests.lab.cloud.inside.serve"
        where: list[str | Path] = [
            site.address,
            str(PORTS[name]),
            str(threads),
            site.logs / f"access-{name}.log",
        ]
        return [PYTHON, "-m", serve, application, *where]
    program = PYTHON.parent / f"nova-{name}"
    # The scheduler tells which filter refused which host in its debug log only.
    more = ["--debug"] if name == "scheduler" else []
    return [PYTHON, program, "--config-file", site.etc / "nova.conf", *more]


def environment(site: Site) -> dict[str, str]:
    etc, home = str(site.etc), site.home
    interface = "{" + site.address.replace(".", ",") + "}"
    erlang = ["-start_epmd false +S 2:2 +sbwt none -kernel inet_dist_use_interface", interface]
    return {
        "PATH": f"/usr/sbin:/usr/bin:/sbin:/bin:{PYTHON.parent}",
        "LANG": "C.UTF-8",
        "HOME": str(home / "rabbitmq"),
        "PYTHONUNBUFFERED": "1",
        # So that the lab's `down` finds it, whatever became of our records.
        MARK: str(site.state),
        "PYTHONPATH": str(REPOSITORY),
        "TZ": os.environ.get("TZ", "UTC"),
        "OS_NOVA_CONFIG_DIR": etc,
        "OS_PLACEMENT_CONFIG_DIR": etc,
        "OS_KEYSTONE_CONFIG_DIR": etc,
        "ERL_EPMD_PORT": str(site.epmd_port),
        "ERL_EPMD_ADDRESS": site.address,
        "RABBITMQ_NODENAME": "vmha-lab@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": site.address,
        "RABBITMQ_NODE_PORT": str(PORTS["rabbitmq"]),
        "RABBITMQ_DIST_PORT": str(site.erlang_port),
        "RABBITMQ_MNESIA_BASE": str(home / "rabbitmq/mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "rabbitmq/log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "rabbitmq/enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq/rabbitmq.conf"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(erlang),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_START_ARGS": "-noinput",
    }
