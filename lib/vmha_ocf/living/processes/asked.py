"""Which process is this nova-compute, and is its monitor to fail? What a controller asks of NovaCompute's
monitor, and its answer. Pure.

    vmha-compute-asked    the controller's: ``who 1763695800``, later ``fail <process>``
    vmha-compute-process  the monitor's: ``<process> 1763695800 <age>``

Both are in attrd's memory, under a key for each node that is no node's name. A process is its boot, its pid
and when it began, so that none that comes after it is ever meant. The answer repeats the question's word,
so it was given after it; the age in seconds says whether the process was there while Nova heard nothing.

A monitor imports this: nothing heavy.
"""

from __future__ import annotations

ASKED = "vmha-compute-asked"
ANSWER = "vmha-compute-process"
_WHO, _FAIL = "who", "fail"
_LONGEST = 200
_LONGEST_PROCESS = 120
_MARKS = str.maketrans("", "", "-.")
_PARTS = 3


def key(node: str) -> str:
    """Under which attrd has both."""
    return "compute:" + node.casefold()


def format_who(word: str) -> str:
    return f"{_WHO} {word}"


def format_fail(process: str) -> str:
    return f"{_FAIL} {process}"


def word_of(asked: str) -> str:
    """What the answer is to repeat; "" if nobody asks who it is."""
    return _after(_WHO, asked)


def to_fail(asked: str) -> str:
    """The process for which the monitor is to fail; "" is none."""
    return _after(_FAIL, asked)


def format_answer(process: str, word: str, age: float) -> str:
    return f"{process} {word} {age:.0f}"


def parse_answer(answer: str, word: str) -> tuple[str, float]:
    """The process and its age. No process: it is an answer to another question, or none at all."""
    parts = answer.split()
    if len(answer) > _LONGEST or len(parts) != _PARTS or parts[1] != word:
        return "", 0.0
    is_one = _is_process(parts[0]) and _is_whole(parts[2])
    return (parts[0], float(parts[2])) if is_one else ("", 0.0)


def _is_process(text: str) -> bool:
    """What can be noted as restarted (healed.py): another one would be told to fail again and again."""
    return len(text) <= _LONGEST_PROCESS and text.isascii() and text.translate(_MARKS).isalnum()


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _after(first: str, text: str) -> str:
    parts = text.split()
    return parts[1] if len(text) <= _LONGEST and len(parts) == 2 and parts[0] == first else ""
