"""What Pacemaker's tools answer: XML, or a code and a sentence.

Parsed with the standard library's expat: lxml takes 15 to 30 ms to import.
Values come from whoever can set an attribute: nothing in them may keep us from reading the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError, XMLParser

from vmha_ocf.backends.process.command import Result, Run
from vmha_ocf.errors import CommandUnavailable

NO_SUCH_OBJECT = 105
INVALID_CONFIGURATION = 78
DISCONNECTED = 102
USAGE = 64

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")


def ask(run: Run, argv: Sequence[str], timeout: float) -> Result:
    """Run one of Pacemaker's tools for at most ``timeout`` seconds.

    Raises CommandUnavailable where the cluster does not run here.
    """
    result = run(argv, timeout=timeout)
    if result.rc == DISCONNECTED:
        raise CommandUnavailable(
            f"{argv[0]}: no connection to the cluster", hint="start Pacemaker on this node"
        )
    return result


def no_answer(tool: str, result: Result) -> CommandUnavailable:
    """The error for an answer that means neither yes nor no."""
    said = " ".join((result.stderr.strip() or result.stdout.strip()).split())[:300]
    log = "see /var/log/pacemaker/pacemaker.log on this node"
    # Those before 2.1.3 do not know attrd_updater --output-as.
    old = "it does not know our options: Pacemaker 2.1.3 or later is needed"
    return CommandUnavailable(
        f"{tool} exited {result.rc}: {said or 'no output'}",
        hint=old if result.rc == USAGE else log,
    )


def parse_xml(tool: str, text: str) -> Element:
    """The root element of a complete document. Raises CommandUnavailable for anything else."""
    # The tools escape every "<" of a value and write no comments: "<!" can only be a DTD.
    if "<!" in text:
        raise CommandUnavailable(f"{tool} answered with a DTD", hint="is it really Pacemaker's?")
    parser = XMLParser()  # noqa: S314 - no DTD gets here, hence no entities
    try:
        parser.feed(_legible(text))
        return parser.close()
    except ParseError as error:
        raise CommandUnavailable(
            f"{tool} answered with broken XML: {error}", hint=f"run {tool} by hand"
        ) from error


def _legible(text: str) -> str:
    """Characters that XML cannot carry become U+FFFD, so that one bad value hides no other."""
    return _REFERENCE.sub(_legible_reference, _FORBIDDEN.sub("\ufffd", text))


def _legible_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    if code > 0x10FFFF or _FORBIDDEN.match(chr(code)):
        return "\ufffd"
    return match[0]
