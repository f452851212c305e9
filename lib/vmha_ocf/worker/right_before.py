"""What is read again right before a host is forced down, and before anything is asked for.

Between a round's beginning and its requests pass seconds, in which others act: hosts are flagged, which
Nova would choose; claims are overwritten, flags dropped, quorum is lost, a person says stop, a host comes
back. It is asked once for all hosts, and all of it at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vmha_ocf.agent.ahead import Ahead, Question
from vmha_ocf.cluster.held import Held
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation import acting
from vmha_ocf.evacuation.host import HostRound
from vmha_ocf.evacuation.together.requesting import Asked
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import presence
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.proofs import Proofs
from vmha_ocf.worker.authority import Authority

Flagged = Mapping[NovaHost, Flag]


class RightBefore:
    def __init__(
        self, ports: Ports, authority: Authority, held: Held, naming: Naming, proofs: Proofs
    ) -> None:
        self.problem = ""
        self.flags = Question(ports.flags.read)
        self.nodes = Question(ports.cluster.nodes)
        self._ahead = Ahead(ports.parallel)
        self._authority = authority
        self._held = held
        self._naming = naming
        self._proofs = proofs

    def begin(self, every: float, *, busy: bool, nodes: bool) -> None:
        """A round does. ``every``: see Authority; ``busy``: a host is being evacuated; ``nodes``: they are
        to be looked at. They may be as much older than flags as the time between two looks at them: so
        nothing hangs on which is asked for first."""
        self.problem = ""
        asked: list[Question[Any]] = [self.nodes] if nodes else []
        authority = self._authority.questions(every)
        self._ahead.ask([self.flags, *authority, *asked, self._held.by_hand] if busy else ())

    def to_force(self, hosts: Sequence[HostRound], *, held: bool) -> Sequence[HostRound]:
        """Those that may be forced down: claimed by us, on the strength of a proof that has not ended.
        ``held``: it was when the round began, and these go on all the same."""
        flags = self._read(self.nodes, held=held)
        if flags is None:
            return ()
        try:
            self._naming.look(flags, self.nodes())
        except VmhaError as error:
            self.problem = str(error)
            return ()
        return [host for host in hosts if self._may_force(host, flags.get(host.host))]

    def _may_force(self, host: HostRound, flag: Flag | None) -> bool:
        if flag is None or not acting.is_claimed_by(flag, host.mine):
            return False
        same = flag.evidence == host.mine.evidence
        return same and presence.is_proved(flag) and self._proofs.still_stands(flag)

    def to_ask(self, planned: Asked, known: Collection[NovaHost]) -> Asked:
        """What may be asked for. ``known``: the hosts that the round has found flagged."""
        flags = self._read()
        if flags is None or any(
            presence.is_proved(one) for one in flags.values() if one.host not in known
        ):
            return ()
        return [
            one for one in planned if acting.is_claimed_by(flags.get(one[0].host), one[0].mine)
        ]

    def to_change(self, hosts: Collection[NovaHost]) -> Collection[NovaHost]:
        """Hosts that live, of which something may be changed: those that nobody has flagged meanwhile."""
        flags = self._read()
        return () if flags is None else [host for host in hosts if host not in flags]

    def to_fence(self, hosts: Collection[NovaHost]) -> Collection[NovaHost]:
        """Hosts that live: those that nobody has flagged, while no evacuation is waited for."""
        flags = self._read()
        if flags is None or any(flag.pending for flag in flags.values()):
            return ()
        return [host for host in hosts if host not in flags]

    def _read(self, *more: Question[Any], held: bool = False) -> Flagged | None:
        """None: nothing may be done."""
        self.problem = ""
        self._ahead.ask((self.flags, self._authority.quorum, self._held.by_hand, *more))
        try:
            flags = self.flags()
            may = self._authority.has_quorum() and (not self._is_held(flags) or held)
        except VmhaError as error:
            self.problem = str(error)
            return None
        return flags if may else None

    def _is_held(self, flags: Flagged) -> bool:
        return self._held.look(flags.values(), self._naming.fenced, anew=True)
