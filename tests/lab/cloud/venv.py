"""Nova's own Python environment, made once per set of pins."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.lab.cloud.site import CACHE
from tests.lab.errors import LabError

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
REPOSITORY = HERE.parents[2]
VENV = CACHE / "nova-venv"
PYTHON = VENV / "bin" / "python"
# Debian's own build runs Nova a third faster than others that were measured.
DEBIAN_PYTHON = "/usr/bin/python3.11"


def fingerprint(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def put_python(root: Path) -> None:
    """Below a root of another Debian, which may not have the Python that Nova runs with here."""
    python = Path(DEBIAN_PYTHON)
    library = python.parents[1] / "lib" / python.name
    for path in (python, library):
        place = root / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", path, place], check=True)


def ensure_venv(venv: Path = VENV, requirements: Path = REQUIREMENTS) -> None:
    """Make the environment unless one with exactly these pins is there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint(requirements)
        stamp = venv / "pins"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        _make(venv, requirements)
        stamp.write_text(wanted)


def _make(venv: Path, requirements: Path) -> None:
    print(f"making {venv} (about a minute, once)", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([DEBIAN_PYTHON, "-m", "venv", venv], check=True)
    install: list[str | Path] = [
        venv / "bin" / "python", "-m", "pip", "install", "--progress-bar", "off",
        "--disable-pip-version-check", "--quiet", "--no-compile", "--no-deps", "-r", requirements,
    ]  # fmt: skip
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().rpartition("\n")[2]
        raise LabError(
            f"{venv} cannot be made, pip says: {said}",
            f"it needs an index of Python packages, as pip knows one; {requirements} lists them",
        )
    compileall: list[str | Path] = [
        venv / "bin" / "python", "-m", "compileall", "-qq", "-j2", venv / "lib",
    ]  # fmt: skip
    subprocess.run(compileall, check=False)
