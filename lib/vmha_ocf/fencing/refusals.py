"""What was refused, for all controllers: a record by us, a password by a BMC. Over Protocols.

When a device that only records has refused to record a node:

Pacemaker repeats a failed agent within one fencing, and goes through the devices by the levels that it
had read when that fencing began. So levels that are mended in the middle say nothing of the fencing that
is under way: it may have come to the recorder without anybody's having switched the power.

attrd, private attribute ``evacuate-refused``, key ``nova:<node>`` (Pacemaker forgets what is under a
node's own name), value the time in seconds since the epoch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from vmha_ocf.agent.spelling import one_spelling
from vmha_ocf.cluster.flag_texts import KEY_PREFIX
from vmha_ocf.cluster.read_back import insist, told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes
from vmha_ocf.errors import Unavailable
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock

ATTRIBUTE = "evacuate-refused"
DENIED = "evacuate-denied"
LASTS = 600.0
"""Seconds that a wrong password is not tried again by monitors."""
_VALUE = re.compile(r"([0-9]{1,12})-([0-9a-f]{2})")


class RefusalStore:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(self, attrd: Attributes, clock: Clock, *, deadline: float = 5.0) -> None:
        self._attrd = attrd
        self._clock = clock
        self._deadline = deadline

    def last(self, node: NodeName) -> float | None:
        """Seconds since the epoch; None if it never was. What cannot be read was just now: somebody
        typed it. Raises FlagsUnavailable."""
        with told_as_flags_unavailable():
            text = self._attrd.values(ATTRIBUTE).get(_key(node), "")
        if not text:
            return None
        return float(text) if text.isdecimal() and len(text) <= 12 else self._clock.now()

    def note(self, node: NodeName, at: float) -> None:
        """Raises FlagsUnavailable, FlagNotWritten."""
        text = str(int(at))
        insist(
            lambda: self._attrd.update(ATTRIBUTE, _key(node), text),
            lambda: self._attrd.values(ATTRIBUTE).get(_key(node)) == text,
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure=f"that {node} was not recorded was not noted",
        )


def _key(node: NodeName) -> str:
    return KEY_PREFIX + node.casefold()


class Denials:
    """Which BMCs have said that a password is wrong: no controller's monitors ask them again at once.

    A monitor runs every minute, on each controller that takes the device over: three wrong answers and
    many BMCs lock the account, also for the fencing that comes then. So one such answer is enough for
    ten minutes; a fencing, and a person, may always ask. What is corrected is another password, and is
    asked at once.

    attrd, private attribute ``evacuate-denied``, key ``nova:bmc-<hash of address, port and user>``, value
    the time in seconds since the epoch and eight bits of a hash of the password. Compute hosts can read
    attrd, so they are few: no list of passwords becomes a password by them, and one corrected password in
    256 waits for the ten minutes. Never raises: what attrd does not say is asked of the BMC.
    """

    def __init__(self, attrd: Attributes, clock: Clock) -> None:
        self._attrd = attrd
        self._clock = clock

    def read(self) -> Mapping[str, str]:
        try:
            return self._attrd.values(DENIED)
        except Unavailable:
            return {}

    def age(self, access: BmcAccess, known: Mapping[str, str]) -> float | None:
        """Seconds since it refused this very password, within LASTS. ``known`` is what ``read`` gave."""
        match = _VALUE.fullmatch(known.get(_bmc_key(access), ""))
        if match is None:
            return None
        age = abs(self._clock.now() - float(match[1]))
        return age if age < LASTS and match[2] == _digest(access) else None

    def note(self, access: BmcAccess) -> None:
        self._update(access, f"{int(self._clock.now())}-{_digest(access)}")

    def forget(self, access: BmcAccess, known: Mapping[str, str]) -> None:
        if known.get(_bmc_key(access)):
            self._update(access, "")

    def _update(self, access: BmcAccess, value: str) -> None:
        try:
            self._attrd.update(DENIED, _bmc_key(access), value)
        except Unavailable:
            return


def _bmc_key(access: BmcAccess) -> str:
    return f"{KEY_PREFIX}bmc-{hashlib.sha256(_who(access)).hexdigest()[:16]}"


def _digest(access: BmcAccess) -> str:
    secret = access.password.encode(errors="surrogateescape")
    return hashlib.sha256(_who(access) + b"\0" + secret).hexdigest()[:2]


def _who(access: BmcAccess) -> bytes:
    place = (one_spelling(access.address), str(access.port), access.username)
    return "\0".join(place).encode(errors="surrogateescape")
