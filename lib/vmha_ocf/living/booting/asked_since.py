"""What was asked of instances since their host booted: Nova's answers, kept as long as they are good."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vmha_ocf.cloud.past import PastEvacuations
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.booting import off_since
from vmha_ocf.living.booting.off_since import Found, Off
from vmha_ocf.model import Action, Evacuation, Instance, InstanceId, Move, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof.boots import Served

KEPT = 60.0
"""Seconds. What is its owner's stays so as long as its host is in this boot."""

Wanted = Sequence[tuple[Instance, Sequence[Served]]]
"""Each with the boots of its host that nobody has looked after."""


class AskedSince:
    def __init__(self, ports: Ports, past: PastEvacuations) -> None:
        self.trouble: dict[NovaHost, VmhaError] = {}
        """The hosts of instances that Nova did not tell about."""
        self._ports = ports
        self._past = past
        self._known: dict[tuple[InstanceId, str], tuple[Found, float]] = {}
        self._suspects: dict[str, Collection[InstanceId]] = {}
        """By the boot in which they are off."""

    def of(self, wanted: Wanted, *, fresh: bool = False) -> Mapping[InstanceId, Found]:
        """Of those that Nova tells about; ``trouble`` has the others. ``fresh``: what is kept is not good
        enough. Raises what the question for suspects raises: without its answer none is started."""
        self.trouble = {}
        due = [one for one in wanted if fresh or self._is_due(*one)]
        now = self._ports.clock.monotonic()
        for (one, served), found in zip(due, self._ports.parallel(self._try, due), strict=True):
            self._known.pop((one.id, served[-1].boot), None)
            if isinstance(found, VmhaError):
                self.trouble[one.host] = found
            else:
                self._known[one.id, served[-1].boot] = self._unless_suspect(found, served), now
        known = [(one.id, self._known.get((one.id, served[-1].boot))) for one, served in wanted]
        return {instance: kept[0] for instance, kept in known if kept is not None}

    def forget_all(self) -> None:
        self._known.clear()
        self._suspects.clear()

    def _is_due(self, one: Instance, served: Sequence[Served]) -> bool:
        known = self._known.get((one.id, served[-1].boot))
        if known is None:
            return True
        found, at = known
        return found.off is not Off.LEFT and self._ports.clock.monotonic() - at >= KEPT

    def _try(self, wanted: tuple[Instance, Sequence[Served]]) -> Found | VmhaError:
        """On a thread of its own."""
        try:
            return self._ask(wanted)
        except VmhaError as error:
            return error

    def _ask(self, wanted: tuple[Instance, Sequence[Served]]) -> Found:
        one, served = wanted
        actions = self._ports.nova.actions_of(one)
        off = off_since.judge(actions, served)
        elsewhere = self._elsewhere(one, actions, served) if off is Off.RAN else None
        return Found(one, off) if elsewhere is None else Found(one, Off.ELSEWHERE, elsewhere)

    def _elsewhere(
        self, one: Instance, actions: Sequence[Action], served: Sequence[Served]
    ) -> str | None:
        """Where it may run; "" is nobody knows where, None is nowhere."""
        found: Move | Evacuation | None = None
        if off_since.was_moved(actions):
            found = off_since.cut_short(one, self._ports.nova.moves_of(one), served)
        if found is None and off_since.was_evacuated(actions):
            evacuations = self._ports.nova.evacuations_from(one.host)
            found = off_since.failed_there(one, evacuations, served)
        return None if found is None else found.dest or ""

    def _unless_suspect(self, found: Found, served: Sequence[Served]) -> Found:
        if found.off is not Off.RAN:
            return found
        if served[-1].boot not in self._suspects:
            self._suspects[served[-1].boot] = self._past.suspects(served[-1].at).keys()
        suspect = found.instance.id in self._suspects[served[-1].boot]
        return Found(found.instance, Off.SUSPECT) if suspect else found
