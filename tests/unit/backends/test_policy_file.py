"""The policy's file on a real disk, and the executable that validates it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vmha_ocf.backends.desk.policy_file import LONGEST, PolicyFile
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.errors import LocalParameterError

ROOT = Path(__file__).resolve().parents[3]
GOOD = "[[exclude]]\nwhy = 'x'\nnames = 'a-*'\n"
BAD = "[[exclude]]\nwhy = 'x'\nnmes = 'a-*'\n[gates]\nheld_for = 3\n"


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(0o644)
    return path


def test_it_is_read_once_and_again_when_it_has_changed(path: Path) -> None:
    file = PolicyFile(str(path))
    first = file()
    assert first.path == str(path)
    assert len(first.policy.exclusions) == 1
    assert file() is first
    path.write_text(GOOD + "tags = 'b'\n", encoding="utf-8")
    assert file() is not first
    path.with_suffix(".new").write_text("", encoding="utf-8")
    path.with_suffix(".new").replace(path)
    assert not file().policy.exclusions


def test_without_a_path_there_is_none() -> None:
    assert PolicyFile("")() == Understood()
    PolicyFile("").verify()


def test_faults_are_all_in_one_refusal(path: Path) -> None:
    path.write_text(BAD, encoding="utf-8")
    file = PolicyFile(str(path))
    assert len(file().faults) == 3
    with pytest.raises(LocalParameterError) as raised:
        file.verify()
    for words in (f"the policy {path} is not understood", "line 1, exclude[1]: it names nobody"):
        assert words in str(raised.value)
    for words in (
        "line 3, exclude[1].nmes: it is not known (did you mean names?)",
        "line 5, gates.held_for",
    ):
        assert words in str(raised.value)


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_one_that_others_can_write_is_not_read(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(LocalParameterError, match=r"can be written by others .*chmod 644"):
        PolicyFile(str(path))()


def test_what_is_no_policy_is_refused_in_a_sentence(path: Path) -> None:
    with pytest.raises(LocalParameterError, match="cannot be read: No such file"):
        PolicyFile(f"{path}.x")()
    with pytest.raises(LocalParameterError, match="cannot be read: Is a directory"):
        PolicyFile(str(path.parent))()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LocalParameterError, match="is not UTF-8 text"):
        PolicyFile(str(path))()
    path.write_text("#" * (LONGEST + 1), encoding="utf-8")
    with pytest.raises(LocalParameterError, match="is too long"):
        PolicyFile(str(path))()
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(LocalParameterError, match="is not a file"):
        PolicyFile(str(path))()


def test_the_shipped_example_is_understood(path: Path) -> None:
    path.write_text(
        (ROOT / "examples" / "policy.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    found = PolicyFile(str(path))()
    assert found.faults == ()
    assert [one.name for one in found.policy.classes] == ["pets", "cattle"]


def validate(path: str) -> subprocess.CompletedProcess[str]:
    parameters = {
        "auth_url": "http://127.0.0.1:5999/v3",
        "username": "vmha",
        "password": "kept-to-ourselves",
        "project_name": "service",
        "policy": path,
    }
    return subprocess.run(
        [sys.executable, ROOT / "ocf" / "NovaEvacuate", "validate-all"],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "lib"),
            **{f"OCF_RESKEY_{name}": value for name, value in parameters.items()},
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_validate_all_says_what_is_wrong_with_it(path: Path) -> None:
    assert validate(str(path)).returncode == 0
    path.write_text(BAD, encoding="utf-8")
    done = validate(str(path))
    assert done.returncode == 2
    assert "line 3, exclude[1].nmes: it is not known (did you mean names?)" in done.stderr
    assert "Traceback" not in done.stderr
    assert validate("policy.toml").returncode == 6
