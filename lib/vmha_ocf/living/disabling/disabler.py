"""Hosts that live are disabled in Nova as the policy says, and enabled when what ails them is over.

One PUT disables and says why, so who dies there leaves nothing that nobody knows as ours. A note before it
says that it was done once: what somebody enables meanwhile is not disabled again for the same failure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.disabling import noted, plan
from vmha_ocf.living.disabling.causes import Cause, named
from vmha_ocf.living.disabling.noted import ATTRIBUTE, Noted
from vmha_ocf.living.disabling.plan import Do, Step
from vmha_ocf.model import ComputeService, Monotonic, NodeName, NovaHost, ServiceChange, Services
from vmha_ocf.ports import Ports
from vmha_ocf.proof.naming import Naming
from vmha_ocf.service import marker
from vmha_ocf.service.row import settings

_UNHEARD = "Nova does not hear of its nova-compute now"

May = Callable[[Collection[NovaHost]], Collection[NovaHost]]
"""Which of these hosts may be changed now."""


class Disabler:
    def __init__(self, ports: Ports, cloud: Cloud, naming: Naming, may: May) -> None:
        self.problems: Sequence[str] = ()
        self.is_busy = False
        """Something is disabled, or to be, or remembered."""
        self.disabled: Mapping[str, Collection[NovaHost]] = {}
        """For which cause, at the last look."""
        self._ports = ports
        self._cloud = cloud
        self._naming = naming
        self._may = may
        self._texts: Mapping[NodeName, str] = {}
        self._heard: dict[NovaHost, tuple[str, Monotonic]] = {}
        """The last report of each service, and since when it is known."""
        self._looks_back = True
        """An earlier worker may have left notes."""
        self._just: set[NovaHost] = set()
        """Those that Nova was asked to disable in this look."""

    def look(
        self, causes: Sequence[Cause], flagged: Mapping[NovaHost, bool], waits_for: str
    ) -> None:
        """``flagged``: the hosts that are, and whether their evacuation is not over; ``waits_for``: why
        nothing new may be begun, "" if it may. Raises NovaUnavailable, NovaDenied, FlagsUnavailable,
        FlagNotWritten."""
        self._just.clear()
        services = self._services(causes)
        if services is None:
            return
        self._hear(services)
        self._texts = self._ports.notes.read(ATTRIBUTE) if self._is_open(services, causes) else {}
        self._looks_back = self._looks_back and not any(one.asks for one in causes)
        known = noted.by_host(self._texts)
        held_for = self._cloud.in_force.policy.gates.held_for
        steps = [
            step
            for service in services
            if service.host not in flagged
            for step in plan.of_host(
                service,
                known.get(service.host, {}),
                causes,
                held_for,
                has_node=self._naming.names.node_of(service.host) in self._naming.nodes,
            )
        ]
        self.is_busy = bool(known or plan.marked(services) or steps)
        pending = "an evacuation is not over" if any(flagged.values()) else ""
        self.disabled = {one.name: plan.marked(services, one.name) for one in causes}
        told = [self._do(one, services, causes, waits_for or pending) for one in steps]
        self.problems = list(filter(None, told))

    def _services(self, causes: Sequence[Cause]) -> Services | None:
        """Nova is asked only where there may be something to do: our marks are seen by the way."""
        if self.is_busy or any(one.ailing or one.wanted for one in causes):
            return self._cloud.services()
        if self._looks_back and any(one.asks for one in causes):
            return self._cloud.services()
        return self._cloud.listed

    def _is_open(self, services: Services, causes: Sequence[Cause]) -> bool:
        asks = any(one.asks for one in causes)
        return (
            (asks and self._looks_back)
            or self.is_busy
            or bool(plan.marked(services) or any(one.wanted for one in causes))
        )

    def _hear(self, services: Services) -> None:
        now = self._cloud.services_at
        for one in services:
            if self._heard.get(one.host, ("", now))[0] != one.updated_at:
                self._heard[one.host] = one.updated_at, Monotonic(now)

    def _do(self, one: Step, services: Services, causes: Sequence[Cause], waits_for: str) -> str:
        """What a person should know; "" if nothing."""
        match one.do:
            case Do.DISABLE:
                why = waits_for or self._against(one, services, causes)
                return _left(one, why) if why else self._attempt(self._disable, one, _left)
            case Do.ENABLE:
                # One that starts disabled and is enabled before it is up takes no instances for a minute.
                heard = one.service.up and not self._is_silent(one.host)
                return self._attempt(self._enable, one, _stays) if heard else _stays(one, _UNHEARD)
            case Do.NOTE | Do.FORGET:
                self._note(one.noted, gone=one.do is Do.FORGET)
        return one.told

    def _against(self, one: Step, services: Services, causes: Sequence[Cause]) -> str:
        names = self._naming.names
        node = names.node_of(one.host)
        if node is None:
            return "its node is not known"
        if one.service.up and self._is_silent(one.host):
            return _UNHEARD
        marked = self._just.union(plan.marked(services))
        beside = {host for host in marked if names.node_of(host) != node}
        most = self._cloud.in_force.policy.gates.hosts_at_once
        return plan.against(one, services, causes, beside, most)

    def _is_silent(self, host: NovaHost) -> bool:
        """One that Nova calls up it asks, and waits a minute for the answer, and the worker with it."""
        _, since = self._heard[host]
        return self._ports.clock.monotonic() - since >= self._cloud.silence

    def _attempt(
        self, action: Callable[[Step], None], one: Step, told: Callable[[Step, str], str]
    ) -> str:
        """What fails for one host keeps no other waiting."""
        try:
            if self._is_as_it_was(one):
                action(one)
        except VmhaError as error:
            return told(one, str(error))
        return ""

    def _disable(self, one: Step) -> None:
        at = self._ports.clock.now()
        mine = Noted(one.host, one.cause, f"{one.what}@{at:.0f}")
        self._note(mine)
        self._just.add(one.host)
        change = ServiceChange(enabled=False, reason=marker.format_cause(one.cause, mine.episode))
        self._ports.nova.update_service(one.service, change)
        self._cloud.look_anew()
        self._note(Noted(mine.host, mine.cause, mine.episode, done=True))
        failed = named(one.cause, one.what)
        self._ports.say(f"{one.host}: disabled for {failed}: Nova chooses it for nobody")

    def _enable(self, one: Step) -> None:
        self._ports.nova.update_service(one.service, ServiceChange(enabled=True))
        self._cloud.look_anew()
        failed = named(one.cause, one.what)
        self._ports.say(f"{one.host}: enabled again: nothing is wrong with {failed} any more")
        self._note(one.noted, gone=True)

    def _is_as_it_was(self, one: Step) -> bool:
        """Nobody has flagged it, nothing is held, and it is as the list had it: so is whether Nova hears of
        it, as a nova-compute that has come back by itself is well."""
        if one.host not in self._may([one.host]):
            return False
        now = self._ports.nova.services(one.host)
        return any(_as_is(each) == _as_is(one.service) for each in now)

    def _note(self, one: Noted | None, *, gone: bool = False) -> None:
        """Also of a host whose node is another one by now."""
        if one is None:
            return
        held = [node for node, text in self._texts.items() if one.host in _hosts(text)]
        node = held[0] if held else self._naming.names.node_of(one.host)
        if node is None:
            return
        before = self._texts.get(node, "")
        text = noted.without(before, one) if gone else noted.with_one(before, one)
        if text:
            self._ports.notes.write(node, ATTRIBUTE, text)
        else:
            self._ports.notes.remove(node, ATTRIBUTE, before)
        self._texts = {**self._texts, node: text}


def _as_is(service: ComputeService) -> tuple[object, ...]:
    return *settings(service), service.up


def _hosts(text: str) -> Collection[NovaHost]:
    return {one.host for one in noted.parse(text)}


def _left(one: Step, why: str) -> str:
    return f"{one.host} is to be disabled for {named(one.cause, one.what)}, and is not: {why}"


def _stays(one: Step, why: str) -> str:
    return (
        f"{one.host} is disabled for {named(one.cause, one.what)}, and is not enabled yet: {why}"
    )
