"""Run one external program to its end. The only importer of subprocess.

Children stay in our process group: at its timeout Pacemaker kills that group, and what we started
has to die with us. At our own timeout we kill the child and its descendants one by one instead.

A call costs 0.2 ms of our CPU (subprocess uses vfork); one of Pacemaker's tools costs 5 ms of its
own, nearly all of it before main().
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.errors import CommandUnavailable, NotInstalled, NotPermitted

OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes of stdout and stderr together. The whole CIB of a big cluster has a few millions."""

# Nothing of our own environment: an agent's OCF_RESKEY_CRM_meta_on_node would redirect
# attrd_updater, an operator's CIB_file or CIB_shadow our writes, and PCMK_debug would fill logs.
# GLib goes by CHARSET where a program does not call setlocale(); attrd_updater does not.
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "CHARSET": "UTF-8",
    "TZ": "UTC",
}


@dataclass(frozen=True, slots=True)
class Result:
    rc: int
    """The exit code, or minus the number of the signal that ended the program."""
    stdout: str
    stderr: str


class Run(Protocol):
    """The type of ``run``, for who wants to be given another one."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result: ...


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a program (never a shell) for at most ``timeout`` seconds, ``env`` added to ENVIRONMENT.

    Raises CommandUnavailable (no end in time, too much output), NotInstalled, NotPermitted.
    """
    deadline = time.monotonic() + timeout
    with _stdin(input) as stdin:
        process = _spawn(argv, stdin, {**ENVIRONMENT, **(env or {})})
    with process:
        try:
            stdout, stderr = _collect(process, deadline)
        except TimeoutError:
            _kill(process)
            raise CommandUnavailable(
                f"{argv[0]} did not end within {timeout:g} s",
                hint="what it waits for does not answer, or this node is overloaded",
            ) from None
        except BaseException:
            _kill(process)
            raise
        return Result(process.wait(), _text(stdout), _text(stderr))


@contextmanager
def _stdin(input: str | None) -> Iterator[int]:
    """A memory file, not a pipe: the program may read it late or never without blocking us."""
    fd = os.open(os.devnull, os.O_RDONLY) if input is None else os.memfd_create("stdin")
    try:
        if input is not None:
            with open(fd, "w", encoding="utf-8", closefd=False) as file:
                file.write(input)
            os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)


def _spawn(argv: Sequence[str], stdin: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            list(argv), stdin=stdin, stdout=pipe, stderr=pipe, env=env, bufsize=0
        )
    except FileNotFoundError as error:
        raise NotInstalled(
            f"{argv[0]} is not installed", hint="install the package that contains it"
        ) from error
    except PermissionError as error:
        raise NotPermitted(
            f"{argv[0]} may not be run by this user", hint="run this as root"
        ) from error
    except (OSError, ValueError) as error:
        raise CommandUnavailable(
            f"{argv[0]} cannot be started: {error}", hint="is this node out of memory?"
        ) from error


def _collect(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """What it writes until it ends: a grandchild that keeps the pipes open is not waited for."""
    assert process.stdout
    assert process.stderr
    buffers = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    pidfd = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            for fd in (*buffers, pidfd):
                selector.register(fd, selectors.EVENT_READ)
            _read_until_exit(selector, pidfd, buffers, deadline)
    finally:
        os.close(pidfd)
    stdout, stderr = buffers.values()
    return bytes(stdout), bytes(stderr)


def _read_until_exit(
    selector: selectors.BaseSelector,
    pidfd: int,
    buffers: Mapping[int, bytearray],
    deadline: float,
) -> None:
    ended = False
    while True:
        left = 0.0 if ended else deadline - time.monotonic()
        ready = {key.fd for key, _ in selector.select(max(left, 0.0))}
        readable = ready - {pidfd}
        for fd in readable:
            _read_some(selector, fd, buffers)
        if ended and not readable:
            return
        if not ended and left <= 0.0 and pidfd not in ready:
            raise TimeoutError
        ended = ended or pidfd in ready


def _read_some(
    selector: selectors.BaseSelector, fd: int, buffers: Mapping[int, bytearray]
) -> None:
    chunk = os.read(fd, 65536)
    if not chunk:
        selector.unregister(fd)
    buffers[fd].extend(chunk)
    if sum(map(len, buffers.values())) > OUTPUT_LIMIT:
        raise CommandUnavailable(
            f"a program wrote more than {OUTPUT_LIMIT} bytes",
            hint="run it by hand and see what it says",
        )


def _kill(process: subprocess.Popen[bytes]) -> None:
    for pid in [process.pid, *_descendants(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += [int(child), *_descendants(int(child))]
    return found


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")
