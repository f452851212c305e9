"""What pcs status shows of a degraded resource is of now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.metadata import ROOT
from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.pacemaker import shown
from vmha_ocf.backends.pacemaker.shown import Shown
from vmha_ocf.errors import OCF_DEGRADED, OCF_SUCCESS
from vmha_ocf.programs.nova_evacuate import AGENT

RECURRING = {"OCF_RESKEY_CRM_meta_interval": "10000", "OCF_RESKEY_CRM_meta_on_node": "ctl1"}


def call_of(folder: Path, **env: str) -> Call:
    action = next(one for one in AGENT.actions if one.name == "monitor")
    known = {"OCF_RESOURCE_INSTANCE": "nova-evacuate", "HA_RSCTMP": str(folder)}
    return Call(AGENT, action, {**known, **env})


def resource(folder: Path) -> Shown:
    return Shown(call_of(folder, **RECURRING))


def test_a_reason_is_told_as_long_as_it_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        assert resource(tmp_path).degraded("Nova is silent") == OCF_DEGRADED
        assert "ocf-exit-reason:Nova is silent" in capsys.readouterr().err


def test_another_reason_comes_after_one_monitor_that_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pacemaker notes a reason only when the exit code changes."""
    resource(tmp_path).degraded("Nova is silent")
    capsys.readouterr()
    assert resource(tmp_path).degraded("compute-1 is held") == OCF_SUCCESS
    assert capsys.readouterr().err == ""
    assert resource(tmp_path).degraded("compute-1 is held") == OCF_DEGRADED
    assert "compute-1 is held" in capsys.readouterr().err
    assert resource(tmp_path).degraded("compute-1 is held") == OCF_DEGRADED


@pytest.mark.parametrize(
    "env", [{}, {"OCF_RESKEY_CRM_meta_on_node": "ctl1"}], ids=["hand", "probe"]
)
def test_a_monitor_that_pacemaker_does_not_repeat_is_told_all_of_it(
    tmp_path: Path, env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    resource(tmp_path).degraded("Nova is silent")
    by_hand = Shown(call_of(tmp_path, **env))
    capsys.readouterr()
    assert by_hand.degraded("compute-1 is held") == OCF_DEGRADED
    assert "compute-1 is held" in capsys.readouterr().err
    assert by_hand.well() == OCF_SUCCESS
    assert resource(tmp_path).degraded("Nova is silent") == OCF_DEGRADED


def test_what_is_over_is_cleaned_up_once(tmp_path: Path) -> None:
    left: list[Sequence[str]] = []
    resource(tmp_path).degraded("Nova is silent")
    for _ in range(2):
        assert Shown(call_of(tmp_path, **RECURRING), -1.0, left.append).well() == OCF_SUCCESS
    [words] = left
    assert tuple(words[-2:]) == ("nova-evacuate", "ctl1")


@pytest.mark.parametrize(
    ("busy", "waits"), [(0, 1), (2, 3), (1000, 10)], ids=["at rest", "busy", "never at rest"]
)
def test_it_is_cleaned_up_when_pacemaker_is_at_rest(tmp_path: Path, busy: int, waits: int) -> None:
    """Until then it would be called stopped, and its worker would ask for nothing."""
    left: list[Sequence[str]] = []
    resource(tmp_path).degraded("Nova is silent")
    Shown(call_of(tmp_path, **RECURRING), -1.0, left.append).well()
    log, tool = tmp_path / "log", tmp_path / "crm_resource"
    rest = f'[ "$1" != --wait ] || [ $(grep -c -e --wait {log}) -gt {busy} ]'
    tool.write_text(f'#!/bin/sh\necho "$@" >>{log}\n{rest}\n')
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    for each in (tool, tmp_path / "sleep"):
        each.chmod(0o755)
    subprocess.run(left[0], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=True)
    *asked, last = log.read_text().splitlines()
    assert asked == ["--wait --timeout=60s"] * waits
    assert last == "--cleanup --resource nova-evacuate --node ctl1"


def test_what_comes_and_goes_is_not_cleaned_up(tmp_path: Path) -> None:
    left: list[Sequence[str]] = []
    for _ in range(3):
        one = Shown(call_of(tmp_path, **RECURRING), shown.OVER, left.append)
        one.degraded("Nova is silent")
        one.well()
    assert left == []


def test_nothing_is_cleaned_up_where_nothing_was_shown(tmp_path: Path) -> None:
    left: list[Sequence[str]] = []
    Shown(call_of(tmp_path, **RECURRING), -1.0, left.append).well()
    assert left == []


def test_what_is_left_outlives_whoever_left_it(tmp_path: Path) -> None:
    """As Pacemaker ends an action: its process group is killed."""
    words = ["sh", "-c", 'sleep 1; touch "$1"', "sh", str(tmp_path / "done")]
    code = f"from vmha_ocf.backends.compute import probe; probe.leave({words!r})"
    action = subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "lib")}, start_new_session=True
    )
    assert action.wait(20) == 0
    with suppress(ProcessLookupError):
        os.killpg(action.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not (tmp_path / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_full_run_directory_changes_no_answer(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert resource(gone).degraded("Nova is silent") == OCF_DEGRADED
    assert resource(gone).well() == OCF_SUCCESS
