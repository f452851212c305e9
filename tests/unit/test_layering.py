"""Who may import what: the direction of imports, one place per effect, and cheap monitors."""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.unit.rooms import (
    GROUND,
    OURS,
    PACKAGE,
    PAGE,
    ROOT,
    drawn,
    imports,
    known_by,
    modules,
    room_of,
    rooms,
)
from vmha_ocf.backends.compute import probe

MOST = 16
"""Files in a folder, beside its own folders."""
MOST_AT_THE_TOP = 20
OVER_PORTS = {f"{room.name}.{name}" for room in rooms().values() for name in room.over_ports}
PURE = sorted(
    name
    for name in modules()
    if name in GROUND
    or (
        (room := room_of(name))
        and not rooms()[room].outer
        and name not in OVER_PORTS
        and not name.endswith("__init__")
    )
)
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
    "subprocess": (
        "backends.process.command",
        "backends.process.daemon",
        "backends.bmc.child",
        "backends.pacemaker.subscriber",
    ),
    "time": (
        "backends.bmc.redfish_http",
        "backends.process.clock",
        "backends.process.command",
        "backends.process.log",
        "backends.telling.streams",
        "backends.telling.web",
    ),
    "pyghmi": ("backends.bmc.ipmi_child",),
    "sushy": ("backends.bmc.redfish_http",),
    "novaclient": ("backends.openstack.nova_api",),
    "rich": ("backends.desk.terminal",),
    "argcomplete": ("backends.desk.terminal",),
    "yaml": ("backends.desk.deployment_file",),
    "keystoneauth1": (
        "backends.openstack.catalog",
        "backends.openstack.clouds_file",
        "backends.openstack.glance",
        "backends.openstack.keystone",
        "backends.openstack.api",
        "backends.openstack.errors",
        "backends.openstack.placement",
        "backends.openstack.way",
    ),
    "openstack": ("backends.openstack.clouds_file",),
    "requests": ("backends.bmc.redfish_http", "backends.telling.webhook"),
    "prometheus_client": ("backends.telling.metrics",),
    "oslo_messaging": ("backends.telling.bus",),
    "oslo_config": ("backends.telling.bus",),
    "http": ("backends.telling.web",),
    "libvirt": ("backends.hypervisor.answers", "backends.hypervisor.connection"),
    "libvirt_qemu": ("backends.hypervisor.answers",),
    "fencing": ("backends.bmc.fence_library",),
    "greenlet": ("sim.base.strand",),
}


def below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


