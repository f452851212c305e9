"""What this machine must have before a lab can be built on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tests.lab.command import must
from tests.lab.errors import LabError
from tests.lab.init import REMOTED

_PROGRAMS = {
    "corosync": "corosync",
    "pacemakerd": "pacemaker",
    "crm_mon": "pacemaker-cli-utils",
    "pcs": "pcs",
    "ipmi_sim": "openipmi",
    "ipmitool": "ipmitool",
    "fence_ipmilan": "fence-agents",
    "ip": "iproute2",
    "ping": "iputils-ping",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
_PROGRAMS_OF_THE_CLOUD = {
    "mariadbd": "mariadb-server-core",
    "mariadb": "mariadb-client-core",
    "epmd": "rabbitmq-server",
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
}
_DUMMY_AGENT = Path("/usr/lib/ocf/resource.d/pacemaker/Dummy")


def require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("the lab needs root, for namespaces and mounts", "run it with sudo")


def check(*, with_cloud: bool = False) -> None:
    """Raises LabError with what to install; asked before anything is made."""
    require_root()
    programs = _PROGRAMS | (_PROGRAMS_OF_THE_CLOUD if with_cloud else {})
    missing = {package for program, package in programs.items() if not shutil.which(program)}
    if not _DUMMY_AGENT.exists():
        missing.add("pacemaker-resource-agents")
    if missing:
        install = f"apt-get install --no-install-recommends {' '.join(sorted(missing))}"
        raise LabError(f"not installed: {', '.join(sorted(missing))}", install)
    if not Path(REMOTED).exists():
        _fetch_remoted()


def _fetch_remoted() -> None:
    """Debian's pacemaker-remote conflicts with pacemaker, and we need one file of it."""
    cache = Path(REMOTED).parent
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        must(
            ["sh", "-c", 'cd "$0" && apt-get -q download pacemaker-remote', scratch], timeout=120.0
        )
        package = next(Path(scratch).glob("pacemaker-remote_*.deb"))
        must(["dpkg", "-x", str(package), f"{scratch}/x"])
        Path(scratch, "x/usr/sbin/pacemaker-remoted").rename(REMOTED)
