"""Switch a host's power through its BMC and read the result back. Over ports only."""

from __future__ import annotations

from vmha_ocf.errors import BmcUnavailable, PowerNotVerified, Unavailable
from vmha_ocf.fence_request import Patience
from vmha_ocf.model import Power
from vmha_ocf.ports import Bmc, Clock

FIRST_LOOK = 0.05  # seconds; each next pause is twice as long, up to Patience.between


def switch(bmc: Bmc, wanted: Power, clock: Clock, patience: Patience) -> None:
    """Return when the BMC has answered ``wanted``; request it first, unless it is so already.

    That a request was accepted proves nothing, nor does silence after it. Raises PowerNotVerified
    after ``patience.power`` seconds, and what ``Bmc`` raises at the first look and the request.
    """
    if bmc.power() is wanted:
        return
    bmc.set_power(wanted)
    clock.sleep(patience.settle)
    _wait(bmc, wanted, clock, patience)


def _wait(bmc: Bmc, wanted: Power, clock: Clock, patience: Patience) -> None:
    deadline = clock.monotonic() + patience.power
    pause = min(FIRST_LOOK, patience.between)
    while True:
        seen = _look(bmc)
        if seen is wanted:
            return
        if patience.power and clock.monotonic() + pause > deadline:
            raise _not_verified(wanted, seen, patience.power)
        clock.sleep(pause)
        pause = min(2 * pause, patience.between)


def _look(bmc: Bmc) -> Power | BmcUnavailable:
    """A BMC may be silent for a moment while its host changes state: that is no answer yet."""
    try:
        return bmc.power()
    except BmcUnavailable as error:
        return error


def _not_verified(wanted: Power, seen: Power | Unavailable, seconds: float) -> PowerNotVerified:
    said = f"it still answers {seen.value}" if isinstance(seen, Power) else f"then: {seen.message}"
    return PowerNotVerified(
        f"the BMC accepted power {wanted.value}, but {seconds:g} s later {said}",
        hint="nothing was recorded and it will be tried again; for slow hardware raise "
        "power_timeout, and pcmk_off_timeout and pcmk_reboot_timeout above it",
    )
