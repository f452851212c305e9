"""P8 and P10, the promises about processes: what the tests of the executables ask of each answer.

Like sim/judge/invariants.py: a sentence for each promise that is broken, which begins with its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def failed_stops(answers: Mapping[str, int]) -> list[str]:
    """``answers``: the exit codes of stop actions, by what was wrong around them."""
    return [f"P8: stop ended with {rc}: {what}" for what, rc in answers.items() if rc != 0]


def shown_secrets(secret: str, shown: Mapping[str, str]) -> list[str]:
    """``shown``: what others can read, by where they can."""
    return [f"P10: a secret is in {where}" for where, text in shown.items() if secret in text]


def exposed(pid: int) -> str:
    """What other users and other tools can see of a process."""
    files = (Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ"))
    return "\n".join(file.read_bytes().decode(errors="replace") for file in files)
