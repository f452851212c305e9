"""The backends with the libraries that PyPI has today. All other tests run with Debian 12's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.layout import REPOSITORY

pytestmark = pytest.mark.packages

NEWEST = REPOSITORY / "tests" / "packages" / "newest.txt"
PYTHON = Path(sys.executable)
NAMES = [line for line in NEWEST.read_text().split("\n") if line and not line.startswith("#")]
VERSIONS = "from importlib.metadata import version; import sys; print(*map(version, sys.argv[1:]))"


def run(*argv: str | Path) -> str:
    words = list(map(str, argv))
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment in which these take the place of Debian's."""
    folder = tmp_path_factory.mktemp("newest")
    run("/usr/bin/python3", "-m", "venv", "--system-site-packages", folder)
    found = folder / "bin" / "python"
    pip = (found, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    run(*pip, "-r", REPOSITORY / "tests" / "requirements.txt")
    run(*pip, "--upgrade", "-r", NEWEST)
    return found


def test_what_the_backends_do_is_the_same_with_them(python: Path) -> None:
    newest, debian = (run(each, "-c", VERSIONS, *NAMES).split() for each in (python, PYTHON))
    told = list(zip(NAMES, newest, debian, strict=True))
    print(told)
    assert all(new != old for _, new, old in told), told
    chosen = [
        "tests/unit",
        "-k",
        "nova or fence or credentials or notify or operator or deployment",
        "-m",
        "not real and not lab",
    ]
    print(run(python, "-m", "pytest", "-q", *chosen)[-600:])


def test_ipmi_on_the_wire_works_with_them(python: Path) -> None:
    print(run(python, "-m", "pytest", "-q", "tests/contract/test_bmc_real.py")[-300:])
