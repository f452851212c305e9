"""What speaks for and against the proofs of the flagged hosts, looked at before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf

from vmha_ocf.cloud import records
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import Off
from vmha_ocf.errors import NovaDenied, NovaUnavailable, VmhaError
from vmha_ocf.model import (
    ComputeService,
    Evidence,
    Flag,
    FlagState,
    InstanceId,
    Monotonic,
    NodeName,
    NodeState,
    NovaHost,
)
from vmha_ocf.ports import Ports
from vmha_ocf.proof import given_up, judgement, presence
from vmha_ocf.proof.boot_notes import BootNotes
from vmha_ocf.proof.given_up import GivenUp
from vmha_ocf.proof.judgement import Judgement, Signs, Standing
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.seen_fencings import TOGETHER

LOOK_AGAIN = 10.0
"""Seconds between two looks at a host that waits for its force-down, for a person for example: it may be
taken into use meanwhile."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """Of a proof, by this worker."""

    of: Evidence
    since: Monotonic
    appeared: bool


@dataclass(frozen=True, slots=True)
class _Look:
    """At the service of a host, before we have changed it for the sake of this proof."""

    of: Evidence
    service: ComputeService | None
    at: float


class Proofs:
    def __init__(self, ports: Ports, cloud: Cloud, naming: Naming) -> None:
        self.given_up: Sequence[GivenUp] = ()
        self.waiting: dict[NovaHost, VmhaError] = {}
        """The hosts that Nova does not answer for, so that nothing is known of their proofs."""
        self._ports = ports
        self._cloud = cloud
        self._boots = BootNotes(ports)
        self.naming = naming
        self._pending: Sequence[Flag] = ()
        self._begun: Collection[NovaHost] = ()
        self._looks: dict[NovaHost, _Look] = {}
        self._sights: Mapping[NovaHost, _Sight] = {}
        self._sighted = Monotonic(-inf)
        """When we looked last at which proofs there are."""
        self._compared = Monotonic(-inf)
        """When we asked for Nova's time last because ours was set."""
        self._judged: dict[NovaHost, Judgement] = {}
        self._left: dict[NovaHost, Collection[InstanceId]] = {}
        """The instances of those that are given up."""

    @property
    def told(self) -> Mapping[InstanceId, str]:
        """The instances that are not evacuated because their host is not off any more."""
        return {
            instance: f"{host} is in use again: what proved it to be off has ended"
            for host, instances in self._left.items()
            for instance in instances
        }

    @property
    def unproved(self) -> Sequence[Flag]:
        """Those that do not stand, or whose standing Nova does not tell."""
        return [flag for flag in self._pending if not self.stands(flag)]

    @property
    def problems(self) -> Sequence[str]:
        doubts = [self._doubt(flag) for flag in self.unproved]
        return [*doubts, *(one.sentence() for one in self.given_up)]

    def look(self, pending: Sequence[Flag], begun: Collection[NovaHost] = ()) -> None:
        """In every round, at those that come with evidence, before anything is written. Whom Nova
        does not answer for does not stand. ``begun``: those that we have forced down; what Nova shows of
        them from then on may be of our own making, and is looked at by whoever evacuates them."""
        self._pending = pending
        self._begun = begun
        flags = [flag for flag in pending if presence.is_proved(flag)]
        hosts = {flag.host for flag in flags}
        self._looks = {host: look for host, look in self._looks.items() if host in hosts}
        due = [flag for flag in flags if self._is_due(flag)]
        self._judged = {}
        self._see(flags)
        self._read_services(due)
        self._judge_each(flags)
        if self._clocks_are_compared(flags):
            self._judge_each(flags)

    def _judge_each(self, flags: Sequence[Flag]) -> None:
        for flag in flags:
            if flag.host not in self.waiting:
                self._judge(flag)

    def look_anew(self) -> None:
        """At what Nova shows of each: we have not acted for a while, and a host may be in use by now."""
        self._looks.clear()
        self._sighted = Monotonic(-inf)

    def stands(self, flag: Flag) -> bool:
        judged = self._judged.get(flag.host)
        return judged is not None and judged.standing is Standing.HOLDS

    def has_rebooted(self, flag: Flag) -> bool:
        """Its node is known to be in another boot than the one that nova-compute was started in before."""
        node = presence.state_of(flag, self.naming.nodes, self.naming.names)
        if node is None or not node.online:
            return False
        known = self._boots.of(node.name)
        return bool(known.now and known.started_in) and known.now != known.started_in

    def still_stands(self, flag: Flag) -> bool:
        """Of one that did when it was looked at, by Pacemaker's view of now."""
        if self.stands(flag):
            self._judge(flag)
        return self.stands(flag)

    def _doubt(self, flag: Flag) -> str:
        if flag.host in self.waiting:
            return f"{flag.host} is waiting: {self.waiting[flag.host]}"
        judged = self._judged.get(flag.host)
        return self.naming.unproved(flag) if judged is None else _ended(flag, judged)

    def give_up(self, off: Off) -> None:
        """Flags whose proof has ended go, and their gates open, unless Nova may be at work on what was
        asked for. Raises what Nova, Flags and Notes raise."""
        for flag in self._pending:
            judged = self._judged.get(flag.host)
            if judged is not None and judged.standing is Standing.ENDED:
                self._give_up(flag, judged.why, off)

    def _give_up(self, flag: Flag, why: str, off: Off) -> None:
        """It is told first, and recorded, so that it is told whatever becomes of us. Nova may have moved
        others there meanwhile, which are told as well."""
        left = {one.id for one in self._ports.nova.instances_on(flag.host)}
        if flag.host not in self._left or not left <= {*self._left[flag.host]}:
            self._left[flag.host] = left
            return
        evacuations = self._ports.nova.evacuations_from(flag.host)
        if any(records.in_flight(record, off) for record in evacuations):
            return
        if flag.node is not None:
            text = given_up.format_given_up(flag, why)
            self._ports.notes.write(flag.node, given_up.ATTRIBUTE, text)
            self._note({**self._notes(), flag.node: text})
        self._ports.flags.write(replace(flag, state=FlagState.DONE))
        self._ports.say(f"{flag.host}: its evacuation is given up: {why}")

    def look_back(self, flags: Mapping[NovaHost, Flag]) -> None:
        """At what was given up, and nobody has seen to. Raises FlagsUnavailable, FlagNotWritten."""
        self._note(self._ports.notes.read(given_up.ATTRIBUTE))
        kept = {*self._judged, *(one.host for one in self.given_up)}
        self._left = {host: left for host, left in self._left.items() if host in kept}
        for one in self.given_up:
            if any(flag.pending and one.is_of_the_past(flag) for flag in flags.values()):
                self._ports.notes.remove(one.node, given_up.ATTRIBUTE, one.text)

    def _notes(self) -> Mapping[NodeName, str]:
        return {one.node: one.text for one in self.given_up}

    def _note(self, texts: Mapping[NodeName, str]) -> None:
        self.given_up = [
            given_up.parse_given_up(node, text) for node, text in sorted(texts.items())
        ]

    def _is_due(self, flag: Flag) -> bool:
        look = self._looks.get(flag.host)
        if look is None or look.of != flag.evidence:
            return True
        due = look.at + LOOK_AGAIN <= self._ports.clock.monotonic()
        return due and (flag.host not in self._begun or not self.stands(flag))

    def _read_services(self, flags: Sequence[Flag]) -> None:
        """All at once; host by host where a part of Nova does not answer."""
        self.waiting = {}
        if not flags:
            return
        try:
            services = {one.host: one for one in self._cloud.services()}
        except (NovaUnavailable, NovaDenied):
            for flag in flags:
                self._read_service(flag)
        else:
            for flag in flags:
                self._saw(flag, services.get(flag.host))

    def _read_service(self, flag: Flag) -> None:
        try:
            self._saw(flag, next(iter(self._ports.nova.services(flag.host)), None))
        except (NovaUnavailable, NovaDenied) as error:
            self.waiting[flag.host] = error

    def _see(self, flags: Sequence[Flag]) -> None:
        """Which proofs there are. After a while without a look nobody knows since when."""
        now = self._ports.clock.monotonic()
        appeared = now - self._sighted < LOOK_AGAIN
        before, self._sighted = self._sights, now
        self._sights = {
            flag.host: known
            if (known := before.get(flag.host)) is not None and known.of == flag.evidence
            else _Sight(flag.evidence, now, appeared)
            for flag in flags
            if flag.evidence is not None
        }

    def _clocks_are_compared(self, flags: Sequence[Flag]) -> bool:
        """Where ours was set, how far it is from Nova's is not known any more: looked at for those that do
        not stand."""
        now = self._ports.clock.monotonic()
        if self._cloud.nova_time.is_known or now - self._compared < LOOK_AGAIN:
            return False
        if all(map(self.stands, flags)):
            return False
        self._compared = now
        with suppress(NovaUnavailable, NovaDenied):
            self._cloud.services()
        return self._cloud.nova_time.is_known

    def _saw(self, flag: Flag, service: ComputeService | None) -> None:
        assert flag.evidence is not None
        now = self._ports.clock.monotonic()
        self._looks[flag.host] = _Look(flag.evidence, service, now)

    def _judge(self, flag: Flag) -> None:
        assert flag.evidence is not None
        look, sight = self._looks[flag.host], self._sights[flag.host]
        node = presence.state_of(flag, self.naming.nodes, self.naming.names)
        signs = Signs(
            node,
            look.service,
            self._ports.clock.now(),
            ahead=self._cloud.nova_time.ahead,
            known=look.at - sight.since,
            appeared=sight.appeared,
            fenced_ago=self._fenced_ago(node, sight),
        )
        if node is not None and node.online:
            self._boots.look()
            guests = self._boots.has_guests(node.name, flag.evidence)
            signs = replace(signs, boots=self._boots.of(node.name), guests=guests)
        self._judged[flag.host] = judgement.judge(flag.evidence, signs)

    def _fenced_ago(self, node: NodeState | None, sight: _Sight) -> float | None:
        """What is not believed of Pacemaker's word, or so old that the proof is of something else, was not
        seen; nor can it be held against Nova's times while ours is not compared with them."""
        if node is None or node.fenced_at is None or not self._cloud.nova_time.is_known:
            return None
        at = self.naming.seen.at(node.name)
        if at is None or sight.since - at > TOGETHER:
            return None
        return self._ports.clock.monotonic() - at


def _ended(flag: Flag, judged: Judgement) -> str:
    if judged.standing is Standing.ENDED:
        return f"{flag.host}: what proved it to be off has ended ({judged.why}): nothing more is asked for"
    return (
        f"{flag.host}: whether it is still off is doubtful ({judged.why}): nothing is asked for before it "
        f"is fenced anew: {_fence(flag)}"
    )


def _fence(flag: Flag) -> str:
    return f"pcs stonith fence {flag.node or flag.host}"
