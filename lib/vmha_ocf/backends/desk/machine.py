"""This controller, and the person at it: login, terminal, fence agents, clock, files."""

from __future__ import annotations

import configparser
import ctypes
import os
import pwd
import re
from collections.abc import Mapping

from vmha_ocf.backends.bmc.inventory_file import read_inventory
from vmha_ocf.backends.desk.policy_file import PolicyFile
from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.configuration import with_secrets
from vmha_ocf.backends.process.command import Run
from vmha_ocf.backends.telling.bus_file import verify
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.configuration import Resource
from vmha_ocf.errors import LocalParameterError, Unavailable
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.model import NodeName
from vmha_ocf.operator.site import LoginNotes

FENCE_AGENTS = "/usr/sbin"
MONITOR = 60.0
"""Seconds; an inventory of many BMCs takes as long."""
_SECRETS = re.compile(r"passw|secret|hexadecimal_kg")
_PREFIX = re.compile(r"^[\d\-: ,.]*(ERROR|CRITICAL|WARNING)?:?\s*")
"""The fence-agents library's: a time and a level."""
_TIMEX = 208
"""Bytes of struct timex on 64 bits, <sys/timex.h>."""
_TIME_ERROR = 5


class Controller:
    def __init__(
        self, cluster: PacemakerCluster, run: Run, *, fence_agents: str = FENCE_AGENTS
    ) -> None:
        self._cluster = cluster
        self._run = run
        self._fence_agents = fence_agents

    def node(self) -> NodeName:
        return self._cluster.local_node()

    def quorate(self) -> bool:
        return self._cluster.quorate()

    def who(self) -> str:
        name = os.environ.get("SUDO_USER") or _login()
        return re.sub(r"[^!-?A-~]", "?", name) or "root"

    def ask(self, question: str) -> str:
        try:
            return input(question)
        except EOFError:
            return ""

    def try_device(self, device: Resource) -> str:
        """Its parameters go to standard input, as Pacemaker's fencer gives them: without its own."""
        program = f"{self._fence_agents}/{device.kind.removeprefix('stonith:')}"
        parameters = with_secrets(device).parameters
        own = {key: value for key, value in parameters.items() if not key.startswith("pcmk_")}
        lines = ["action=monitor", *(f"{key}={value}" for key, value in own.items())]
        answer = self._run([program], timeout=MONITOR, input="\n".join(lines) + "\n")
        if answer.rc == 0:
            return ""
        said = [line for line in answer.stderr.splitlines() if line.strip()]
        told = _PREFIX.sub("", said[-1]) if said else f"exit code {answer.rc}, without a word"
        for name, value in parameters.items():
            if value and _SECRETS.search(name):
                told = told.replace(value, "***")
        return told

    def read_inventory(self, path: str, domain: str) -> Inventory:
        return read_inventory(path, domain)

    def read_policy(self, path: str) -> Understood:
        return PolicyFile(path)()

    def verify_bus(self, path: str) -> None:
        verify(path)

    def clock_is_kept(self) -> bool:
        """adjtimex(2), asked without changing anything."""
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX))
        if state < 0:
            raise Unavailable(f"the kernel's clock: {os.strerror(ctypes.get_errno())}")
        return bool(state != _TIME_ERROR)

    def login(self, values: Mapping[str, str]) -> LoginNotes:
        # OpenStack's libraries are loaded by the commands that use them alone.
        from vmha_ocf.backends.openstack.way import way_of

        way = way_of(credentials_from(values))
        return LoginNotes(way.exposed, way.warnings)

    def resumes_guests(self, path: str) -> bool:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            with open(path, encoding="utf-8") as file:
                parser.read_file(file)
            return parser.getboolean("DEFAULT", "resume_guests_state_on_host_boot", fallback=False)
        # AttributeError is configparser's own, for a line that goes on where no value began.
        except (configparser.Error, AttributeError, OSError, ValueError) as error:
            raise LocalParameterError(
                f"{path} cannot be read: {type(error).__name__}", hint="name a nova.conf"
            ) from None


def _login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
