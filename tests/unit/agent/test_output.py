"""Standard output that is closed, full or was never open: by value, and by the real executables."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from vmha_ocf.agent import output
from vmha_ocf.agent.version import VERSION

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = (
    ("bin/vmha", "--help"),
    ("bin/vmha", "status", "--help"),
    ("ocf/NovaEvacuate", "meta-data"),
    ("ocf/NovaEvacuate", "usage"),
    ("ocf/NovaCompute", "meta-data"),
    ("fence/fence_compute", "-o", "metadata"),
    ("fence/fence_compute", "--version"),
    ("systemd/nova-compute-gate", "--help"),
)


@pytest.fixture
def broken() -> Iterator[TextIO]:
    """The end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    yield stream
    with suppress(OSError):
        stream.close()


@pytest.fixture
def full() -> Iterator[TextIO]:
    stream = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", encoding="utf-8")
    yield stream
    with suppress(OSError):
        stream.close()


def said(text: str) -> int:
    sys.stdout.write(text)
    return 0


def test_what_arrives_is_answered_as_the_program_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert output.exit_code("p", lambda: said("x") or 3) == 3
    assert capsys.readouterr() == ("x", "")


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch, broken: TextIO) -> None:
    monkeypatch.setattr(sys, "stdout", broken)
    monkeypatch.setattr(sys, "stderr", told := io.StringIO())
    assert output.exit_code("p", lambda: said("x")) == output.CLOSED
    assert told.getvalue() == ""


def test_a_disk_is_full(monkeypatch: pytest.MonkeyPatch, full: TextIO) -> None:
    monkeypatch.setattr(sys, "stdout", full)
    monkeypatch.setattr(sys, "stderr", told := io.StringIO())
    assert output.exit_code("p", lambda: said("x")) == output.NOT_WRITTEN
    assert told.getvalue() == "p: what it has to say cannot be written: no space left on device\n"


def test_what_was_put_is_known_to_have_arrived(
    monkeypatch: pytest.MonkeyPatch, full: TextIO
) -> None:
    monkeypatch.setattr(sys, "stdout", full)
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    def run() -> int:
        with pytest.raises(output.NotWritten):
            output.put("x")
        output.put("x")
        raise AssertionError

    assert output.exit_code("p", run) == output.NOT_WRITTEN


def test_put_writes(capsys: pytest.CaptureFixture[str]) -> None:
    output.put("x")
    assert capsys.readouterr().out == "x"


def test_no_output_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert output.exit_code("p", lambda: said("x")) == 0
    sys.stdout.close()
    sys.stderr.close()


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (0, 0), (2, 2)])
def test_a_program_that_ends_itself(code: int | None, expected: int) -> None:
    assert output.exit_code("p", lambda: sys.exit(code)) == expected


def test_a_program_that_ends_itself_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="a word"):
        output.exit_code("p", lambda: sys.exit("a word"))


def test_an_error_of_a_file_is_not_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())  # it has no descriptor

    def run(error: OSError) -> int:
        raise error

    for error in (
        OSError(errno.ENOSPC, "full", "/a/file"),
        BrokenPipeError(errno.EPIPE, "a pipe"),
    ):
        with pytest.raises(OSError, match="full|a pipe"):
            output.exit_code("p", lambda error=error: run(error))  # type: ignore[misc]


def test_a_stream_without_a_descriptor_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", told := io.StringIO())

    def run() -> int:
        raise output.NotWritten(OSError("odd"))

    assert output.exit_code("p", run) == output.NOT_WRITTEN
    assert "cannot be written: odd" in told.getvalue()


def _run(argv: tuple[str, ...], out: int | None, buffered: str) -> tuple[int, str]:
    program = [sys.executable, str(ROOT / argv[0]), *argv[1:]]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "PYTHONUNBUFFERED": buffered}
    done = subprocess.run(
        program, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=env, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("argv", PROGRAMS, ids=" ".join)
def test_each_program_tells_that_the_disk_is_full(argv: tuple[str, ...], buffered: str) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    code, told = _run(argv, full, buffered)
    os.close(full)
    assert code in (output.NOT_WRITTEN, 1)
    assert "what it has to say cannot be written: no space left on device" in told
    assert "Traceback" not in told
    assert "bug" not in told


@pytest.mark.parametrize("argv", PROGRAMS, ids=" ".join)
def test_each_program_ends_quietly_where_nobody_reads(argv: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code, told = _run(argv, writing, "")
    os.close(writing)
    assert code in (output.CLOSED, 1)
    assert told == ""


@pytest.mark.parametrize(
    "program", ["bin/vmha", "fence/fence_compute", "systemd/nova-compute-gate"]
)
def test_each_command_says_its_version(program: str) -> None:
    argv = [sys.executable, str(ROOT / program), "--version"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, env=env, text=True)
    assert (done.returncode, done.stdout.split()[-1]) == (0, VERSION)


def test_the_version_is_said_in_one_place() -> None:
    assert "attr: vmha_ocf.agent.version.VERSION" in (ROOT / "setup.cfg").read_text()
    assert f"vmha-ocf ({VERSION})" in (ROOT / "debian" / "changelog").read_text().splitlines()[0]
    assert f"\n{VERSION} (" in (ROOT / "CHANGELOG.rst").read_text()
