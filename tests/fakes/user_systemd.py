"""A real systemd, as a user's: it has units as the system's has them, and needs no machine of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

_BEGIN = """
[ -d /run/systemd/system ] || { mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system; }
exec /lib/systemd/systemd --user --log-target=null
"""
PATIENCE = 20.0


class UserSystemd:
    """``folder`` has the units; ``systemctl`` is the real one, told to speak to this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runtime, self._units = folder / "runtime", folder / "conf/systemd/user"
        self._runtime.mkdir(mode=0o700)
        self._units.mkdir(parents=True)
        self._env = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(self._runtime),
            "XDG_CONFIG_HOME": str(folder / "conf"),
            "HOME": str(folder),
        }
        self.systemctl = folder / "systemctl"
        self.systemctl.write_text(
            f"#!/bin/sh\nXDG_RUNTIME_DIR={self._runtime} XDG_CONFIG_HOME={folder / 'conf'}\n"
            'export XDG_RUNTIME_DIR XDG_CONFIG_HOME\nexec /usr/bin/systemctl --user "$@"\n'
        )
        self.systemctl.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    def has(self, name: str, text: str) -> None:
        (self._units / name).write_text(text)

    def begin(self) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _BEGIN], env=self._env, start_new_session=True
        )
        self.until(lambda: self.run("list-units").returncode == 0)

    def end(self) -> None:
        if self._process:
            self.run("--no-block", "stop", "*.service")
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.systemctl, *words], capture_output=True, text=True, timeout=20)

    def until(self, happened: object) -> None:
        assert callable(happened)
        end = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < end, self.run("list-units", "--all").stdout
            time.sleep(0.05)
