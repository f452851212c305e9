"""The monitor of an agent whose work is done by a process of its own, which says by its pulse how it is.

Nothing heavy is imported here.
"""

from __future__ import annotations

from vmha_ocf.backends.pacemaker.shown import Shown
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_NOT_RUNNING, OCF_SUCCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vmha_ocf.agent.ocf import Call

_LASTING = 10.0
"""Seconds after which trouble is shown to people. Shorter is a blip, or a start while what it talks to is
down too: right after a start a monitor has to be 0 (ocf-tester). Whoever acts on it has it at once."""


def pulse_of(call: Call) -> PulseFile:
    return PulseFile(call.kept)


def monitor(call: Call, process: str, longest_silence: float) -> int:
    """``process``: what people call it; silent for so many seconds it has failed."""
    pulse = pulse_of(call).read(SystemClock().monotonic())
    if pulse is None:
        return OCF_NOT_RUNNING
    if call.probe:
        return OCF_SUCCESS
    if pulse.age > longest_silence:
        call.explain(f"{process} (pid {pulse.pid}) has made no progress for {pulse.age:.0f} s")
        return OCF_ERR_GENERIC
    if not pulse.problems or pulse.troubled < _LASTING:
        return Shown(call).well()
    more = f" (and {len(pulse.problems) - 1} more)" if len(pulse.problems) > 1 else ""
    return Shown(call).degraded(pulse.problems[0] + more)
