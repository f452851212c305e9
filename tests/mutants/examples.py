"""A plugin of pytest: few examples for each property, always the same ones.

A fault that only the hundredth example shows is not seen then: the score is rather too low.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile(
    "mutants", max_examples=15, derandomize=True, database=None, deadline=None
)
settings.load_profile("mutants")
