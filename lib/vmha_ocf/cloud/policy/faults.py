"""What is wrong with a policy, and where. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    line: int
    """From 1."""
    key: str
    """Such as ``class.pets.tags``; "" where no key is meant."""
    what: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, {self.key}" if self.key else f"line {self.line}"
        return f"{where}: {self.what}" + (f" ({self.hint})" if self.hint else "")
