"""``vmha``: the command line, the one error boundary, the exit code.

Exit codes: those of ``answer.Level`` (0 ok, 1 warning, 2 error, 3 unknown), 64 for a wrong command
line, file or parameter, 70 for a bug, 74 for an answer that could not be written, 130 for Ctrl-C, 141
where nobody reads it.
"""

from __future__ import annotations

import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.agent.output import NotWritten
from vmha_ocf.agent.version import VERSION
from vmha_ocf.errors import VmhaError
from vmha_ocf.operator.answer import BUG, USAGE, Answer, answer_of, exit_code_of
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.ports import Clock

INTERRUPTED = 130
_TOP = (
    "Instance high availability for OpenStack: what it would do, does and has not done. Run it as "
    "root on a controller of the cluster."
)
_EXIT_CODES = (
    "exit codes: 0 ok, 1 warning, 2 error (a person is needed), 3 something did not answer, 64 the "
    "command line, a file or a parameter is wrong"
)


class Screen(Protocol):
    """Where answers are shown."""

    def show(self, answer: Answer) -> None: ...

    def show_data(self, command: str, answer: Answer) -> None:
        """As one line of JSON."""

    def complain(self, command: str, answer: Answer) -> None:
        """On standard error."""

    def clear(self) -> None:
        """Before the next of several answers, on a terminal."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    connect: Connect
    clock: Clock
    screen: Screen


def run(argv: Sequence[str], commands: Sequence[Command], around: CommandLine) -> int:
    """``argv`` without the program's name. Raises NotWritten."""
    parser = make_parser(commands)
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:
        return USAGE if stop.code else 0
    command = next(one for one in commands if one.name == args.command)
    try:
        return _watch(command, args, around)
    except KeyboardInterrupt:
        return INTERRUPTED
    except NotWritten:
        raise
    except Exception:  # noqa: BLE001 - told, with its traceback
        traceback.print_exc()
        sys.stderr.write("this is a bug in vmha, please report it with the lines above\n")
        return BUG


def make_parser(commands: Sequence[Command]) -> ArgumentParser:
    parser = ArgumentParser("vmha", description=_TOP, epilog=_EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"vmha {VERSION}")
    several = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in commands:
        each = several.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary}. {command.text}",
            epilog=_EXIT_CODES,
        )
        command.configure(each)
        each.add_argument("--json", action="store_true", help="one line of JSON instead of tables")
    return parser


def _watch(command: Command, args: Namespace, around: CommandLine) -> int:
    seconds: float | None = getattr(args, "watch", None)
    code = _once(command, args, around)
    while seconds is not None:
        around.clock.sleep(seconds)
        if not args.json:
            around.screen.clear()
        code = _once(command, args, around)
    return code


def _once(command: Command, args: Namespace, around: CommandLine) -> int:
    try:
        answer = command.run(args, around.connect)
    except VmhaError as error:
        answer, code, show = answer_of(error), exit_code_of(error), _complain(command, around)
    else:
        code, show = answer.level.exit_code, around.screen.show
    try:
        if args.json:
            around.screen.show_data(command.name, answer)
        else:
            show(answer)
    except OSError as error:
        raise NotWritten(error) from None
    return code


def _complain(command: Command, around: CommandLine) -> Callable[[Answer], None]:
    return lambda answer: around.screen.complain(command.name, answer)
