"""The worker's process: ``python3 -m vmha_ocf.worker PULSE``, parameters as JSON on standard input.

The parameters hold secrets, so they come neither by argv nor by environment.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Hashable

from vmha_ocf import wiring
from vmha_ocf.agents.evacuator import Evacuator
from vmha_ocf.agents.round import Round
from vmha_ocf.backends.pulse import PulseFile
from vmha_ocf.backends.waker import Waker
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_SUCCESS, Unavailable, VmhaError
from vmha_ocf.ports import Clock, Flags

POLL = 0.6
"""Seconds between two cheap looks at attrd while nothing is flagged: most of what an idle worker costs,
and without the alert most of what it takes to see a flag."""
AFTER_A_BUG = 10.0
"""Seconds."""


def run(
    evacuator: Evacuator,
    *,
    flags: Flags,
    clock: Clock,
    waker: Waker,
    pulse: PulseFile,
    say: Callable[[str], None],
) -> None:
    """Rounds until somebody stops us."""
    sentence = ""
    while not waker.stopping:
        before = _poll(flags)
        outcome = _round(evacuator)
        pulse.beat(clock.monotonic(), outcome.sentence, outcome.problems)
        told = "; ".join([outcome.sentence, *outcome.problems])
        if told != sentence:
            sentence = told
            say(f"round: {told}")
        _pause(outcome.pause, before, flags, waker, clock)


def _round(evacuator: Evacuator) -> Round:
    """A bug must not end the worker: the other hosts are waiting, and a person must read of it."""
    try:
        return evacuator.round()
    except Exception as error:  # noqa: BLE001 - told, with its traceback, in the worker's own words
        traceback.print_exc()
        told = f"this is a bug in NovaEvacuate, please report it: {type(error).__name__}: {error}"
        return Round("a round broke off", [told], AFTER_A_BUG)


def _pause(seconds: float, before: Hashable, flags: Flags, waker: Waker, clock: Clock) -> None:
    """Until the time is over, an alert comes, or a flag changes."""
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0:
        if waker.wait(min(left, POLL)) or (left > POLL and _poll(flags) != before):
            return


def _poll(flags: Flags) -> Hashable:
    """What attrd says now. Not knowing is a value of its own: the round will tell about it."""
    try:
        return flags.poll()
    except Unavailable:
        return None


def main(argv: list[str]) -> int:
    pulse = PulseFile(argv[0])
    if not pulse.hold():
        print(f"another worker holds {pulse.path}.lock", file=sys.stderr)
        return OCF_ERR_GENERIC
    waker = Waker(pulse.wake_path)
    waker.stop_at_signals()
    parameters: dict[str, str] = json.load(sys.stdin)
    try:
        parts = wiring.worker(parameters)
    except VmhaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    ports = parts.ports
    pulse.beat(ports.clock.monotonic(), "starting", ())
    ports.say(f"started on {parts.me}")
    evacuator = Evacuator(ports, parts.options.policy, parts.me, domain=parts.options.domain)
    run(
        evacuator,
        flags=ports.flags,
        clock=ports.clock,
        waker=waker,
        pulse=pulse,
        say=ports.say,
    )
    ports.say("stopped")
    return OCF_SUCCESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
