"""What is asked about the whole cloud: once for all hosts, however many have failed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import heartbeat
from vmha_ocf.cloud.clock import NovaTime
from vmha_ocf.cloud.known_marks import CloudMarks
from vmha_ocf.cloud.past import PastEvacuations
from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cloud.report_interval import Reports
from vmha_ocf.cloud.service_down_time import Assumed, assumed, report_interval
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import NovaHost, ServerGroup, Services
from vmha_ocf.ports import Later, Ports

_LEARNING = 90.0
"""Seconds of close looks at the services after which a report interval that is not known by then is left
to be learnt by the way."""

_GROUPS_KEPT = 300.0
"""Seconds for which a list of server groups serves."""
_PATIENCE = 6.0
"""Seconds that requests wait for the list of server groups."""


class Cloud:
    """Its answers about services are those of one round; ``new_round`` forgets them."""

    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        listed: Callable[[Services], None] = lambda _: None,
        *,
        read_policy: Callable[[], Understood] = Understood,
    ) -> None:
        """``listed`` is told each list of all services; ``read_policy`` reads the policy's file."""
        self.in_force = InForce(read_policy)
        self.past = PastEvacuations(ports, settings)
        self.marks = CloudMarks(ports, settings, self.in_force)
        self.reports = Reports()
        """What the looks at all services have shown of Nova's times."""
        self._ports = ports
        self._listed = listed
        self._configured = settings.service_down_time
        self._began = ports.clock.monotonic()
        self.nova_time = NovaTime(ports.clock)
        self.hosts: int | None = None
        """How many compute services there are, as far as anybody has asked."""
        self.unknown: Collection[NovaHost] = ()
        """Hosts that Nova could not tell about, when it was asked last."""
        self.services_at = self._began
        """When the services that it has were asked for, in monotonic seconds."""
        self.seen: Services | None = None
        """The services, as they were listed last, be it rounds ago."""
        self._services: Services | None = None
        self._groups: Sequence[ServerGroup] | None = None
        self._asked: Later[Sequence[ServerGroup]] | None = None
        self._asked_at = 0.0
        self._heard = False

    def new_round(self) -> None:
        self._services = None
        self.in_force.look()

    def look_anew(self) -> None:
        """At the services: what was read in this round is too old for what comes next."""
        self._services = None

    def services(self) -> Services:
        """Raises NovaUnavailable, NovaDenied."""
        if self._services is None:
            at = self._ports.clock.monotonic()
            self._services = self.seen = self._ports.nova.services()
            self.services_at = at
            self.reports = self.reports.look(self._services, self._ports.clock.monotonic())
            self.nova_time.look(self._services)
            self.hosts = len(self._services.hosts)
            self.unknown = self._services.unknown
            self._listed(self._services)
        return self._services

    @property
    def listed(self) -> Services | None:
        """The services, where somebody has asked in this round."""
        return self._services

    @property
    def is_learning(self) -> bool:
        """How often nova-computes report is not known, and looks that follow each other would tell."""
        young = self._ports.clock.monotonic() - self._began < _LEARNING
        return young and self.reports.interval is None

    @property
    def service_down_time(self) -> Assumed:
        return assumed(self._configured, self.reports)

    @property
    def report_interval(self) -> float:
        """Seconds between two heartbeats, as far as anybody knows."""
        return report_interval(self.reports, self.service_down_time)

    @property
    def silence(self) -> float:
        """Seconds without a heartbeat after which there is none: as long as nobody knows how often they
        come, of the longest interval that is met. A host in use would look dead between two of them."""
        return heartbeat.silence(self.reports.interval or heartbeat.LONGEST)

    @property
    def problems(self) -> Sequence[str]:
        return [*filter(None, [self.in_force.problem]), *self._cells()]

    def _cells(self) -> Sequence[str]:
        if not self.unknown:
            return ()
        hosts = sorted(self.unknown)
        more = f" and {len(hosts) - 4} more" if len(hosts) > 4 else ""
        return [f"Nova cannot tell about {', '.join(hosts[:4])}{more}: their cell is down"]

    def ask_groups(self) -> None:
        """Beside all else, as soon as a host is lost: in a large cloud Nova takes long to list them. Known
        ones serve for a while."""
        now = self._ports.clock.monotonic()
        if self._asked is None or (self._asked.is_there and now - self._asked_at >= _GROUPS_KEPT):
            self._asked = self._ports.aside(self._ports.nova.server_groups)
            self._asked_at, self._heard = now, False

    def groups(self) -> Sequence[ServerGroup]:
        """As far as they are known. Without them nothing is unsafe: members that collide are retried."""
        if self._asked is not None and self._asked.is_there and not self._heard:
            self._heard = True
            try:
                self._groups = self._asked.get()
            except VmhaError as error:
                self._groups = self._groups or ()
                self._ports.say(f"goes on without server groups: {error}")
        return self._groups or ()

    @property
    def awaits_groups(self) -> bool:
        """Whoever is asked for now might collide with a member of its group, or be of one that Nova does
        not evacuate; a little patience spares that, and more of it would cost more."""
        self.groups()
        if self._groups is not None or self._asked is None:
            return False
        return self._ports.clock.monotonic() - self._asked_at < _PATIENCE
