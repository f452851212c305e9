"""What people and other programs read of us: one printable line for each thing, whoever named it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.hostile import any_texts, each_piece, words
from tests.unit.replay import Replay
from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.bmc.ipmi_errors import bmc_error
from vmha_ocf.backends.compute.systemd import SystemdUnit
from vmha_ocf.backends.process.command import Result
from vmha_ocf.backends.process.log import open_log
from vmha_ocf.errors import VmhaError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.programs import nova_evacuate
from vmha_ocf.sim.base.timeline import SimClock, Timeline

MOST = 2000
ROOT = Path(__file__).resolve().parent.parent.parent


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@each_piece
@given(text=any_texts())
def test_a_line_of_the_log_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "evacuate.log"
    path.write_text("")
    log = open_log(f"test-{id(text)}", str(path))
    log.info("%s", text)
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    lines = path.read_text(encoding="utf-8").split("\n")
    assert len(lines) == 2
    assert lines[0].isprintable()
    assert len(lines[0]) <= MOST + 30


@each_piece
@given(text=any_texts())
def test_an_exit_reason_is_one_short_line_with_one_prefix(text: str) -> None:
    agent = nova_evacuate.AGENT
    said = io.StringIO()
    with redirect_stderr(said):
        Call(agent, agent.actions[0], {}).explain(text)
    line = said.getvalue()
    assert line.count("\n") == 1
    assert line.count("ocf-exit-reason:") == 1
    assert line[:-1].isprintable()
    assert len(line) < 700


@each_piece
@given(text=any_texts())
def test_what_goes_to_pacemakers_log_has_no_control_characters(text: str) -> None:
    agent = nova_evacuate.AGENT
    said = io.StringIO()
    with redirect_stderr(said):
        Call(agent, agent.actions[0], {}).log(f"waiting: {text}")
    assert all(line.isprintable() for line in said.getvalue().split("\n"))


@given(any_texts(), any_texts())
def test_whatever_a_bmc_says_is_an_error_of_ours(kind: str, detail: str) -> None:
    access = BmcAccess("192.0.2.7", username="{detail}", password="swordfish")
    error = bmc_error(access, kind, detail)
    assert isinstance(error, VmhaError)
    assert "swordfish" not in str(error)


@given(words().filter(lambda word: word.strip() == word))
def test_no_unit_is_taken_for_an_option_of_systemctl(unit: str) -> None:
    run = Replay(*[Result(0, "loaded", "")] * 8)
    clock = SimClock(Timeline())
    units = SystemdUnit(unit, clock, until=100.0, run=run, systemctl="true")
    units.start()
    for argv in run.asked:
        assert argv[argv.index("--") + 1 :] == [unit]


FENCE = (
    "/usr/bin/python3",
    "-c",
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "from vmha_ocf.programs.fence_compute import main\n"
    "sys.exit(main([], sys.stdin, sys.stdout))",
    str(ROOT / "lib"),
)


def fence(stdin: bytes, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(FENCE, input=stdin, capture_output=True, env=dict(env), timeout=60)


HOSTILE_INPUT = {
    "not UTF-8": b"action=validate-all\nip=192.0.2.7\nusername=\xff\xfe\n",
    "a control character in the plug": b"action=off\nip=192.0.2.7\nplug=a\x1b[2Jb\n",
    "a NUL in the plug": b"action=off\nip=192.0.2.7\nplug=a\x00b\n",
    "a NUL in the inventory": b"action=list\ninventory=/etc/\x00passwd\n",
    "an option as the plug": b"action=off\nip=192.0.2.7\nplug=--help\xc2\x85\n",
    "an option as the action": b"action=--help\nip=192.0.2.7\nplug=a\n",
    "an endless delay": b"action=off\nip=192.0.2.7\nplug=a\ndelay=inf\n",
    "a delay that is no number": b"action=off\nip=192.0.2.7\nplug=a\ndelay=nan\n",
    "endless retries": b"action=off\nip=192.0.2.7\nplug=a\nretry_on=1e999\n",
    "a huge time": b"action=off\nip=192.0.2.7\nplug=a\npower_timeout=1e999\n",
    "a long port": b"action=off\nip=192.0.2.7\nplug=a\nipport=" + b"9" * 5000 + b"\n",
    "a huge value": b"action=off\nip=192.0.2.7\nplug=" + b"a" * 10**6 + b"\n",
    "a huge name": b"a" * 10**6 + b"=1\naction=validate-all\nip=192.0.2.7\n",
    "nothing": b"",
    "no line end": b"action",
    "only NUL": b"\x00" * 100,
}


@pytest.mark.parametrize("stdin", HOSTILE_INPUT.values(), ids=HOSTILE_INPUT)
def test_fence_compute_answers_any_input_with_a_sentence(stdin: bytes) -> None:
    answers_with_a_sentence(stdin, "C.UTF-8")


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_so_it_does_in_a_locale_that_is_not_utf_8(locale: str) -> None:
    answers_with_a_sentence(HOSTILE_INPUT["not UTF-8"], locale)


def answers_with_a_sentence(stdin: bytes, locale: str) -> None:
    answer = fence(stdin, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": locale})
    said = answer.stderr.decode()
    assert "Traceback" not in said
    assert "BUG" not in said
    assert answer.returncode in (0, 1)
    assert all(line.isprintable() for line in (said + answer.stdout.decode()).split("\n"))
    assert len(said) < 5000
