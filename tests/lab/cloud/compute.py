"""nova-compute on one host, started from inside the host's namespaces or as a plain process.

The pid file is under the node's own /run and so vanishes at a reboot; configuration, identity
and log are on the host's disk.
"""

from __future__ import annotations

import os
import socket
import sys
import uuid
from pathlib import Path

from tests.lab.cloud import config, processes
from tests.lab.cloud.inside.guestbook import GuestBook
from tests.lab.cloud.libvirt import BINDING
from tests.lab.cloud.site import STATE, Site, read_site
from tests.lab.cloud.venv import PYTHON, REPOSITORY
from tests.lab.events import append_event

RUNNING, NOT_RUNNING = 0, 3


def record(site: Site, host: str) -> Path:
    return site.run / f"nova-compute-{host}.json"


def process(site: Site, host: str) -> processes.Process | None:
    return processes.read_process(record(site, host))


def start(site: Site, host: str) -> None:
    if process(site, host) is None:
        command = _prepared(site, host)
        processes.start(
            record(site, host), command, log=log(site, host), env=_environment(site, host)
        )


def run(site: Site, host: str) -> None:
    """Become it, for a unit of systemd's. Never returns."""
    command = [str(word) for word in _prepared(site, host)]
    processes.note(record(site, host), os.getpid())
    with log(site, host).open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.execve(command[0], command, _environment(site, host))


def _prepared(site: Site, host: str) -> list[str | Path]:
    """Its configuration is written; its command line."""
    log(site, host).parent.mkdir(parents=True, exist_ok=True)
    home = site.disk(host) / "nova"
    home.mkdir(parents=True, exist_ok=True)
    ready(site, host).unlink(missing_ok=True)
    resume = resume_mark(site, host)
    if resume.exists():
        GuestBook(site.state, host).resume()
        resume.unlink()
    (home / "nova-compute.conf").write_text(config.nova_compute(site, host))
    # Nova refuses a second start on a host whose identity it cannot find.
    (home / "compute_id").write_text(str(uuid.uuid5(uuid.NAMESPACE_DNS, host)))
    command: list[str | Path] = [
        PYTHON, "-m", "tests.lab.cloud.inside.compute",
        "--config-file", site.etc / "nova-compute.conf",
        "--config-file", home / "nova-compute.conf",
    ]  # fmt: skip
    append_event(site.state / "events.jsonl", host, "nova-compute-start", "host")
    return command


def stop(site: Site, host: str, *, patience: float = 45) -> None:
    """As systemd, it lets nova-compute end what it is doing: a rebuild that is cut off is never ended."""
    running = process(site, host)
    if running is not None:
        processes.end(running, patience=patience)
    record(site, host).unlink(missing_ok=True)


def ready(site: Site, host: str) -> Path:
    """Exists once the nova-compute that was started last takes requests."""
    return site.disk(host) / "nova" / "ready"


def resume_mark(site: Site, host: str) -> Path:
    """Exists when the host's guests are to run again at the next start of nova-compute."""
    return site.disk(host) / "nova" / "resume"


def log(site: Site, host: str) -> Path:
    return site.disk(host) / "log" / "nova-compute.log"


def _environment(site: Site, host: str) -> dict[str, str]:
    return {
        "PATH": f"{PYTHON.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/root",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": f"{REPOSITORY}:{BINDING}" if site.virt_type else str(REPOSITORY),
        "VMHA_STATE": str(site.state),
        "VMHA_HOST": host,
        "VMHA_READY": str(ready(site, host)),
    }


def main(argv: list[str]) -> int:
    if len(argv) not in (2, 3) or argv[0] not in ("start", "run", "stop", "status"):
        print("usage: nova-compute start|run|stop|status HOST|here [STATE]", file=sys.stderr)
        return 2
    action = argv[0]
    host = socket.gethostname() if argv[1] == "here" else argv[1]
    state = Path(argv[2] if len(argv) == 3 else os.environ.get("VMHA_LAB_STATE", STATE))
    if action == "start":
        start(read_site(state), host)
    elif action == "run":
        run(read_site(state), host)
    elif action == "stop":
        stop(Site(state), host)
    else:
        return RUNNING if process(Site(state), host) is not None else NOT_RUNNING
    return 0
