"""Clocks that jump, on one controller or on all of them."""

from __future__ import annotations

from tests.lab.cases.case import Case

CASES: tuple[Case, ...] = ()