class TestRooms:
    @pytest.mark.parametrize("name", list(rooms()))
    def test_a_room_knows_those_below_it_that_its_rule_names(self, name: str) -> None:
        room, places = rooms()[name], list(rooms())
        assert all(places.index(other) < places.index(name) for other in room.may_know)
        known = set()
        for module in modules():
            if room_of(module) == name and module != "sim.__main__":
                known |= {room_of(each) for each in known_by(module)} - {name, ""}
        assert known == set(room.may_know), "one that it does not know has no rule"

    def test_ports_know_the_model_alone_and_the_model_nobody(self) -> None:
        known = {name: set(known_by(name)) for name in GROUND}
        assert known == {"ports": {"model"}, "model": set(), "errors": set()}

    def test_no_files_go_around_in_a_circle(self) -> None:
        left = {name: set(known_by(name)) - {name} for name in modules()}
        while free := [name for name, known in left.items() if not known & left.keys()]:
            for name in free:
                del left[name]
        assert not left, sorted(left)

    @pytest.mark.parametrize("name", list(rooms()))
    def test_a_room_says_what_it_is_for_and_where_to_start(self, name: str) -> None:
        tree = ast.parse((rooms()[name].folder / "__init__.py").read_text(encoding="utf-8"))
        text = ast.get_docstring(tree) or ""
        assert text
        if name not in ("sim", "sim.weather"):
            assert len(tree.body) == 1, "a monitor pays for what is imported here"
        starts = re.findall(r"``(?:[a-z]+/)?([a-z_]+)\.py``", text)
        assert starts or name == "operator.checks"
        assert all(list(rooms()[name].folder.rglob(f"{one}.py")) for one in starts), starts

    def test_no_folder_is_full(self) -> None:
        top = subprocess.run(
            ["git", "ls-files", "lib/vmha_ocf"], cwd=ROOT, capture_output=True, text=True
        ).stdout.split()
        names = {name.split("/")[2] for name in top}
        assert len(names or [1]) <= MOST_AT_THE_TOP, sorted(names)
        for folder in {path.parent for path in modules().values()} - {PACKAGE}:
            files = [one for one in folder.iterdir() if one.is_file()]
            assert len(files) <= MOST, folder

    def test_the_picture_is_the_one_of_the_rules(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        assert page == drawn(page), "python3 -m tests.unit.rooms draws it anew"


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_pure_modules_and_what_touches_nothing(name: str) -> None:
    for imported in imports(modules()[name]):
        first, _, _ = imported.partition(".")
        if first != OURS:
            assert first in sys.stdlib_module_names - OUTSIDE, imported
    assert set(known_by(name)) <= set(PURE)


def test_every_branch_of_the_pure_modules_is_measured_and_of_no_other() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    measured = _found(config["coverage:run"]["include"]) - _found(config["coverage:run"]["omit"])
    assert measured == {modules()[name] for name in PURE}
    assert config.getboolean("coverage:run", "branch")


def _found(patterns: str) -> set[Path]:
    every = {path.relative_to(ROOT): path for path in modules().values()}
    return {full for path, full in every.items() for one in patterns.split() if _fits(path, one)}


def _fits(path: Path, pattern: str) -> bool:
    return path.match(pattern) and (
        pattern.startswith("*") or len(path.parts) == pattern.count("/") + 1
    )


def test_nobody_but_tests_knows_the_simulator() -> None:
    for name, path in modules().items():
        if name.startswith("sim."):
            continue
        found = [each for each in imports(path) if below(each, f"{OURS}.sim")]
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

    @pytest.mark.parametrize("agent", ["NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd"])
    @pytest.mark.parametrize("action", ["meta-data", "monitor", "probe"])
    def test_meta_data_monitors_and_probes_are_cheap(
        self, tmp_path: Path, agent: str, action: str
    ) -> None:
        if (agent, action) == ("NovaCompute", "probe") and probe.guests():
            pytest.skip("guests run on this machine, of which a probe has something to say")
        status = "true" if action == "monitor" else "false"  # a probe of a node without it
        imported = self._imported(
            agent,
            action.replace("probe", "monitor"),
            HA_RSCTMP=str(tmp_path),
            OCF_RESKEY_status_command=status,
            OCF_RESKEY_CRM_meta_interval="0" if action == "probe" else "10000",
        )
        assert f"{OURS}.agent.ocf" in imported
        assert not sorted(filter(self.FORBIDDEN.match, imported - self._of_python_itself()))

    def _imported(self, agent: str, action: str, **env: str) -> set[str]:
        command = ["-X", "importtime", str(ROOT / "ocf" / agent), action]
        return self._run(command, {**env, "PYTHONPATH": str(ROOT / "lib")})

    def _of_python_itself(self) -> set[str]:
        """A distribution's sitecustomize may import more than Python needs."""
        return self._run(["-X", "importtime", "-c", "pass"], {})

    def _run(self, argv: list[str], env: dict[str, str]) -> set[str]:
        done = subprocess.run(
            [*_alone(), "/usr/bin/python3", *argv],
            env={"PATH": os.defpath, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
        assert told, done.stderr
        return {line.rpartition("|")[2].strip() for line in told}


@functools.cache
def _alone() -> Sequence[str]:
    """Where this machine lets us: guests of a Nova that run on it would make a probe look at its gate."""
    words = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    try:
        done = subprocess.run([*words, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return words if done.returncode == 0 else ()
