"""Who may import what: the direction of imports, one place per effect, and cheap monitors."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.metadata import ROOT

PACKAGE = ROOT / "lib" / "vmha_ocf"
PUT_TOGETHER = ("wiring", "worker", "metadata", "__main__")
"""Beside the pure modules, these know all others: the composition root and programs."""
PURE = sorted({path.stem for path in PACKAGE.glob("*.py")} - {"__init__", *PUT_TOGETHER})
OURS = "vmha_ocf"
OUTSIDE = {
    "fcntl",
    "os",
    "pathlib",
    "select",
    "signal",
    "socket",
    "subprocess",
    "threading",
    "time",
}
"""Modules of the standard library that reach out of the process."""

# One place per effect. A name stands for itself and all below it.
ONLY = {
    "subprocess": ("backends/command", "backends/daemon", "backends/ipmi"),
    "time": ("backends/clock", "backends/command", "backends/log", "backends/web"),
    "pyghmi": ("backends/ipmi_child",),
    "novaclient": ("backends/nova_api",),
    "rich": ("backends/terminal",),
    "argcomplete": ("backends/terminal",),
    "yaml": ("backends/deployment_file",),
    "keystoneauth1": (
        "backends/clouds_file",
        "backends/glance",
        "backends/keystone",
        "backends/openstack_api",
        "backends/openstack_errors",
        "backends/placement",
    ),
    "openstack": ("backends/clouds_file",),
    "requests": ("backends/webhook",),
    "prometheus_client": ("backends/metrics",),
    "http": ("backends/web",),
    "fencing": ("backends/fence_library",),
    "greenlet": ("sim/strand",),
}


def modules() -> dict[str, Path]:
    """Ours by their names within the package: ``backends/nova``."""
    return {str(path.relative_to(PACKAGE).with_suffix("")): path for path in PACKAGE.rglob("*.py")}


def imports(path: Path) -> Iterator[str]:
    """Everything that a module names in an import, wherever it stands in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_pure_modules_and_what_touches_nothing(name: str) -> None:
    for imported in imports(PACKAGE / f"{name}.py"):
        first, _, rest = imported.partition(".")
        if first == OURS:
            assert rest.partition(".")[0] in PURE, imported
        else:
            assert first in sys.stdlib_module_names - OUTSIDE, imported


def test_every_branch_of_the_pure_modules_is_measured_and_of_no_other() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["coverage:run"]["include"] == "lib/vmha_ocf/*.py"
    left_out = {Path(name).stem for name in config["coverage:run"]["omit"].split()}
    assert left_out == {"__init__", *PUT_TOGETHER}
    assert config.getboolean("coverage:run", "branch")


def test_backends_know_no_agent_and_nobody_but_tests_the_simulator() -> None:
    for name, path in modules().items():
        forbidden = [f"{OURS}.sim"] if not name.startswith("sim/") else []
        if name.startswith("backends/"):
            forbidden.append(f"{OURS}.agents")
        found = [each for each in imports(path) for other in forbidden if below(each, other)]
        assert not found, f"{name} imports {found}"


@pytest.mark.parametrize("library", ONLY)
def test_each_effect_has_its_place(library: str) -> None:
    users = {
        name
        for name, path in modules().items()
        if any(below(imported, library) for imported in imports(path))
    }
    assert users, f"nobody imports {library}: is this table old?"
    assert users == set(ONLY[library])


class TestWhatPacemakerPaysFor:
    """As programs: what is really imported, by whatever way."""

    FORBIDDEN = re.compile(
        r"(novaclient|keystoneauth1|openstack|oslo\w*|lxml|subprocess|dataclasses|enum|re|typing)"
        r"(\.|$)"
    )

    @pytest.mark.parametrize("agent", ["NovaEvacuate", "NovaCompute"])
    @pytest.mark.parametrize("action", ["meta-data", "monitor", "probe"])
    def test_meta_data_monitors_and_probes_are_cheap(
        self, tmp_path: Path, agent: str, action: str
    ) -> None:
        status = "true" if action == "monitor" else "false"  # a probe of a node without it
        imported = self._imported(
            agent,
            action.replace("probe", "monitor"),
            HA_RSCTMP=str(tmp_path),
            OCF_RESKEY_status_command=status,
            OCF_RESKEY_CRM_meta_interval="0" if action == "probe" else "10000",
        )
        assert f"{OURS}.ocf" in imported
        assert not sorted(filter(self.FORBIDDEN.match, imported - self._of_python_itself()))

    def _imported(self, agent: str, action: str, **env: str) -> set[str]:
        command = ["-X", "importtime", str(ROOT / "ocf" / agent), action]
        return self._run(command, {**env, "PYTHONPATH": str(ROOT / "lib")})

    def _of_python_itself(self) -> set[str]:
        """A distribution's sitecustomize may import more than Python needs."""
        return self._run(["-X", "importtime", "-c", "pass"], {})

    def _run(self, argv: list[str], env: dict[str, str]) -> set[str]:
        done = subprocess.run(
            ["/usr/bin/python3", *argv],
            env={"PATH": os.defpath, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
        assert told, done.stderr
        return {line.rpartition("|")[2].strip() for line in told}
