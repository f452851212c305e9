"""The Units contract on an operator's commands, which start and end a real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.units import UnitsContract
from tests.fakes.container import Container
from vmha_ocf.ports import Units


class CommandsStage:
    def __init__(self, folder: Path) -> None:
        self.container = Container(folder)
        self.commands: dict[str, str] = {}

    def units(self, seconds: float = 20.0) -> Units:
        return self.container.units(seconds, **self.commands)

    def runs(self) -> bool:
        return self.container.runs()

    def begin(self) -> None:
        self.container.begin()

    def crash(self) -> None:
        self.container.end()

    def break_start(self) -> None:
        self.commands["start"] = "sh -c 'echo no such container >&2; exit 125'"

    def make_unkillable(self) -> None:
        self.commands["stop"] = "true"

    def silence(self) -> None:
        self.commands |= dict.fromkeys(("start", "stop", "status"), "sleep 30")

    def uninstall(self) -> None:
        self.commands |= dict.fromkeys(("start", "stop", "status"), "/no/such/podman ps")


class TestUnitCommands(UnitsContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[CommandsStage]:
        stage = CommandsStage(tmp_path)
        yield stage
        stage.container.end()
