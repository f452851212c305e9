"""The cores of this machine, each with a Python of its own."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized


def pool() -> ProcessPoolExecutor:
    """One process for each core that we may use."""
    cores = sorted(os.sched_getaffinity(0))
    context = get_context("spawn")
    number = context.Value("i", 0)
    return ProcessPoolExecutor(len(cores), context, _begin, (number, cores))


def _begin(number: Synchronized[int], cores: list[int]) -> None:
    """Each stays on its core: the threads of a simulated cluster pass a turn around, and never run
    at once."""
    with number.get_lock():
        mine = number.value
        number.value += 1
    os.sched_setaffinity(0, {cores[mine % len(cores)]})
    logging.getLogger("vmha_ocf").addHandler(logging.NullHandler())
