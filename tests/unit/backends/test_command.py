"""Programs end in time, or are ended with all that they started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from vmha_ocf.backends.process import command
from vmha_ocf.backends.process.command import run
from vmha_ocf.errors import CommandUnavailable, NotInstalled, NotPermitted


def sh(script: str, timeout: float = 10.0) -> command.Result:
    return run(["sh", "-c", script], timeout=timeout)


def test_it_tells_code_output_and_complaints() -> None:
    assert sh("echo out; echo bad >&2; exit 3") == command.Result(3, "out\n", "bad\n")


def test_a_signal_is_a_negative_code() -> None:
    assert sh("kill -9 $$").rc == -9


def test_arguments_are_not_seen_by_a_shell() -> None:
    assert run(["echo", "$(id)", "a  b", "-n"], timeout=5).stdout == "$(id) a  b -n\n"


def test_no_variable_of_ours_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OCF_RESKEY_CRM_meta_on_node", "PCMK_debug", "CIB_file", "LANG"):
        monkeypatch.setenv(name, "leaked")
    result = run(["env"], timeout=5, env={"ADDED": "1"})
    assert "leaked" not in result.stdout
    assert set(result.stdout.split()) >= {"ADDED=1", "LC_ALL=C.UTF-8"}


def test_input_is_read_and_then_ends() -> None:
    assert run(["cat"], timeout=5, input="ü" * 300_000).stdout == "ü" * 300_000


def test_input_that_nobody_reads_does_not_block() -> None:
    assert run(["true"], timeout=5, input="x" * 1_000_000).rc == 0


def test_without_input_there_is_none() -> None:
    assert run(["cat"], timeout=5).stdout == ""


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert sh(r"printf 'a\377b'").stdout == "a\ufffdb"


def test_much_output_on_both_sides_is_read() -> None:
    result = sh("head -c 2000000 /dev/zero | tee /dev/stderr")
    assert (len(result.stdout), len(result.stderr)) == (2_000_000, 2_000_000)


def test_endless_output_is_cut_off() -> None:
    with pytest.raises(CommandUnavailable, match="wrote more than"):
        run(["cat", "/dev/zero"], timeout=60)


def test_a_program_that_closes_its_output_is_waited_for() -> None:
    assert sh("exec >&- 2>&-; sleep 0.2; exit 7").rc == 7


def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    started = time.monotonic()
    with pytest.raises(CommandUnavailable, match=r"did not end within 0\.5 s") as raised:
        sh(f"echo $$ > {pids}; (echo $(exec sh -c 'echo $PPID') >> {pids}; sleep 60); true", 0.5)
    assert raised.value.hint
    assert time.monotonic() - started < 5
    for pid in pids.read_text().split():
        assert is_gone(int(pid))


def test_what_it_leaves_behind_is_not_waited_for() -> None:
    started = time.monotonic()
    result = sh("sleep 30 & echo $!", timeout=20)
    os.kill(int(result.stdout), 9)
    assert result.rc == 0
    assert time.monotonic() - started < 5


def test_a_child_is_in_our_process_group() -> None:
    """Pacemaker kills that group, so our children die with us."""
    assert int(sh("ps -o pgid= -p $$").stdout) == os.getpgrp()


def test_no_file_of_ours_is_inherited(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        assert "secret" not in sh("ls -l /proc/self/fd").stdout


def test_nothing_stays_open() -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        run(["true"], timeout=5, input="x")
        with pytest.raises(CommandUnavailable):
            run(["sleep", "60"], timeout=0.01)
        with pytest.raises(NotInstalled):
            run(["no-such-program"], timeout=5)
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_missing_program_is_not_installed() -> None:
    with pytest.raises(NotInstalled, match="no-such-program") as raised:
        run(["no-such-program"], timeout=5)
    assert raised.value.hint


def test_a_file_that_is_no_program_is_not_permitted(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o600)
    with pytest.raises(NotPermitted):
        run([str(tmp_path / "file")], timeout=5)


def test_an_argument_that_no_program_can_have_is_our_error() -> None:
    with pytest.raises(CommandUnavailable):
        run(["echo", "a\0b"], timeout=5)


def is_gone(pid: int) -> bool:
    """Dead, or dead and not yet buried by init."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False
