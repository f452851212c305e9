"""What NovaCompute's monitor answers and when it fails, with programs in place of attrd and systemd."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.hung_process import HungProcess
from vmha_ocf.living.processes import asked

ATTRD = """#!/bin/sh
case "$*" in
*--query*) [ -e {folder}/asked ] && echo "name=\\"x\\" host=\\"y\\" value=\\"$(cat {folder}/asked)\\"" ;;
*) for word; do case $word in --update=*) echo "${{word#--update=}}" >{folder}/answer ;; esac; done ;;
esac
"""
SYSTEMCTL = "#!/bin/sh\necho $(cat {folder}/pids)\n"


class Node:
    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = folder
        self.pid = pid
        for name, text in (("attrd_updater", ATTRD), ("systemctl", SYSTEMCTL)):
            path = folder / name
            path.write_text(
                text.replace("{folder}", str(folder)).replace("{{", "{").replace("}}", "}")
            )
            path.chmod(0o755)
        (folder / "pids").write_text(f"{pid} 0")

    def ask(self, text: str) -> None:
        (self.folder / "asked").write_text(text)

    @property
    def answer(self) -> str:
        path = self.folder / "answer"
        return path.read_text().strip() if path.exists() else ""

    def hung(self, *, path: str = "") -> HungProcess:
        kept = path or str(self.folder / "kept")
        tool = str(self.folder / "attrd_updater")
        systemctl = str(self.folder / "systemctl")
        return HungProcess("compute-1", ["x.service"], kept, tool=tool, systemctl=systemctl)

    def process(self) -> str:
        self.ask(asked.format_who("7"))
        assert not self.hung().told_to_fail()
        return asked.parse_answer(self.answer, "7")[0]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield Node(tmp_path, process.pid)
        process.kill()


def test_nobody_has_asked(node: Node) -> None:
    assert not node.hung().told_to_fail()
    assert node.answer == ""


def test_it_says_which_process_it_is(node: Node) -> None:
    process = node.process()
    assert process.startswith(f"{probe.boot_id()}.{node.pid}.")
    assert asked.parse_answer(node.answer, "7")[1] < 60.0


def test_it_fails_once_for_this_process(node: Node) -> None:
    process = node.process()
    assert not node.hung().is_here()
    node.ask(asked.format_fail(process))
    assert node.hung().told_to_fail()
    assert not node.hung().told_to_fail()
    assert node.hung().is_here()


def test_it_never_fails_for_another(node: Node) -> None:
    node.ask(asked.format_fail(f"{probe.boot_id()}.1.5"))
    assert not node.hung().told_to_fail()


def test_what_cannot_be_kept_would_fail_for_ever(node: Node) -> None:
    node.ask(asked.format_fail(node.process()))
    assert not node.hung(path="/nonexistent/kept").told_to_fail()


@pytest.mark.parametrize("pids", ["", "0", "1 2", "999999999"])
def test_it_is_not_clear_which_one_it_is(node: Node, pids: str) -> None:
    (node.folder / "pids").write_text(pids)
    assert node.process() == ""
    assert node.answer == ""


def test_nothing_answers(tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    none = HungProcess("compute-1", (), kept, tool=str(tmp_path / "nothing"))
    assert not none.told_to_fail()


class TestByItsCommandLine:
    """Where commands start it, as those of a container do."""

    @pytest.fixture
    def proc(self, tmp_path: Path) -> Path:
        (tmp_path / "uptime").write_text("1000.0 1.0\n")
        return tmp_path

    def add(self, proc: Path, pid: int, parent: int, *words: str) -> None:
        folder = proc / str(pid)
        folder.mkdir()
        (folder / "cmdline").write_bytes("\0".join(words).encode() + b"\0")
        stat = ["S", str(parent), *["0"] * 17, "5000", "0"]
        (folder / "stat").write_text(f"{pid} (nova (x) y) {' '.join(stat)}\n")

    def found(self, proc: Path) -> str:
        attrd = proc / "attrd_updater"
        attrd.write_text(
            '#!/bin/sh\ncase "$*" in *--query*) echo "value=\\"\\" value=\\"who 7\\"" ;;\n'
            f'*) echo "$*" >{proc}/told ;; esac\n'
        )
        attrd.chmod(0o755)
        one = HungProcess("compute-1", (), str(proc / "k"), proc=str(proc), tool=str(attrd))
        assert not one.told_to_fail()
        told = proc / "told"
        return told.read_text().partition("--update=")[2].split()[0] if told.exists() else ""

    def test_the_first_of_its_family(self, proc: Path) -> None:
        self.add(proc, 10, 1, "/usr/bin/python3", "/usr/bin/nova-compute", "--config-file", "x")
        self.add(proc, 11, 10, "/usr/bin/python3", "/usr/bin/nova-compute")
        self.add(proc, 12, 10, "privsep-helper", "--config-file", "/etc/nova/nova-compute.conf")
        self.add(proc, 13, 1, "vi", "/etc/nova/nova-compute.conf")
        assert self.found(proc) == f"{probe.boot_id()}.10.5000"

    def test_two_of_them_are_none(self, proc: Path) -> None:
        for pid in (10, 20):
            self.add(proc, pid, 1, "/var/lib/openstack/bin/nova-compute")
        assert self.found(proc) == ""
