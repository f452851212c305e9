"""A command of ``vmha``: one value each, which ``commands.COMMANDS`` lists."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.operator.answer import Answer
from vmha_ocf.operator.site import Site

Connect = Callable[[], Site]
"""Raises NotPermitted. A command that asks no cluster does not call it."""


def _nothing(_: ArgumentParser) -> None:
    return


@dataclass(frozen=True, slots=True)
class Command:
    """``run`` answers or raises VmhaError. ``summary`` is one line, ``text`` a paragraph of help."""

    name: str
    summary: str
    run: Callable[[Namespace, Connect], Answer]
    configure: Callable[[ArgumentParser], None] = _nothing
    text: str = ""
