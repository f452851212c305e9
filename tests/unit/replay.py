"""Recorded answers of Pacemaker's tools, given again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from vmha_ocf.backends.process.command import Result

FOLDER = Path(__file__).parent.parent / "recorded" / "pacemaker"


def recorded(name: str) -> Result:
    answer = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Result(answer["rc"], "\n".join(answer["stdout"]), "\n".join(answer["stderr"]))


class Replay:
    """Has the type of ``command.run``: gives the answers in turn and keeps the questions."""

    def __init__(self, *answers: Result) -> None:
        self._answers = list(answers)
        self.asked: list[list[str]] = []
        self.timeouts: list[float] = []

    def __call__(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        self.asked.append(list(argv))
        self.timeouts.append(timeout)
        return self._answers.pop(0)
