"""Instances leave hosts that have lost a network, as the policy says: read, plan, ask.

Only hosts that are disabled by us for that network: Nova would send them others meanwhile. What has been
asked for goes on when the network is back, and no more is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import NovaRefused, VmhaError
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.living.disabling.causes import Cause, named, split
from vmha_ocf.living.disabling.disabler import May
from vmha_ocf.living.leaving import plan
from vmha_ocf.living.leaving.plan import Seen
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    ImageId,
    Instance,
    InstanceId,
    NovaHost,
)
from vmha_ocf.ports import Ports
from vmha_ocf.service import marker

_BEFORE = 120.0
"""Seconds that Nova's clock may be behind ours."""
_AGAIN = frozenset({404, 409})
"""Nova on an instance that is gone, or in other hands, though its list has just shown it as free."""
_OFTEN = 3
"""Looks at which it may say so: what it never migrates, such as one with a vTPM, gets a 409, too."""


@dataclass(slots=True)
class _Refused:
    """What Nova has refused of one host, for good."""

    why: dict[InstanceId, str] = field(default_factory=dict)
    _asked: Counter[InstanceId] = field(default_factory=Counter)

    def note(self, one: InstanceId, error: NovaRefused) -> None:
        self._asked[one] += 1
        if error.code not in _AGAIN or self._asked[one] >= _OFTEN:
            self.why[one] = str(error)


class Leaver:
    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud, may: May) -> None:
        self.problems: Sequence[str] = ()
        self.is_busy = False
        self._ports = ports
        self._cloud = cloud
        self._may = may
        self._order = partial(order_key, settings=settings)
        self._refused: dict[NovaHost, _Refused] = {}

    def look(self, cause: Cause, flagged: Mapping[NovaHost, bool], waits_for: str) -> None:
        """As ``Disabler.look``. Raises NovaUnavailable, NovaDenied, FlagsUnavailable."""
        policy = self._cloud.in_force.policy
        wanted = {
            host: split(what)
            for host, what in cause.wanted.items()
            if plan.asks(policy, split(what)) and host not in flagged
        }
        self.problems, self.is_busy = (), bool(wanted)
        for host in self._refused.keys() - wanted.keys():
            del self._refused[host]
        if not wanted:
            return
        pending = "an evacuation is not over" if any(flagged.values()) else ""
        services = {one.host: one for one in self._cloud.services()}
        why = waits_for or pending or self._against(services.values(), cause)
        told = [
            self._leave(services[host], lost, why)
            for host, lost in wanted.items()
            if host in services
        ]
        self.problems = list(filter(None, told))

    def _against(self, services: Collection[ComputeService], cause: Cause) -> str:
        """Nova is to choose none that has lost it, too."""
        free = [one for one in services if one.schedulable]
        if any(one.host in cause.ailing for one in free):
            return "a host that has lost a network is not disabled yet"
        return "" if free else "no other host takes instances"

    def _leave(self, service: ComputeService, lost: Sequence[str], why: str) -> str:
        mark = marker.of_living(service)
        if mark is None or mark.cause != marker.NETWORK or not service.up:
            return ""
        failed = named(marker.NETWORK, "+".join(lost))
        if plan.ADMIN in lost:
            return _left(service, failed, plan.UNREACHED)
        if why:
            return _left(service, failed, why)
        since = Epoch(max(mark.since - _BEFORE, 0.0))
        nova, host = self._ports.nova, service.host
        instances = nova.instances_on(host)
        refused = self._refused.setdefault(host, _Refused())
        seen = Seen(host, lost, instances, nova.moves_since(host, since), refused.why)
        found = plan.plan(seen, self._cloud.in_force.policy, self._images(instances), self._order)
        if found.next and self._may([host]):
            for one in found.next:
                self._ask(one, failed, refused)
        return found.told

    def _images(self, instances: Collection[Instance]) -> Mapping[ImageId, Mapping[str, str]]:
        """Asked for where a mark may be in one."""
        policy = self._cloud.in_force.policy
        marks = [*(one.marks for one in policy.classes), *(one.marks for one in policy.exclusions)]
        images = {one.image for one in instances if one.image is not None}
        asks = images and any(one.image for one in marks)
        return self._ports.nova.image_marks(sorted(images)) if asks else {}

    def _ask(self, one: Instance, failed: str, refused: _Refused) -> None:
        """Without an answer Nova's records say later what has become of it."""
        name = one.name or one.id
        try:
            self._ports.nova.live_migrate(one)
        except NovaRefused as error:
            refused.note(one.id, error)
            self._ports.say(f"{one.host}: Nova does not migrate {name}: {error}")
        except VmhaError as error:
            self._ports.say(f"{one.host}: whether {name} is migrated is not known: {error}")
        else:
            self._ports.say(f"{one.host}: {name} is migrated live, away from {failed}")


def _left(service: ComputeService, failed: str, why: str) -> str:
    return f"nobody leaves {service.host}, which has lost {failed}: {why}"
