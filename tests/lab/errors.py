"""What can go wrong with the lab: one class, always with what to do next."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked; `hint` says what helps."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem}\n  {hint}" if hint else problem)
        self.problem = problem
        self.hint = hint
