"""Switch a host's power through its BMC and read the result back. Over ports only.

``off`` has to give a proof, ``on`` has not. A BMC that has just restarted and has not looked at its
host yet says off, and "it is so already" to whoever asks for it. So an off that was there before
us, or came after such an answer or a silence, is doubtful: it counts when the BMC says that it is in
service and then, in a new session, nothing but off for STEADY seconds.
"""

from __future__ import annotations

from vmha_ocf.errors import BmcAlready, BmcBusy, BmcUnavailable, PowerNotVerified
from vmha_ocf.fencing.request import Patience
from vmha_ocf.model import Power
from vmha_ocf.ports import Bmc, Clock

FIRST_LOOK = 0.05  # seconds; each next pause is twice as long, up to Patience.between
STEADY = 5.0  # seconds
BUSY = 5.0  # seconds

Told = Power | BmcUnavailable | None
Seen = Power | BmcUnavailable
"""A BMC may be silent for a moment while its host changes state: that is no answer yet."""


def read(bmc: Bmc, clock: Clock) -> Power:
    """What it answers, for who looks only: one that has too much to do is asked for some seconds."""
    until = clock.monotonic() + BUSY
    while True:
        try:
            return bmc.power()
        except BmcBusy:
            if clock.monotonic() + 1.0 > until:
                raise
        clock.sleep(1.0)


def off(bmc: Bmc, clock: Clock, patience: Patience) -> None:
    """Return when the BMC was told off and has answered off, as one that knows.

    It is told whatever it answers before, and again as long as it has not accepted that. Raises
    PowerNotVerified after ``patience.power`` seconds (where there is doubt, 2 * STEADY if that is
    longer), and what ``Bmc`` raises at the first look, BmcRefused at the request.
    """
    wait = _Wait(clock, patience, Power.OFF)
    known = _first(bmc) is Power.ON
    doubt = wait.told(_tell(bmc, Power.OFF))
    known = known and doubt is None
    clock.sleep(patience.settle)
    while (seen := _look(bmc)) is not Power.OFF:
        known = known and seen is Power.ON
        if seen is Power.ON and not known:
            doubt = wait.told(_tell(bmc, Power.OFF))
        wait.after(doubt if seen is Power.ON and isinstance(doubt, BmcUnavailable) else seen)
    if not known:
        _make_sure(bmc, wait)


def on(bmc: Bmc, clock: Clock, patience: Patience) -> None:
    """Return when the BMC has answered on; request it first, unless it is so already.

    That a request was accepted proves nothing, nor does silence after it. Raises as ``off``.
    """
    if _first(bmc) is Power.ON:
        return
    wait = _Wait(clock, patience, Power.ON)
    doubt = wait.told(_tell(bmc, Power.ON))
    clock.sleep(patience.settle)
    while (seen := _look(bmc)) is not Power.ON:
        if seen is Power.OFF and isinstance(doubt, BmcUnavailable):
            seen = doubt = wait.told(_tell(bmc, Power.ON)) or seen
        wait.after(seen)


def _make_sure(bmc: Bmc, wait: _Wait) -> None:
    """Of an off that may be the word of a BMC that has just restarted."""
    wait.for_steadiness()
    while (doubt := _doubt(bmc, wait)) is not None:
        if doubt is Power.ON:
            _tell(bmc, Power.OFF)
        wait.after(doubt)


def _doubt(bmc: Bmc, wait: _Wait) -> Seen | None:
    """What speaks against it, in a new session. It costs STEADY seconds if nothing does."""
    bmc.close()
    try:
        if not bmc.in_service():
            return BmcUnavailable("the BMC says that it is not in service")
        until = wait.clock.monotonic() + STEADY
        while bmc.power() is Power.OFF:
            if wait.clock.monotonic() >= until:
                return None
            wait.clock.sleep(wait.between)
        return Power.ON
    except BmcUnavailable as error:
        return error


def _first(bmc: Bmc) -> Seen:
    """The look before the request. One that only cannot say it now may take the request all the same."""
    try:
        return bmc.power()
    except BmcBusy as error:
        return error


def _tell(bmc: Bmc, wanted: Power) -> Told:
    """None where it was accepted; ``wanted`` where the BMC says that it is so already. Where there is no
    clear answer it may be done all the same, as by one that falls silent with its host: the next look
    tells."""
    try:
        bmc.set_power(wanted)
    except BmcAlready:
        return wanted
    except BmcUnavailable as error:
        return error
    return None


def _look(bmc: Bmc) -> Seen:
    try:
        return bmc.power()
    except BmcUnavailable as error:
        return error


class _Wait:
    """The pauses between looks, and the end of patience."""

    def __init__(self, clock: Clock, patience: Patience, wanted: Power) -> None:
        self.clock = clock
        self.between = patience.between
        self._wanted = wanted
        self._begun = clock.monotonic()
        self._pause = min(FIRST_LOOK, patience.between)
        self._seconds = patience.power or float("inf")
        self._steady = 0.0
        self._accepted = False

    def told(self, answer: Told) -> Told:
        self._accepted = self._accepted or answer is None
        return answer

    def for_steadiness(self) -> None:
        """From now on a look takes STEADY seconds."""
        self._seconds = max(self._seconds, 2 * STEADY)
        self._steady = STEADY
        self._verify_time(0, BmcUnavailable("it said off too late to be watched"))

    def after(self, seen: Seen) -> None:
        """Before the next look. Raises PowerNotVerified when that would be too late."""
        self._verify_time(self._pause, seen)
        self.clock.sleep(self._pause)
        self._pause = min(2 * self._pause, self.between)

    def _verify_time(self, pause: float, seen: Seen) -> None:
        if self.clock.monotonic() + pause + self._steady > self._begun + self._seconds:
            raise self._not_verified(seen)

    def _not_verified(self, seen: Seen) -> PowerNotVerified:
        said = f"it still answers {seen.value}" if isinstance(seen, Power) else seen.message
        if self._steady:
            return PowerNotVerified(
                f"the BMC says off, and may just have restarted: within {self._seconds:g} s it was "
                f"not sure of it; the last time: {said}",
                hint="nothing was recorded and it will be tried again; look at the BMC's own log; if "
                "it needs longer raise power_timeout, and pcmk_off_timeout and "
                "pcmk_reboot_timeout above it",
            )
        hint = (
            "nothing was recorded and it will be tried again; for slow hardware raise "
            "power_timeout, and pcmk_off_timeout and pcmk_reboot_timeout above it"
        )
        if self._accepted:
            return PowerNotVerified(
                f"the BMC accepted power {self._wanted.value}, but {self._seconds:g} s later {said}",
                hint=hint,
            )
        return PowerNotVerified(
            f"the BMC has not accepted power {self._wanted.value} within {self._seconds:g} s; "
            f"the last time: {said}",
            hint=hint,
        )
