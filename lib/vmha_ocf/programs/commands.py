"""The commands of ``vmha``, in the order in which its help lists them."""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.backends.desk.deployment_file import parse_yaml, read_text, write_secret
from vmha_ocf.operator.command import Command
from vmha_ocf.operator.commands import (
    check,
    flag,
    forget,
    generate,
    history,
    hold,
    plan,
    policy,
    status,
)

COMMANDS: Sequence[Command] = (
    generate.command(read_text, parse_yaml, write_secret),
    check.COMMAND,
    plan.COMMAND,
    status.COMMAND,
    history.COMMAND,
    hold.HOLD,
    hold.RELEASE,
    flag.COMMAND,
    forget.COMMAND,
    policy.COMMAND,
)
