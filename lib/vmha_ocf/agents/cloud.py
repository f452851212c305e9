"""What is asked about the whole cloud: once for all hosts, however many have failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vmha_ocf.agents.cloud_marks import CloudMarks
from vmha_ocf.agents.nova_time import NovaTime
from vmha_ocf.agents.past import PastEvacuations
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import ComputeService, ServerGroup
from vmha_ocf.policy import Policy
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.report_interval import Reports
from vmha_ocf.service_down_time import Assumed, assumed

_LEARNING = 90.0
"""Seconds of close looks at the services after which a report interval that is not known by then is left
to be learnt by the way."""


class Cloud:
    """Its answers about services are those of one round; ``new_round`` forgets them."""

    def __init__(
        self,
        ports: WorkerPorts,
        policy: Policy,
        listed: Callable[[Sequence[ComputeService]], None] = lambda _: None,
    ) -> None:
        """``listed`` is told each list of all services."""
        self.past = PastEvacuations(ports, policy)
        self.marks = CloudMarks(ports, policy)
        self.reports = Reports()
        """What the looks at all services have shown of Nova's times."""
        self._ports = ports
        self._listed = listed
        self._configured = policy.service_down_time
        self._began = ports.clock.monotonic()
        self.nova_time = NovaTime(ports.clock)
        self.hosts: int | None = None
        """How many compute services there are, as far as anybody has asked."""
        self._services: Sequence[ComputeService] | None = None
        self._groups: Sequence[ServerGroup] | None = None

    def new_round(self) -> None:
        self._services = None

    def services(self) -> Sequence[ComputeService]:
        """Raises NovaUnavailable, NovaDenied."""
        if self._services is None:
            self._services = self._ports.nova.services()
            self.reports = self.reports.look(self._services, self._ports.clock.monotonic())
            self.nova_time.look(self._services)
            self.hosts = len(self._services)
            self._listed(self._services)
        return self._services

    @property
    def is_learning(self) -> bool:
        """How often nova-computes report is not known, and looks that follow each other would tell."""
        young = self._ports.clock.monotonic() - self._began < _LEARNING
        return young and self.reports.interval is None

    @property
    def service_down_time(self) -> Assumed:
        return assumed(self._configured, self.reports)

    def groups(self) -> Sequence[ServerGroup]:
        """Asked once. Without them nothing is unsafe: members that collide are retried."""
        if self._groups is None:
            try:
                self._groups = self._ports.nova.server_groups()
            except VmhaError as error:
                self._groups = ()
                self._ports.say(f"goes on without server groups: {error}")
        return self._groups
