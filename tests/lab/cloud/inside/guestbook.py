"""The guests of one compute host: definitions on its disk, real processes in its namespace.

A guest is defined as long as its file is there and runs as long as its process lives. The
process is no child of nova-compute: it outlives it, and dies with the host and with nothing
else, so who looks from outside can count how many copies of an instance really run.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.lab.cloud.site import Site

MARK = "vmha-guest:"
# bash names the process and leaves it to init; the guest keeps no descriptor of ours.
_LAUNCH = 'exec -a "$0" sleep infinity </dev/null >/dev/null 2>&1 & echo $!'


class GuestBook:
    def __init__(self, state: Path, host: str) -> None:
        self._state = state
        self._host = host
        self._disk = state / "nodes" / host / "disk"
        self._running = Site(state).run / host
        (self._disk / "guests").mkdir(parents=True, exist_ok=True)

    def uuids(self) -> list[str]:
        return sorted(file.stem for file in (self._disk / "guests").glob("*.json"))

    def definition(self, uuid: str) -> dict[str, Any] | None:
        try:
            guest: dict[str, Any] = json.loads(self._file(uuid).read_text())
        except FileNotFoundError:
            return None
        return guest

    def define(self, uuid: str, **facts: object) -> None:
        fresh = self._file(uuid).with_suffix(".new")
        fresh.write_text(json.dumps({"uuid": uuid, **(self.definition(uuid) or {}), **facts}))
        fresh.replace(self._file(uuid))

    def undefine(self, uuid: str) -> None:
        self._file(uuid).unlink(missing_ok=True)

    def resume(self) -> None:
        """Start those that were running when the definitions were copied."""
        for uuid in self.uuids():
            if (self.definition(uuid) or {}).get("on"):
                self.start(uuid)

    def start(self, uuid: str) -> None:
        """Power on; nothing happens to a guest that runs."""
        if self.pid(uuid) is not None:
            return
        self._running.mkdir(parents=True, exist_ok=True)
        # The order is cautious: history may show a start too early, never one too late.
        self._tell("start", uuid)
        env = {"PATH": "/usr/bin:/bin", "VMHA_HOST": self._host, "VMHA_STATE": str(self._state)}
        launched = subprocess.run(
            ["/bin/bash", "-c", _LAUNCH, MARK + uuid],
            env=env,
            stdout=subprocess.PIPE,
            check=True,
            cwd="/",
            start_new_session=True,
        )
        self.define(uuid, on=True)
        (self._running / uuid).write_bytes(launched.stdout.strip())
        deadline = time.monotonic() + 5
        while self.pid(uuid) is None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"guest {uuid} did not start")
            time.sleep(0.002)

    def stop(self, uuid: str) -> None:
        pid = self.pid(uuid)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            while self.pid(uuid) is not None:
                time.sleep(0.005)
            self._tell("stop", uuid)
        if self.definition(uuid) is not None:
            self.define(uuid, on=False)
        (self._running / uuid).unlink(missing_ok=True)

    def signal(self, uuid: str, number: signal.Signals) -> None:
        pid = self.pid(uuid)
        if pid is not None:
            os.kill(pid, number)

    def is_paused(self, uuid: str) -> bool:
        pid = self.pid(uuid)
        if pid is None:
            return False
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def pid(self, uuid: str) -> int | None:
        """The guest's process, recognised by its name and its host: pids are reused."""
        try:
            pid = int((self._running / uuid).read_text())
            name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
            environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        ours = f"VMHA_HOST={self._host}".encode() in environ
        return pid if name == MARK + uuid and ours else None

    def _file(self, uuid: str) -> Path:
        return self._disk / "guests" / f"{uuid}.json"

    def _tell(self, event: str, uuid: str) -> None:
        boot = os.readlink("/proc/self/ns/pid")
        line = {"at": int(time.time() * 1000), "event": event, "uuid": uuid, "boot": boot}
        with (self._disk / "guests.log").open("a") as log:
            log.write(json.dumps(line) + "\n")
