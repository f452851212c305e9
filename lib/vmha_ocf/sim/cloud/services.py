"""os-services: disable and enable, force down and up, by us or by an operator."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from vmha_ocf.errors import NovaRefused
from vmha_ocf.model import ComputeService, NovaHost, ServiceChange
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import US, ServiceToggled, ServiceUndone
from vmha_ocf.sim.cloud.database import Database, Service

OPERATOR = "an operator"
CROSSING = 5.0
"""Seconds from a look to the request that follows from it, at most."""


class Services:
    def __init__(self, core: Core, database: Database) -> None:
        self._core = core
        self._database = database
        self._operated: dict[str, float] = {}
        """When an operator changed a service last that we have not looked at since."""
        self._taken_back: dict[str, tuple[float, str]] = {}
        """When an operator enabled one, and who had disabled it."""
        self._unforced: dict[str, str] = {}
        """Those that an operator has un-forced since we looked, and who had forced them down."""

    def change(self, service_id: str, change: ServiceChange, who: str = US) -> ComputeService:
        """One PUT: all of it or nothing."""
        service = self._find(service_id)
        if change.forced_down is False:
            self._verify_may_come_up(service)
        toggled = change.enabled not in (None, service.enabled)
        if who == US and not self._is_crossing(service):
            self._note_undone(service, change)
        self._apply(service, change, who)
        if toggled and service.up and not service.host.listening:
            # Nova asks the compute itself, which does not answer; the PUT has had its effect.
            self._core.timeline.advance(self._core.timing.rpc_timeout)
        return service.view()

    def delete(self, host: NovaHost) -> None:
        """Its nova-compute, if it runs, is known again from its next start on."""
        if host not in self._database.services:
            raise NovaRefused(404, f"Service of {host} could not be found.")
        if self._database.on(host):
            raise NovaRefused(
                409,
                "Unable to delete compute service that is hosting instances. Migrate or delete "
                "the instances first.",
            )
        del self._database.services[host]
        self._core.journal.say("nova", f"the service of {host} is deleted")

    def _find(self, service_id: str) -> Service:
        for service in self._database.services.values():
            if service.id == service_id:
                return service
        raise NovaRefused(404, f"Service {service_id} could not be found.")

    def _verify_may_come_up(self, service: Service) -> None:
        """Only "done" counts: Nova un-forces a host in the middle of its evacuation."""
        host = service.host.name
        if any(r.source == host and r.status == "done" for r in self._database.records):
            raise NovaRefused(
                400,
                f"Unable to force up host {host} as `done` evacuation migration records remain "
                "associated with the host. Ensure the compute service has been restarted, "
                "allowing these records to move to `completed` before retrying this request.",
            )

    def _note_undone(self, service: Service, change: ServiceChange) -> None:
        now, host = self._core.now, service.host.name
        if change.enabled and not service.enabled:
            self._core.journal.note(ServiceUndone(now, host, "enabled", service.disabled_by))
        if change.forced_down is False and service.forced_down:
            self._core.journal.note(ServiceUndone(now, host, "un-forced", service.forced_by))

    def _note_toggled(self, service: Service, change: ServiceChange, who: str) -> None:
        enabled = bool(change.enabled)
        reason = service.reason if enabled else change.reason or ""
        now, host = self._core.now, service.host
        # Of one that has only just started Nova hears nothing for a while, and so does nobody else.
        hears = host.listening and service.up
        self._core.journal.note(ServiceToggled(now, host.name, enabled, who, reason, hears))

    def look(self, found: Iterable[Service]) -> None:
        """We were told how they are."""
        for service in found:
            self._operated.pop(service.id, None)
            self._taken_back.pop(service.id, None)
            self._unforced.pop(service.id, None)

    def _is_crossing(self, service: Service) -> bool:
        """An operator has changed it since we were told how it is, a moment ago."""
        return self._core.now - self._operated.get(service.id, -inf) < CROSSING

    def _take_over(self, service: Service, change: ServiceChange, who: str) -> None:
        """Whoever asks for the same between our look and our request is not seen: Nova has no condition
        on a PUT and keeps no author, so that nobody can know any more that it was theirs too."""
        if who == OPERATOR:
            self._operated[service.id] = self._core.now
        elif self._is_crossing(service):
            service.forced_by = who if change.forced_down else service.forced_by
            service.disabled_by = who if change.enabled is False else service.disabled_by

    def _who_forces(self, service: Service, change: ServiceChange, who: str) -> str:
        """What an operator takes back and sets again between two of our looks was so all the time, as far
        as anybody can know."""
        if change.forced_down:
            return self._unforced.pop(service.id, who)
        if who == OPERATOR:
            self._unforced[service.id] = service.forced_by
        return ""

    def _who_disables(self, service: Service, change: ServiceChange, who: str) -> str:
        """What an operator had set, and takes back between our look and our request, is set again by it,
        as the operator's: nobody but the operator can know."""
        if change.enabled:
            if who == OPERATOR:
                self._taken_back[service.id] = self._core.now, service.disabled_by
            return ""
        at, by = self._taken_back.get(service.id, (-inf, who))
        return by if self._core.now - at < CROSSING else who

    def _apply(self, service: Service, change: ServiceChange, who: str) -> None:
        said = []
        self._take_over(service, change, who)
        if change.forced_down is not None and change.forced_down is not service.forced_down:
            service.forced_by = self._who_forces(service, change, who)
            service.forced_down = change.forced_down
            said.append("forced down" if change.forced_down else "not forced down any more")
        if change.enabled is not None and change.enabled is not service.enabled:
            self._note_toggled(service, change, who)
            service.enabled = change.enabled
            service.disabled_by = self._who_disables(service, change, who)
            said.append("enabled" if change.enabled else "disabled")
        if who == OPERATOR and change.enabled is False:
            # What an operator says again is the operator's from then on: the reason shows it.
            service.disabled_by = who
        if change.enabled is not None:
            # Whoever says nothing about the reason erases it.
            service.reason = "" if change.enabled else change.reason or ""
        service.written = self._core.now
        if said:
            what = f"service of {service.host.name} is {' and '.join(said)} by {who}"
            self._core.journal.say("nova", what)
