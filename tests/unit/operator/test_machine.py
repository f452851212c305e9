"""The controller that ``vmha check`` sits at: fence agents as Pacemaker runs them, files, clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from vmha_ocf.backends.desk.machine import Controller
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.process.command import Result
from vmha_ocf.cluster.configuration import Resource
from vmha_ocf.errors import LocalParameterError

DEVICE = Resource(
    "fence-compute-1",
    "stonith:fence_ipmilan",
    {"ip": "192.0.2.7", "passwd": "sword fish", "pcmk_host_list": "compute-1"},
)


class Programs:
    """Answers every program alike, and remembers what it was run with."""

    def __init__(self, rc: int = 0, stderr: str = "") -> None:
        self.answer = Result(rc, "", stderr)
        self.ran: list[tuple[Sequence[str], str | None]] = []

    def __call__(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        self.ran.append((argv, input))
        return self.answer

    def controller(self) -> Controller:
        return Controller(PacemakerCluster(Cib(self), self), self)


def test_the_agent_gets_everything_on_its_standard_input() -> None:
    programs = Programs()
    assert programs.controller().try_device(DEVICE) == ""
    ((argv, given),) = programs.ran
    assert argv == ["/usr/sbin/fence_ipmilan"]
    assert given == ("action=monitor\nip=192.0.2.7\npasswd=sword fish\n")


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("", "exit code 1, without a word"),
        (
            "x\n2026-11-21 12:00:00,123 ERROR: BMC 192.0.2.7 does not answer\n\n",
            "BMC 192.0.2.7 does not answer",
        ),
        ("Failed: wrong password 'sword fish'\n", "Failed: wrong password '***'"),
    ],
)
def test_its_last_word_is_told_without_a_secret(stderr: str, told: str) -> None:
    assert Programs(1, stderr).controller().try_device(DEVICE) == told


def test_the_person_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Programs().controller()
    monkeypatch.setenv("SUDO_USER", "alice")
    assert controller.who() == "alice"
    monkeypatch.setenv("SUDO_USER", "al ice@é")
    assert controller.who() == "al?ice??"
    monkeypatch.delenv("SUDO_USER")
    assert controller.who()


def test_the_kernel_tells_of_its_clock() -> None:
    assert Programs().controller().clock_is_kept() in (True, False)


@pytest.mark.parametrize(
    ("text", "resumes"),
    [
        ("[DEFAULT]\nresume_guests_state_on_host_boot = True\n", True),
        ("[DEFAULT]\nresume_guests_state_on_host_boot=0\n", False),
        ("[libvirt]\nresume_guests_state_on_host_boot = True\n", False),
        ("", False),
    ],
)
def test_what_a_nova_conf_says_of_guests(tmp_path: Path, text: str, resumes: bool) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(text)
    assert Programs().controller().resumes_guests(str(path)) is resumes


@pytest.mark.parametrize(
    "text",
    [
        None,
        "no section",
        "[DEFAULT]\nresume_guests_state_on_host_boot=x",
        "[DEFAULT]\nresume_guests_state_on_host_boot\n  x",
    ],
)
def test_a_nova_conf_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "nova.conf"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LocalParameterError, match=r"nova\.conf cannot be read"):
        Programs().controller().resumes_guests(str(path))
