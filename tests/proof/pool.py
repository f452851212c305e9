"""The cores of this machine, each with a Python of its own."""

from __future__ import annotations

import gc
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def pool(*, idle: bool = False) -> ProcessPoolExecutor:
    """One process for each core that we may use; ``idle``: in what all others leave of it."""
    cores = sorted(os.sched_getaffinity(0))
    context = get_context("spawn")
    number = context.Value("i", 0)
    return ProcessPoolExecutor(len(cores), context, _begin, (number, cores, idle))


def _begin(number: Synchronized[int], cores: list[int], idle: bool) -> None:
    """Each stays on its core: the threads of a simulated cluster pass a turn around, and never run
    at once."""
    with number.get_lock():
        mine = number.value
        number.value += 1
    os.sched_setaffinity(0, {cores[mine % len(cores)]})
    if idle:
        _give_way()
    gc.freeze()  # What is imported stays: the collector need not look at it again and again.
    gc.set_threshold(20_000, 10, 10)
    logging.getLogger("vmha_ocf").addHandler(logging.NullHandler())


def _give_way() -> None:
    """Linux divides a core between sessions first where it groups by them (sched(7), autogroup): a
    priority counts within one alone."""
    os.setsid()
    if _AUTOGROUP.exists():
        _AUTOGROUP.write_text("19")
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
