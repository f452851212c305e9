"""Private attributes in Pacemaker's attribute manager, through attrd_updater.

Seen on 2.1.5: keys ignore case and keep the spelling of their first writer; values ignore case
when they are compared (``no`` over ``NO`` changes nothing); an update that exits 0 was accepted,
not yet applied; deleting leaves an empty value, so empty and absent are one. 3.0.0 exits 0, too, for
what has a control character, which XML cannot have, and drops it: whoever writes reads back.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.backends.pacemaker.tools import (
    INVALID_CONFIGURATION,
    NO_SUCH_OBJECT,
    ask,
    no_answer,
    parse_xml,
)
from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.errors import CommandUnavailable

TOOL = "attrd_updater"


class Attrd:
    """``timeout``: seconds for one call. On a compute host the call goes through the connection of
    pacemaker_remote and hangs when that is stuck."""

    def __init__(self, run: Run = run, *, timeout: float = 5.0) -> None:
        self._run = run
        self._timeout = timeout

    def values(self, name: str) -> Mapping[str, str]:
        """The non-empty values of an attribute by key. Raises CommandUnavailable."""
        answer = self.answer(name)
        return _parse_values(name, answer) if answer else {}

    def answer(self, name: str) -> str:
        """What attrd says of an attribute, unparsed; empty if it has never heard of it.

        Raises CommandUnavailable."""
        argv = [TOOL, f"--name={name}", "--query", "--all", "--output-as=xml"]
        result = ask(self._run, argv, self._timeout)
        if result.rc == 0 and result.stdout:
            return result.stdout
        if _never_heard_of_it(result.rc, result.stdout + result.stderr):
            return ""
        raise no_answer(TOOL, result)

    def update(self, name: str, key: str, value: str) -> None:
        """Ask for a change: returns when it is accepted. Raises CommandUnavailable."""
        argv = [TOOL, "--private", f"--name={name}", f"--node={key}", f"--update={value}"]
        result = ask(self._run, argv, self._timeout)
        if result.rc != 0:
            raise no_answer(TOOL, result)


def _never_heard_of_it(rc: int, said: str) -> bool:
    """105 up to 2.1.4, 78 since; both codes have other meanings too, hence the text."""
    return rc in (NO_SUCH_OBJECT, INVALID_CONFIGURATION) and "attribute does not exist" in said


def _parse_values(name: str, answer: str) -> Mapping[str, str]:
    root = parse_xml(TOOL, answer)
    values: dict[str, str] = {}
    for element in root.iter("attribute"):
        key, value = element.get("host"), element.get("value")
        if key is None or value is None or element.get("name") != name:
            raise CommandUnavailable(
                f"{TOOL} answered something that we do not know", hint="is Pacemaker too new?"
            )
        if value:
            values[key] = value
    return values
