"""A Debian with systemd and our packages, as ``make deb`` builds them from these sources.

In layers, each made once: Debian (``tests/packages``), what the packages need, the packages.
"""

from __future__ import annotations

import fcntl
import platform
import shutil
from collections.abc import Iterator

from tests.lab.cloud.site import CACHE
from tests.lab.cloud.venv import put_python
from tests.lab.errors import LabError
from tests.lab.layers import key, layer
from tests.lab.layout import REPOSITORY
from tests.lab.machines import cgroups
from tests.lab.release import differs
from tests.packages.clean_root import RELEASE, TAKE_SOURCES, CleanRoot, clean_root, missing
from tests.packages.documented import one, typed

SYSTEMD = ("systemd", "systemd-sysv", "dbus")
_NEEDED = (*SYSTEMD, "pacemaker-remote", "pacemaker-cli-utils", "python3")
_LIBVIRT = (
    "libvirt-daemon-driver-qemu",
    "libvirt-daemon-system",
    "python3-libvirt",
    "qemu-system-x86",
    "qemu-utils",
)
_NOTHING_AT_BOOT = "systemctl disable libvirt-guests"
"""As docs/deploy.rst wants it: Debian enables it, and it starts guests at boot."""
_OURS = (
    "bin",
    "completion",
    "debian",
    "docs",
    "examples",
    "fence",
    "lib",
    "ocf",
    "pcs-examples",
    "systemd",
)
NO_CHORES = "rm -f /etc/systemd/system/timers.target.wants/*"
"""Debian's own chores, of which one would look for updates."""


def layers(*, libvirt: bool = False) -> str:
    """As own_root.give() takes them. Raises LabError with what this machine lacks."""
    if lacks := missing():
        raise LabError(
            f"hosts that systemd boots need a Debian of their own: {lacks}", "make setup"
        )
    cgroups.require()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "hosts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return _hosts(libvirt).lowerdir
        except AssertionError as error:
            raise LabError("the Debian of the hosts could not be made", str(error)) from None


def _hosts(libvirt: bool) -> CleanRoot:
    debian = clean_root()
    python = platform.python_version() if differs() else ""
    base = layer(debian, "needed", key([*_NEEDED, RELEASE, python]), _install_needed)
    if libvirt:
        words = [*_LIBVIRT, _NOTHING_AT_BOOT, base.folder.name]
        base = layer(base, "libvirt", key(words), _install_libvirt)
    control = (REPOSITORY / "debian" / "control").read_text()
    builder = layer(
        debian, "builder", key([control, RELEASE]), _install_tools, f"{REPOSITORY}:/source"
    )

    def install_ours(root: CleanRoot) -> None:
        scratch = root.folder / "scratch"
        build = builder.copy(scratch, shared=f"{REPOSITORY}:/source")
        build.must("sh", "-c", f"{TAKE_SOURCES} && cd /root/vmha-ocf && {typed('Packages')[2]}")
        packages = root.own / "root"
        packages.mkdir(mode=0o700)
        for file in (build.own / "root/vmha-ocf/build/deb").glob("*.deb"):
            shutil.copy(file, packages)
        shutil.rmtree(scratch)
        command = one("Packages", "apt-get install", "install ./vmha-ocf-compute")
        root.must("sh", "-c", f"cd /root && {_yes(command)} && {NO_CHORES}")

    return layer(base, "hosts", key([*_sources(), base.folder.name]), install_ours)


def _install_needed(root: CleanRoot) -> None:
    root.install(*_NEEDED)
    if differs():
        put_python(root.own)


def _install_libvirt(root: CleanRoot) -> None:
    root.install(*_LIBVIRT)
    root.must("sh", "-c", _NOTHING_AT_BOOT)


def _install_tools(root: CleanRoot) -> None:
    """As docs/start.rst has it."""
    commands = " && ".join(map(_yes, typed("Packages")[:2]))
    root.must(
        "sh", "-c", f"{TAKE_SOURCES} && cd /root/vmha-ocf && {commands} && rm -r /root/vmha-ocf"
    )


def _yes(command: str) -> str:
    return command.replace("apt-get", "apt-get -q -y")


def _sources() -> Iterator[str]:
    """What the packages are made of."""
    files = [path for folder in _OURS for path in (REPOSITORY / folder).rglob("*")]
    files += [*REPOSITORY.glob("[!.]*"), *(REPOSITORY / "tests").glob("*.py")]
    for path in sorted(files):
        if path.is_file() and path.suffix != ".pyc":
            yield f"{path} {path.stat().st_mode}"
            yield path.read_bytes().hex()
