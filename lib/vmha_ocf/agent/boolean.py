"""Yes or no, as people write it. The one reading of booleans in this suite. Pure."""

from __future__ import annotations

from vmha_ocf.errors import ParameterError

_YES = frozenset({"1", "true", "yes", "on", "y", "t"})
_NO = frozenset({"0", "false", "no", "off", "n", "f"})


def parse_boolean(text: str) -> bool:
    """The boolean that a text means, whatever its case and the space around it.

    Presence says nothing: ``insecure=0`` is no. What is neither yes nor no, the empty text
    included, raises ParameterError; a parameter that is not set is its caller's business.
    """
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ParameterError(
        f"{text!r} is neither yes nor no",
        hint="allowed are 1, true, yes, on and 0, false, no, off, in any case",
    )


def is_true(text: str) -> bool:
    """What is not said, or cannot be read, is not true."""
    try:
        return parse_boolean(text) if text else False
    except ParameterError:
        return False
