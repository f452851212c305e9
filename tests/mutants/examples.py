"""A plugin of pytest: few examples for each property, always the same ones.

A fault that only the hundredth example shows is not seen then: the score is rather too low. That mutmut
runs them again and again in one process is no mistake of theirs.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants",
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("mutants")
