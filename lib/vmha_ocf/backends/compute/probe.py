"""Whether nova-compute runs, asked as cheaply as it goes: a monitor does it every few seconds.

``subprocess`` would cost as much as starting Python; ``command.py`` is for everything else.
"""

from __future__ import annotations

import os
import select

from vmha_ocf.errors import NotInstalled, ParameterError, UnitUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS = ("nova-compute.service", "openstack-nova-compute.service")
"""Debian's and RDO's."""
LONGEST = 10.0
"""Seconds after which an answer is no longer waited for."""
BOOTED = "/run/systemd/system"
"""sd_booted(3): it is there if systemd runs this node."""
AT_BOOT = "/etc/systemd/system/multi-user.target.wants"
"""Where systemctl(1), enable, links the units of Debian, RDO, Kolla and TripleO."""
_OWNERS = ("kolla-{}-container", "container-{}", "tripleo_{}", "edpm_{}", "{}")
"""What Kolla since 2023.1, podman's generate, TripleO, EDPM and quadlets call the unit of a container."""
NOT_FOUND = 127
"""As a shell says it."""
_TELL = 2.0
"""Seconds."""
_NOT_ACTIVE = (3, 4)
_LONGEST = 4096
"""Characters of an output: less than a pipe holds, so that nobody waits for a reader."""
_SIGKILL = 9
"""`signal` imports `enum`, which is half of what a monitor may cost."""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def unit_runs(
    names: Sequence[str],
    timeout: float = LONGEST,
    *,
    systemctl: str = "systemctl",
    booted: str = BOOTED,
) -> bool:
    """systemctl(1), is-active: 0 if one of the units is, 3 or 4 if none is or none is there.

    Raises NotInstalled (no systemd on this node), UnitUnavailable."""
    code = exit_code([systemctl, "is-active", "--quiet", "--", *names], timeout)
    if code == 0:
        return True
    if code in _NOT_ACTIVE:
        return False
    if code == NOT_FOUND or not os.path.isdir(booted):
        raise no_systemd()
    said = f"did not end in {timeout:g} s" if code is None else f"ended with {code}"
    raise UnitUnavailable(f"systemctl is-active {said}", hint="run it by hand")


def no_systemd() -> NotInstalled:
    return NotInstalled(
        "systemd does not run this node",
        hint="set start_command, stop_command and status_command",
    )


def enabled(names: Sequence[str], at_boot: str = AT_BOOT) -> str:
    """The unit among these that systemd starts by itself at boot; empty if it starts none.

    The link and not ``systemctl is-enabled``: every monitor asks."""
    for name in names:
        full = name if "." in name else f"{name}.service"
        if os.path.lexists(os.path.join(at_boot, full)):
            return full
    return ""


def container_units(start_command: str) -> Sequence[str]:
    """Units that may start the container that this command starts, by the name that is its last word."""
    words = start_command.split()
    name = words[-1].strip("'\"") if words else ""
    if not name.replace("_", "").replace("-", "").isalnum():
        return ()
    return [pattern.format(name) for pattern in _OWNERS]


def command_runs(command: str, timeout: float = LONGEST) -> bool:
    """0 is running, anything else is not; a command that does not end is neither.

    Raises NotInstalled, UnitUnavailable, ParameterError."""
    argv = words(command)
    code = exit_code(argv, timeout)
    if code == NOT_FOUND:
        raise NotInstalled(f"there is no program {argv[0]} on this node", hint="status_command")
    if code is None:
        raise UnitUnavailable(f"status_command did not end in {timeout:g} s", hint=command)
    return code == 0


def words(command: str) -> list[str]:
    """A program and its arguments, split as a shell would. Raises ParameterError."""
    try:
        found = _split(command)
    except ValueError as error:
        raise ParameterError(
            f"the command {command!r} cannot be split into words: {error}", hint="close the quotes"
        ) from None
    if not found or not found[0]:
        raise ParameterError(f"the command {command!r} names no program")
    return found


def _split(command: str) -> list[str]:
    if not any(quote in command for quote in "'\"\\"):
        return command.split()
    import shlex  # it imports `re`

    return shlex.split(command)


def boot_id(path: str = "/proc/sys/kernel/random/boot_id") -> str:
    """The kernel's id of this boot; empty where it cannot be read."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def tell_boot(node: str, tool: str = "attrd_updater") -> None:
    """The id of this boot, as an attribute of the node that ends with its connection. It is a help for
    others: whatever goes wrong with it goes wrong without a word."""
    found = boot_id()
    if found:
        exit_code([tool, "--name=evacuation-booted", f"--node={node}", f"--update={found}"], _TELL)


def guests(proc: str = "/proc") -> int:
    """How many guests run here that Nova has named: processes with libvirt's ``-name guest=instance-...``.
    Another instance_name_template is not seen."""
    count = 0
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            with open(os.path.join(proc, pid, "cmdline"), "rb") as file:
                count += b"\0guest=instance-" in file.read(4096)
        except OSError:  # it has ended
            continue
    return count


def exit_code(argv: Sequence[str], timeout: float) -> int | None:
    """The program's exit code (negative: the signal that ended it); None if it did not end in
    ``timeout`` seconds, and was killed. NOT_FOUND if there is no such program.

    It gets a process group of its own, to be killed with all that it has started."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    try:
        pid = os.posix_spawnp(argv[0], list(argv), _ENVIRONMENT, file_actions=actions, setpgroup=0)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return NOT_FOUND
    finally:
        os.close(null)
    return _wait(pid, timeout)


def output(argv: Sequence[str], timeout: float) -> str:
    """What the program writes; "" if it fails, or does not end in ``timeout`` seconds."""
    null = os.open(os.devnull, os.O_RDWR)
    ours, theirs = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, null, 0),
        (os.POSIX_SPAWN_DUP2, theirs, 1),
        (os.POSIX_SPAWN_DUP2, null, 2),
    ]
    try:
        pid = os.posix_spawnp(argv[0], list(argv), _ENVIRONMENT, file_actions=actions, setpgroup=0)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        os.close(ours)
        return ""
    finally:
        os.close(null)
        os.close(theirs)
    code = _wait(pid, timeout)
    try:
        os.set_blocking(ours, False)
        return os.read(ours, _LONGEST).decode(errors="replace") if code == 0 else ""
    except BlockingIOError:
        return ""
    finally:
        os.close(ours)


def leave(argv: Sequence[str]) -> None:
    """Start it and go: it outlives the action, whose process group Pacemaker ends, and nobody waits."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    try:
        os.posix_spawnp(argv[0], list(argv), _ENVIRONMENT, file_actions=actions, setsid=True)
    finally:
        os.close(null)


def _wait(pid: int, timeout: float) -> int | None:
    ended = os.pidfd_open(pid)
    try:
        if select.select([ended], [], [], timeout)[0]:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(ended)
    os.killpg(pid, _SIGKILL)
    os.waitpid(pid, os.WNOHANG)  # it may be stuck in the kernel
    return None
