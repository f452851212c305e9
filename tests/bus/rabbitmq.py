"""A RabbitMQ of a test's own on loopback, and an epmd of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE = 600.0
"""Seconds: a machine that plays other tests, too, takes its time."""


class RabbitMQ:
    def __init__(self, home: Path) -> None:
        self._home = home
        self.port, epmd, dist = _free_ports(3)
        erlang = "-start_epmd false +S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
        self._environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": "vmha-bus@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }
        (home / "enabled_plugins").write_text("[].\n")
        (home / "rabbitmq.conf").write_text("loopback_users = none\n")
        self._epmd = self._run(["epmd", "-address", "127.0.0.1", "-port", str(epmd)])
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"rabbit://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        self._server = self._run([str(SERVER)])
        end = time.monotonic() + PATIENCE
        while not self._listens():
            assert self._server.poll() is None, self._said()
            assert time.monotonic() < end, self._said()
            time.sleep(0.1)

    def kill(self) -> None:
        """As a power cut would."""
        if self._server:
            _end(self._server)
            self._server = None

    def freeze(self) -> None:
        assert self._server
        os.killpg(self._server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._server
        os.killpg(self._server.pid, signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        _end(self._epmd)

    def _run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._home / "said").open("ab") as said:
            return subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _said(self) -> str:
        return (self._home / "said").read_text(errors="replace")[-2000:]


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGCONT)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
