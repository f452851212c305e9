"""Nothing is asked for while Nova could choose a host that is dead or dying.

Nobody can tell where a request waits that Nova has sent to such a host, and it cannot be repeated before
that host is back (trap dead-destination). So all that are flagged are forced down first, whatever goes
wrong with one of them, and those that are lost are waited for until they are flagged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import NovaHost
from vmha_ocf.ports import Clock
from vmha_ocf.proof.lost import LostHosts


class Barrier:
    def __init__(self, clock: Clock, cloud: Cloud, lost: LostHosts) -> None:
        self.problems: Sequence[str] = ()
        """What is waited for, and why."""
        self._clock = clock
        self._cloud = cloud
        self._lost = lost
        self._since: dict[NovaHost, float] = {}

    def is_closed(self, down: Collection[NovaHost], proved: Collection[NovaHost]) -> bool:
        """``down``: hosts that are forced down, and are to be evacuated now; ``proved``: all that are
        flagged and proved to be off. Not knowing waits too."""
        now = self._clock.monotonic()
        self._since = {one: self._since.get(one, now) for one in proved if one not in down}
        longest = self._cloud.service_down_time.seconds
        try:
            self.problems = [*self._flagged(now, longest), *self._dying(longest)] if down else ()
        except VmhaError as error:
            self.problems = [str(error)]
        return bool(self.problems)

    def _flagged(self, now: float, longest: float) -> Sequence[str]:
        """Up to the time after which Nova misses them by itself: what it calls up still is alive."""
        recent = {host for host, since in self._since.items() if now - since < longest}
        if not recent:
            return ()
        services = self._cloud.services()
        left = [one.host for one in services if one.host in recent and one.schedulable]
        return [_not_down(sorted(left), longest)] if left else []

    def _dying(self, longest: float) -> Sequence[str]:
        lost = self._lost.awaited(self._cloud.services, longest)
        return [_lost(sorted(lost), longest)] if lost else []


def _not_down(hosts: Sequence[NovaHost], longest: float) -> str:
    return (
        f"{', '.join(hosts)} is flagged and not forced down yet, and Nova would still choose it: "
        f"requests wait, at most {longest:.0f} s"
    )


def _lost(hosts: Sequence[NovaHost], longest: float) -> str:
    return (
        f"{', '.join(hosts)} is lost and not flagged yet, and Nova would still choose it: "
        f"requests wait, at most {longest:.0f} s"
    )
