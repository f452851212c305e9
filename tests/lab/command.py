"""Run programs of this machine: the only subprocess calls of the lab's cluster half."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError

# The shell notes its pid and start time (field 22 of its stat) before it becomes the program,
# so that there is no moment in which the program runs and nobody knows it.
_DETACHED = 'echo "$$ $(cut -d" " -f22 /proc/$$/stat)" >"$0.new" && mv "$0.new" "$0" && exec "$@"'


@dataclass(frozen=True)
class Result:
    code: int
    output: str
    errors: str


def run(
    argv: Sequence[str],
    timeout: float = 30.0,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> Result:
    """Run a program to its end; a program that is killed by the timeout is a LabError.

    ``keep``: descriptors that it gets as they are."""
    try:
        done = subprocess.run(
            argv,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=environment,
            cwd="/",
            check=False,
            pass_fds=keep,
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"no answer within {timeout:g} s: {shlex.join(argv)}") from None
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed", "make setup") from None
    return Result(done.returncode, done.stdout, done.stderr)


def must(
    argv: Sequence[str],
    timeout: float = 30.0,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> str:
    """Run a program that has to succeed and give what it printed."""
    result = run(argv, timeout, text, environment, keep)
    if result.code:
        said = (result.errors or result.output).strip()
        raise LabError(f"{shlex.join(argv)}: exit code {result.code}", said)
    return result.output


def attended(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program on the caller's terminal; give its exit code."""
    return subprocess.run(argv, env=environment, cwd="/", check=False).returncode


def on_terminal(
    argv: Sequence[str], terminal: int, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a program whose terminal this descriptor is. It ignores Ctrl-C, so that what only leads to
    another program waits for that one's end; that one takes it by ``env --default-signal=INT``."""
    return subprocess.Popen(
        ["/usr/bin/setsid", "--ctty", "/usr/bin/env", "--ignore-signal=INT", *argv],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        cwd="/",
    )


def detach(argv: Sequence[str], pid_file: Path, log: Path, environment: Mapping[str, str]) -> None:
    """Start a program that outlives us, its pid and start time in `pid_file`."""
    pid_file.unlink(missing_ok=True)
    with log.open("ab") as output:
        subprocess.run(
            ["/usr/bin/setsid", "--fork", "/bin/sh", "-c", _DETACHED, str(pid_file), *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd="/",
            check=True,
        )
