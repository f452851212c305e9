"""The worker's process: ``python3 -m vmha_ocf.worker PULSE``, parameters as JSON on standard input.

The parameters hold secrets, so they come neither by argv nor by environment.
"""

from __future__ import annotations

import json
import sys

from vmha_ocf.backends.pacemaker.subscriber import Subscriber
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.backends.process.waker import Waker
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_SUCCESS, VmhaError
from vmha_ocf.programs import wiring
from vmha_ocf.worker import rounds
from vmha_ocf.worker.round import Evacuator


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
    parts.listeners.start()
    subscriber = Subscriber(waker.poke, ports.say)
    parts.listeners.is_woken = lambda: subscriber.works
    subscriber.start()
    evacuator = Evacuator(ports, parts.options.settings, parts.me, domain=parts.options.domain)
    rounds.run(
        evacuator,
        clock=ports.clock,
        waker=waker,
        pulse=pulse,
        say=ports.say,
        looked=parts.listeners.looked,
        subscription=subscriber,
    )
    subscriber.stop()
    evacuator.leave()
    parts.listeners.stop()
    ports.say("stopped")
    return OCF_SUCCESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
