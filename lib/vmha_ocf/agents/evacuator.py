"""NovaEvacuate's worker: rounds of read, plan, act, each ending in one sentence.

No round waits for an evacuation. What must not be lost is in the flags and in Nova's own records,
so the worker may be killed at any point; the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from math import inf

from vmha_ocf import acting, presence
from vmha_ocf.agents.authority import Authority
from vmha_ocf.agents.flag_story import FlagStory
from vmha_ocf.agents.held import Held
from vmha_ocf.agents.host_return import HostReturn
from vmha_ocf.agents.host_round import HostRound, Surroundings
from vmha_ocf.agents.lost_hosts import LONGEST, LostHosts
from vmha_ocf.agents.nova_time import NovaTime
from vmha_ocf.agents.round import CROWD, Pauses, Round
from vmha_ocf.agents.unflagged import Unflagged
from vmha_ocf.errors import NovaDenied, NovaUnavailable, VmhaError
from vmha_ocf.model import ComputeService, Flag, InstanceId, NovaHost
from vmha_ocf.pace import Pace
from vmha_ocf.policy import Policy
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.records import STILL, Off

Flagged = Mapping[NovaHost, Flag]


class Evacuator:
    """One worker. ``me`` is the controller's name as claims show it."""

    def __init__(
        self,
        ports: WorkerPorts,
        policy: Policy,
        me: str,
        *,
        domain: str = "",
        pauses: Pauses | None = None,
    ) -> None:
        self._ports = ports
        self._policy = policy
        self._me = me
        self._domain = domain
        self._pauses = pauses or Pauses()
        self._hosts: dict[NovaHost, HostRound] = {}
        self._ran_at: dict[NovaHost, float] = {}
        self._story = FlagStory(ports)
        self._return = HostReturn(ports)
        self._waiting: Collection[NovaHost] = ()
        self._nodes: presence.Nodes = {}
        self._unflagged = Unflagged(ports, domain)
        self._lost = LostHosts(ports, domain)
        self._held = Held(ports, policy)
        self._authority = Authority(ports.cluster, ports.clock, me)
        self._nova_time = NovaTime(ports.clock)
        self._strangers = False
        """A node may be fenced that nobody flagged."""
        self._over = False
        """A host whose evacuation is over has its flag still: it is away, or on its way back."""
        self._did: dict[str, float] = {}
        self._problems: dict[str, str] = {}
        self._unproved: Sequence[Flag] = ()
        self._pace = Pace(policy.caps.total)
        self._destinations: presence.Services = None

    def round(self) -> Round:
        """Do what can be done now. Never raises a VmhaError: what went wrong is in the answer."""
        start = self._now()
        try:
            flags = self._ports.flags.read()
            self._problems.pop("flags", None)
        except VmhaError as error:
            self._problems["flags"] = str(error)
            return self._ended("the flags cannot be read", self._pauses.trouble)
        if not self._authority.look(self._pauses.following):
            self._hosts.clear()  # What another one does meanwhile, we would not know of.
            return self._ended("it is not for this worker to act", self._pauses.following)
        self._guard("nodes", self._read_nodes)
        self._forget(flags)
        self._lost.look(flags, self._nodes)
        held = self._held.look(flags.values())
        self._story.look(flags, "; ".join(self._held.problems.values()) if held else "")
        pending = sorted((flag for flag in flags.values() if flag.pending), key=self._turn)
        self._unproved = [flag for flag in pending if not presence.is_proved(flag)]
        if pending:
            self._guard("services", lambda: self._count_destinations(flags))
        else:  # Whoever waited for Nova has lost its flag: somebody has dropped it.
            self._problems.pop("nova", None)
            self._problems.pop("services", None)
        # All are taken down before anything is asked for, lest Nova choose one for another's sake.
        prepared = self._prepared(pending, held, start)
        self._problems.pop("lost", None)
        waits = held or (bool(prepared) and self._awaits_lost())
        for host, flag in prepared:
            if not self._run(host, flag, flags, waits) or self._is_late(start):
                break
        self._guard("return", lambda: self._look_around(flags))
        return self._summary(pending, flags)

    def _guard(self, topic: str, action: Callable[[], None]) -> bool:
        """Run one part of the round; what it cannot do is a problem, not the end of the round. It is
        due again at once: a part that only waits for its time would pass for one that succeeded."""
        try:
            action()
        except VmhaError as error:
            self._problems[topic] = str(error)
            self._did.pop(topic, None)
            return False
        self._problems.pop(topic, None)
        return True

    def _now(self) -> float:
        return self._ports.clock.monotonic()

    def _is_due(self, what: str, every: float) -> bool:
        now = self._now()
        if now - self._did.get(what, -inf) < every:
            return False
        self._did[what] = now
        return True

    def _is_late(self, start: float) -> bool:
        return self._now() - start >= self._pauses.longest_round

    def _turn(self, flag: Flag) -> tuple[float, float, str]:
        """Whoever has not been looked at for longest is next; a host that Nova does not answer for
        thereby comes last."""
        at = flag.evidence.at if flag.evidence else 0.0
        return self._ran_at.get(flag.host, -inf), at, flag.host

    def _read_nodes(self) -> None:
        if self._is_due("nodes", self._pauses.following):
            self._nodes = self._ports.cluster.nodes()

    def _count_destinations(self, flags: Flagged) -> None:
        """What was seen last, less what went off since, for good: a host that boots is at its gate, and
        takes nothing before Nova is seen to call it up again. Nova is asked only while none is left.
        To ask for an evacuation that has no destination turns an instance into an ERROR."""
        self._note_destinations(self._destinations, flags)
        if not self._destinations and self._is_due("services", self._pauses.returning):
            self._note_destinations(self._services(), flags)

    def _note_destinations(self, services: presence.Services, flags: Flagged) -> None:
        gated = presence.gated(flags.values())
        self._destinations = presence.destinations(services, self._off(flags), gated)

    def _services(self) -> Sequence[ComputeService]:
        services = self._ports.nova.services()
        self._nova_time.look(services)
        self._held.hosts = len(services)
        return services

    def _forget(self, flags: Flagged) -> None:
        for host in list(self._hosts):
            flag = flags.get(host)
            if flag is None or not flag.pending:
                del self._hosts[host]
        self._ran_at = {host: at for host, at in self._ran_at.items() if host in flags}

    def _is_back(self, flag: Flag) -> bool:
        return presence.is_back(flag, self._nodes, self._domain)

    def _off(self, flags: Flagged) -> Off:
        off = presence.hosts_off(flags.values(), self._nodes, self._domain)
        return self._nova_time.trusted(off)

    def _prepared(
        self, pending: Sequence[Flag], held: bool, start: float
    ) -> Sequence[tuple[HostRound, Flag]]:
        """The hosts that are claimed and forced down."""
        prepared = []
        for flag in pending:
            if flag in self._unproved or (held and flag.host not in self._hosts):
                continue
            host = self._hosts.setdefault(
                flag.host, HostRound(flag.host, self._ports, self._policy, self._me)
            )
            ready = self._attempt(host, partial(host.prepare, flag))
            if ready:
                prepared.append((host, flag))
            if ready is None or self._is_late(start):
                break
        return prepared

    def _awaits_lost(self) -> bool:
        """Whether a host is dying that Nova would choose. Not knowing waits too."""
        try:
            lost = self._lost.awaited()
        except VmhaError as error:
            self._problems["lost"] = str(error)
            return True
        if lost:
            self._problems["lost"] = (
                f"{', '.join(lost)} is lost and not flagged yet, and Nova would still choose it: "
                f"requests wait, at most {LONGEST:g} s"
            )
        return bool(lost)

    def _run(self, host: HostRound, flag: Flag, flags: Flagged, waits: bool) -> bool:
        """One host's round. False: Nova does not answer, the other hosts would only wait too."""
        self._ran_at[host.host] = self._now()
        others = (other for other in self._hosts.values() if other is not host)
        around = Surroundings(
            self._off(flags),
            self._is_back(flag),
            self._destinations is None or bool(self._destinations),
            self._room(waits),
            lambda: self._must_wait(host),
            {group for other in others for group in other.busy_groups},
        )
        over = self._attempt(host, partial(host.run, around))
        if host.load:
            most = self._policy.caps.total
            self._pace = self._pace.after(host.load, most=most, now=self._now())
        if over:
            del self._hosts[host.host]
            self._did.pop("services", None)
        return over is not None

    def _must_wait(self, host: HostRound) -> bool:
        """Asked right before a request: hosts may have been flagged, and our claim may have been
        overwritten, since the round began."""
        flags = self._ports.flags.read()
        held = self._held.look(flags.values())
        lost = not acting.is_claimed_by(flags.get(host.host), host.claim)
        return held or lost or not self._authority.has_quorum()

    def _attempt(self, host: HostRound, action: Callable[[], bool]) -> bool | None:
        """What it answers; False where it could not; None where Nova does not answer."""
        try:
            answer = action()
        except (NovaUnavailable, NovaDenied) as error:
            self._problems["nova"] = f"{host.host} is waiting: {error}"
            self._ran_at[host.host] = self._now()
            return None
        except VmhaError as error:
            host.problems["round"] = f"{host.host}: {error}"
            return False
        self._problems.pop("nova", None)
        host.problems.pop("round", None)
        return answer

    def _room(self, waits: bool) -> int:
        """Requests that the caps over all hosts still allow. None while requests have to wait."""
        if waits:
            return 0
        caps = self._policy.caps
        spread = caps.per_destination * len(self._destinations or ()) or caps.total
        paced = self._pace.room(self._now())
        return max(0, min(caps.total, spread, paced) - self._flying)

    @property
    def _flying(self) -> int:
        return sum(host.in_flight for host in self._hosts.values())

    def _look_around(self, flags: Flagged) -> None:
        """At the services: those on their way back, and fenced hosts that nobody flagged."""
        self._strangers = self._unflagged.look(flags, self._nodes)
        off = self._off(flags)
        over = [flag.host for flag in flags.values() if not flag.pending]
        self._over = bool(over)
        soon = self._waiting or self._strangers or any(off.get(host) != STILL for host in over)
        if not self._is_due("return", self._pauses.returning if soon else self._pauses.services):
            return
        services = self._services()
        flags = self._ports.flags.read()  # The round may have taken a while.
        self._note_destinations(services, flags)
        self._waiting = self._return.run(services, flags, self._off(flags))
        self._unflagged.run({one.host: one for one in services}, flags, self._nodes)
        self._held.end_release(flags.values())

    def _summary(self, pending: Sequence[Flag], flags: Flagged) -> Round:
        hosts = list(self._hosts.values())
        told = "; ".join(host.sentence() for host in hosts)
        if not (told or pending) and self._waiting:
            told = f"on their way back: {', '.join(sorted(self._waiting))}"
        if not told and pending:
            told = f"waiting: {', '.join(flag.host for flag in pending)}"
        return self._ended(told or "nothing is flagged", self._pause(pending), flags)

    def _pause(self, pending: Sequence[Flag]) -> float:
        if "nova" in self._problems:
            return self._pauses.trouble
        if any(host.progress for host in self._hosts.values()):
            return self._pauses.busy
        if pending:
            return self._pauses.crowded if self._flying > CROWD else self._pauses.following
        troubled = self._problems or self._held.problems
        soon = self._waiting or self._strangers or self._over or troubled
        return self._pauses.returning if soon else self._pauses.idle

    def _ended(self, sentence: str, pause: float, flags: Flagged | None = None) -> Round:
        problems = [self._authority.problem] if self._authority.problem else []
        problems += [*self._held.problems.values(), *self._problems.values()]
        problems += map(_unproved, self._unproved)
        problems += self._unflagged.problems.values()
        problems += self._return.problems
        told: dict[InstanceId, str] = {}
        for host in self._hosts.values():
            problems.extend(host.problems.values())
            told.update(host.told)
        return Round(sentence, problems, pause, told, flags)


def _unproved(flag: Flag) -> str:
    return (
        f"{flag.host} is flagged, but nobody has proved that it is off: fence it, "
        f"for example with pcs stonith fence {flag.node or flag.host}, or drop the flag if it is in "
        "service"
    )
