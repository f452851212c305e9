"""libvirtd on one host: started at its boot, in the host's namespaces, before anything of the cluster.

Process 1 of the host reaps the QEMUs, without which a killed guest would look running for a while. No
cgroup is asked for, so none of them is left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

from tests.lab.guests.accelerator import EMULATOR
from tests.lab.layout import REPOSITORY, Lab, Role, lab_from_environment
from tests.lab.machines import boot

HOOK = "libvirtd"
COMMAND = ("libvirtd", "--daemon", "--listen")
_KEPT = ("lib", "etc", "cache", "log")
"""What a host keeps of libvirt's over a power-off: the definitions, and the logs."""
_PLACES = {"lib": "/var/lib/libvirt", "etc": "/etc/libvirt", "cache": "/var/cache/libvirt"}
_LOG = "/var/log/libvirt"
_NAMES = {
    "/etc/passwd": "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin",
    "/etc/group": "libvirt-qemu:x:64055:",
}
_UNLOCKED = "/usr/games"
"""QEMU finds its firmware from where it is: as deep in the tree as /usr/bin."""
_HOOK = """#!/bin/sh
# A host of the lab gets its libvirtd; a controller has none.
export {environment}
case $1 in compute-*) exec /usr/bin/python3 -S -m tests.lab.guests.libvirtd "$1" {locks} ;; esac
"""
_WRAPPER = """#!/bin/sh
# QEMU without its locks on images.
for word; do
    shift
    case $word in
    *'"driver":"file"'*)
        word=$(printf %s "$word" | sed 's/"driver":"file"/"driver":"file","locking":"off"/') ;;
    esac
    set -- "$@" "$word"
done
exec {place}/qemu-system-x86_64 "$@"
"""
_QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
migration_address = "{address}"
"""
_NO_VIRTLOGD = 'stdio_handler = "file"\n'
_LIBVIRTD_CONF = """\
host_uuid = "{uuid}"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
log_outputs = "3:file:{log}/libvirtd.log"
"""
_LISTENS_BY_ITSELF = """\
listen_tls = 0
listen_tcp = 1
unix_sock_group = "root"
listen_addr = "{address}"
"""
_TCP = Path("etc/systemd/system/sockets.target.wants/libvirtd-tcp.socket")


def host_uuid(host: str) -> str:
    """What a guest reads of the machine that it was started on."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"libvirt.{host}"))


def write_hook(lab: Lab, *, locks: bool) -> None:
    """From now on each host of this lab has a libvirtd when it boots."""
    environment = lab.environment()
    words = [f"{name}='{environment[name]}'" for name in sorted(environment) if name != "PATH"]
    hook = lab.boot_hooks / HOOK
    told = _HOOK.format(environment=" ".join(words), locks="locks" if locks else "no-locks")
    hook.write_text(told)
    hook.chmod(0o755)


def start(lab: Lab, host: str, *, locks: bool) -> None:
    """In the host's own namespaces; returns when libvirtd has become a daemon."""
    home = lab.home(host) / "libvirt"
    for part in _KEPT:
        (home / part).mkdir(parents=True, exist_ok=True)
    by_itself = _LISTENS_BY_ITSELF.format(address=lab.node(host).address)
    _configure(lab, host, home / "etc", qemu=_NO_VIRTLOGD, libvirtd=by_itself)
    for part, place in _PLACES.items():
        _bind(home / part, Path(place))
    for file, line in _NAMES.items():
        _name_qemu(home / Path(file).name, Path(file), line)
    _before(lab, host, locks=locks)
    subprocess.run(COMMAND, check=True, cwd="/", timeout=30)


def leave_to_systemd(lab: Lab, host: str, *, locks: bool) -> None:
    """In a host whose process 1 becomes systemd: libvirtd is its unit there, as Debian has it, and so is
    the socket for live migrations."""
    _configure(lab, host, Path("/etc/libvirt"))
    socket = Path("/", _TCP)
    if not os.path.lexists(socket):
        socket.parent.mkdir(parents=True, exist_ok=True)
        socket.symlink_to(f"/lib/systemd/system/{socket.name}")
    _before(lab, host, locks=locks)


def _configure(lab: Lab, host: str, etc: Path, qemu: str = "", libvirtd: str = "") -> None:
    address = lab.node(host).address
    (etc / "qemu.conf").write_text(_QEMU_CONF.format(address=address) + qemu)
    told = _LIBVIRTD_CONF.format(uuid=host_uuid(host), log=_LOG)
    (etc / "libvirtd.conf").write_text(told + libvirtd)


def _before(lab: Lab, host: str, *, locks: bool) -> None:
    log = lab.home(host) / "log" / "libvirt"
    (log / "qemu").mkdir(parents=True, exist_ok=True)
    _bind(log, Path(_LOG))
    if not locks:
        _take_locks_away()


def _bind(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


def _name_qemu(own: Path, file: Path, line: str) -> None:
    """The user that Debian's libvirtd wants to know before it reads that it is to be another: made by a
    package of services, which nothing here needs."""
    text = file.read_text()
    own.write_text(text if "\nlibvirt-qemu:" in text else f"{text}{line}\n")
    subprocess.run(["mount", "--bind", str(own), str(file)], check=True)


def _take_locks_away() -> None:
    """A wrapper in front of QEMU, seen by this host alone."""
    place = Path(_UNLOCKED)
    subprocess.run(["mount", "-t", "tmpfs", "none", str(place)], check=True)
    real, wrapper = place / Path(EMULATOR).name, place / "wrapper"
    real.touch()
    subprocess.run(["mount", "--bind", EMULATOR, str(real)], check=True)
    wrapper.write_text(_WRAPPER.format(place=place))
    wrapper.chmod(0o755)
    subprocess.run(["mount", "--bind", str(wrapper), EMULATOR], check=True)


def main(name: str, locks: str) -> int:
    lab = lab_from_environment()
    if lab.node(name).role is not Role.COMPUTE:
        return 0
    os.chdir(REPOSITORY)
    begin = leave_to_systemd if boot.has(lab, name) else start
    begin(lab, name, locks=locks == "locks")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
