"""What the guests of a host say of its storage: those that I/O errors have paused. Pure.

One of them may have a volume that fails, which is its own failure. Several at once have lost what they
share.
"""

from __future__ import annotations

from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.report import ATTRIBUTE, parse_report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.networks.reading import Reading, State


def read_guests(least: int, text: str, *, runs: bool) -> Reading:
    """``least``: so many that are paused are the host's failure, and not theirs."""
    if not runs:
        return Reading(State.UNKNOWN, "NovaInstances does not run there")
    if not text:
        return Reading(State.UNKNOWN, f"NovaInstances has written no {ATTRIBUTE}")
    try:
        report = parse_report(text)
    except GuestsUnavailable as error:
        return Reading(State.UNKNOWN, str(error))
    if report.unknown is not None:
        return Reading(State.UNKNOWN, "libvirt gives NovaInstances no answer there")
    every = (*report.failed.values(), *report.found.values())
    paused = sum(one.kind is Kind.IO_ERROR for one in every)
    told = f"{paused} of its instances are paused by I/O errors"
    return Reading(State.DOWN if paused >= least else State.UP, told)
