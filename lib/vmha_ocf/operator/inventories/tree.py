"""Values of YAML and JSON as text, without guesses. Pure.

A tree is a mapping, a list, a text, or None, True and False of JSON. Numbers are texts as they
were typed: a password 0123 is no number, and neither is the name 007.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from vmha_ocf.errors import LocalParameterError

FORM = "see docs/vmha.rst for its form"


def wrong(path: str, what: str, hint: str = FORM) -> LocalParameterError:
    return LocalParameterError(f"{path}: {what}", hint=hint)


def mapping(value: object, path: str, what: str) -> Mapping[str, object]:
    """Raises LocalParameterError. None is an empty one: what follows a name may be left out."""
    if value is None or value == "":
        return {}
    if isinstance(value, Mapping):
        return value
    raise wrong(path, f"{what} is not a mapping of names to values")


def sequence(value: object, path: str, what: str) -> Sequence[object]:
    if isinstance(value, list):
        return value
    raise wrong(path, f"{what} is not a list")


def words(value: object, path: str, what: str) -> list[str]:
    """A list of texts; None is an empty one."""
    found = [] if value is None else sequence(value, path, what)
    if all(isinstance(one, str) for one in found):
        return [str(one) for one in found]
    raise wrong(path, f"{what} is not a list of texts")


def said(found: Mapping[str, object]) -> dict[str, object]:
    """Without what a program has written into YAML for a value that is not there."""
    return {key: value for key, value in found.items() if value not in ("null", "~")}


def leaf(found: Mapping[str, object], key: str, path: str, where: str) -> str:
    """The text of ``key``, "" if it is not there. Raises LocalParameterError for what is no text."""
    value = found.get(key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and len(value) == 1:
        # As ansible-inventory writes what was under !vault or !unsafe.
        value = value.get("__ansible_vault", value.get("__ansible_unsafe"))
    if isinstance(value, str):
        return value
    raise wrong(path, f"{where}: {key} is not a single value")


def first(found: Mapping[str, object], keys: Sequence[str], path: str, where: str) -> str:
    """Of several names for one thing, the first that has a value."""
    return next((text for key in keys if (text := leaf(found, key, path, where))), "")


def refuse_unknown(
    found: Mapping[str, object], known: Collection[str], path: str, where: str
) -> None:
    unknown = sorted(name for name in found if name not in known)
    if unknown:
        raise wrong(
            path,
            f"{where} has the unknown name {unknown[0]}",
            f"known are {', '.join(sorted(known))}",
        )


def parse_json(text: str, path: str) -> object:
    """RFC 8259, by Python's own reader. Raises LocalParameterError with line and column, and with what was
    expected there: its messages quote nothing of the file."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise wrong(
                    path,
                    f"{_of(pairs)} has {key} twice",
                    "JSON readers disagree which of the two counts: remove one",
                )
            found[key] = value
        return found

    try:
        # strict: a tab inside a text is refused by the standard, and nobody means anything else by it.
        found: object = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=once,
            strict=False,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise wrong(
            path, f"it is not JSON from {where} on: {error.msg}", "correct it there"
        ) from None
    except RecursionError:
        raise wrong(path, "its lists and mappings are too deep", "name another file") from None
    return found


def _of(pairs: list[tuple[str, object]]) -> str:
    """The name of the object that has these pairs, for a sentence."""
    named = (value for key, value in pairs if key.lower() in ("name", "hostname"))
    return next((value for value in named if isinstance(value, str)), "one of its objects")
