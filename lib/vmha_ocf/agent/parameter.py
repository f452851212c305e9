"""One parameter of an agent: how it is described, and what values it takes. Pure.

Made by ``string``, ``integer``, ``boolean``, ``choice`` or ``ignored``. The types are those of the
subset of OCF metadata that every validator accepts (string, integer, boolean).

Imported by every monitor: nothing beyond the interpreter's own start-up may be imported here.
"""

from __future__ import annotations

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.errors import ParameterError

TYPE_CHECKING = False  # `typing` alone costs half as much as starting Python does
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Accepts = Callable[[str], bool]


class Parameter:
    """A row of an agent's table.

    ``summary`` is its shortdesc, ``text`` its longdesc; ``allowed`` completes "must be ..."; a
    ``secret`` never appears in an error; an ``ignored`` one is accepted and never looked at.
    An empty value is an unset one: people write ``region_name=`` to get the default.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        text: str = "",
        *,
        content: str = "string",
        accepts: Accepts | None = None,
        allowed: str = "",
        example: str = "",
        default: str = "",
        required: bool = False,
        unique: bool = False,
        secret: bool = False,
        ignored: bool = False,
    ) -> None:
        self.name = name
        self.summary = summary
        self.text = text or f"{summary}."
        self.content = content
        self.accepts = accepts
        self.allowed = allowed
        self.example = example
        self.default = default
        self.required = required
        self.unique = unique
        self.secret = secret
        self.ignored = ignored

    def problem(self, text: str) -> ParameterError | None:
        """What is wrong with this value, as an error to raise; None if it is good."""
        if self.ignored:
            return None
        if not text:
            return self._missing() if self.required else None
        if self.accepts is None or self.accepts(text):
            return None
        shown = "its value" if self.secret else repr(text)
        return ParameterError(
            f"parameter {self.name}: {shown} is wrong, it must be {self.allowed}",
            hint=self._for_example(),
        )

    def _missing(self) -> ParameterError:
        allowed = f", it must be {self.allowed}" if self.allowed else ""
        return ParameterError(
            f"parameter {self.name} is missing{allowed}", hint=self._for_example()
        )

    def _for_example(self) -> str:
        return f"for example {self.name}={self.example}" if self.example else ""


def string(name: str, summary: str, text: str = "", **more: Any) -> Parameter:
    """Any text; with ``accepts`` (a predicate) and ``allowed`` (its words), only some."""
    return Parameter(name, summary, text, **more)


def integer(
    name: str,
    summary: str,
    text: str = "",
    *,
    least: int,
    most: int,
    unit: str = "",
    **more: Any,
) -> Parameter:
    """A whole number of ``unit`` (such as "seconds") within bounds, both allowed."""
    return Parameter(
        name,
        summary,
        text,
        content="integer",
        accepts=lambda value: is_integer(value) and least <= int(value) <= most,
        allowed=f"a whole number{' of ' + unit if unit else ''} from {least} to {most}",
        **more,
    )


def boolean(name: str, summary: str, text: str = "", **more: Any) -> Parameter:
    return Parameter(
        name,
        summary,
        text,
        content="boolean",
        accepts=_is_boolean,
        allowed="yes or no (also true or false, on or off, 1 or 0)",
        **({"example": "true"} | more),
    )


def choice(
    name: str, summary: str, text: str = "", *, words: Sequence[str], **more: Any
) -> Parameter:
    """One of a few words. OCF 1.1's type ``select`` would be refused by OCF 1.0 validators."""
    return Parameter(
        name,
        summary,
        text,
        accepts=lambda value: value in words,
        allowed=f"one of {', '.join(words)}",
        **({"example": words[0]} | more),
    )


def ignored(name: str, why: str, *, content: str = "string") -> Parameter:
    """A parameter of older agents: a configuration that has it keeps working."""
    text = f"Accepted so that existing configurations keep working, and ignored: {why}."
    return Parameter(name, "Ignored", text, content=content, ignored=True)


def is_integer(text: str) -> bool:
    """Plain ASCII digits with an optional sign, which is what ``int`` also takes, and no more: of
    thousands of digits it takes none."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 18


def _is_boolean(text: str) -> bool:
    try:
        parse_boolean(text)
    except ParameterError:
        return False
    return True
