"""How one compute host is, from what Pacemaker, the flag, Nova and the planner say of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cloud import records
from vmha_ocf.evacuation.plan import Plan
from vmha_ocf.evacuation.verdict import Next, Verdict
from vmha_ocf.model import ComputeService, Flag, FlagState, Instance, NodeName, NodeState, NovaHost
from vmha_ocf.operator.answer import Level, worst
from vmha_ocf.operator.look import Look
from vmha_ocf.proof import presence

BACK = (
    "on its way back into service, once its nova-compute reports to Nova; if that lasts: journalctl -u "
    "nova-compute -u libvirtd, on that host"
)
_OURS = frozenset(Next) - {Next.LEAVE}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of one host. None of ``service``: Nova does not know it, or was not asked."""

    node: NodeName
    host: NovaHost
    state: NodeState | None
    flag: Flag | None
    service: ComputeService | None
    asked: bool
    """Nova answered."""
    look: Look | None = None
    """Of a flagged host."""
    proved: bool = True


@dataclass(frozen=True, slots=True)
class HostStatus:
    seen: Seen
    level: Level
    told: str
    """One sentence without the host's name; empty where all is well."""

    @property
    def pacemaker(self) -> str:
        state = self.seen.state
        if state is None:
            return "never seen"
        if state.online:
            return "online"
        return "fenced" if state.fenced else "offline"

    @property
    def nova(self) -> str:
        service = self.seen.service
        if service is None:
            return "unknown there" if self.seen.asked else "no answer"
        if service.forced_down:
            return "forced down"
        return ("up" if service.up else "down") + ("" if service.enabled else ", disabled")

    @property
    def flag(self) -> str:
        flag = self.seen.flag
        if flag is None:
            return "-"
        if flag.state is FlagState.CLAIMED:
            return f"evacuating, {flag.owner}"
        return "needed" if flag.pending else "evacuated"

    @property
    def progress(self) -> str:
        return _in_words(progress(self.seen.look)) if self.seen.look else ""


def assess(seen: Seen, *, held: bool) -> HostStatus:
    findings = list(_findings(seen, held=held))
    level = worst(level for level, _ in findings)
    return HostStatus(seen, level, "; ".join(told for at, told in findings if at is level))


def _findings(seen: Seen, *, held: bool) -> Iterator[tuple[Level, str]]:
    if seen.flag is not None and seen.flag.pending:
        yield from _of_pending(seen, held=held)
    elif seen.flag is not None:
        away = seen.state is None or not seen.state.online
        told = "the host is away" if away else BACK
        yield Level.WARNING, f"its evacuation is over; {told}"
    elif seen.state is None:
        yield Level.WARNING, "Pacemaker has never seen this node"
    elif not seen.state.online:
        fenced = "fenced, and not flagged yet" if seen.state.fenced else "lost, and not fenced yet"
        yield Level.WARNING, fenced
    else:
        yield from _of_service(seen)


def _of_service(seen: Seen) -> Iterator[tuple[Level, str]]:
    service = seen.service
    if service is None:
        if seen.asked:
            yield Level.ERROR, f"Nova has no compute service on {seen.host}"
    elif service.forced_down:
        yield Level.WARNING, "forced down in Nova, by nobody who flagged it"
    elif not service.up:
        yield Level.WARNING, "nova-compute is down"


def _of_pending(seen: Seen, *, held: bool) -> Iterator[tuple[Level, str]]:
    if held and (seen.look is None or not in_flight(seen.look.plan)):
        yield Level.ERROR, "waits, because evacuation is held"
    if not seen.proved:
        yield (
            Level.ERROR,
            f"flagged, but nobody has proved that it is off: pcs stonith fence {seen.node}",
        )
    if seen.look is None:
        yield Level.WARNING, "flagged"
        return
    told = given_up(seen.look)
    if told:
        yield Level.ERROR, f"{_names(told)} not evacuated: {told[0][1]}"
    if seen.look.problem:
        yield Level.ERROR, seen.look.problem
    yield Level.WARNING, f"being evacuated: {_in_words(progress(seen.look))}"


def given_up(look: Look) -> Sequence[tuple[Instance, str]]:
    """What is not evacuated, and why: what the worker tells, and what waits for its next attempt."""
    view = look.view
    since = view.flag.proved_at
    found = records.by_instance(view.reading.evacuations)
    told = []
    for one in look.plan.verdicts:
        failed = records.failures(found.get(one.instance.id, ()), view.around.off, since)
        if one.told or one.next is Next.RETRY:
            told.append((one.instance, one.reason))
        elif failed and one.next in (Next.EVACUATE, Next.RESET):
            last = found[one.instance.id][0].status
            told.append((one.instance, f"attempt {failed} ended as {last}; the next one follows"))
    return told


def in_flight(plan: Plan) -> Sequence[Verdict]:
    return [one for one in plan.verdicts if one.next is Next.IN_FLIGHT]


def progress(look: Look) -> Mapping[str, int]:
    """Instances by where they are, from Nova's list and its records since the power-off."""
    since = look.view.flag.proved_at
    left = [one for one in look.plan.verdicts if one.next in _OURS]
    here = {one.id for one in look.view.reading.instances}
    moved = {
        one.instance
        for one in look.view.reading.evacuations
        if one.status in records.MOVED
        and one.instance not in here
        and records.is_since(one, since)
    }
    flying = len(in_flight(look.plan))
    alone = sum(one.alone for one in look.plan.verdicts)
    counts = {"in flight": flying, "to go": len(left) - flying, "moved": len(moved)}
    return {**counts, "left alone": alone} if alone else counts


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none left"


def _names(told: Sequence[tuple[Instance, str]]) -> str:
    first, more = told[0][0], len(told) - 1
    name = first.name or first.id
    return f"{name} and {more} more are" if more else f"{name} is"


def is_proved(flag: Flag | None) -> bool:
    return flag is None or not flag.pending or presence.is_proved(flag)
