"""An outcome as an operator reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmha_ocf.errors import VmhaError
from vmha_ocf.incidents import ailments
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.model import Turn
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.judge.incidents import Incident, incidents
from vmha_ocf.sim.play.run import Outcome

_TURNS = {
    Turn.FAILED: "the worker hears of it",
    Turn.ASKED: "its restart is asked for",
    Turn.MOVING: "its move to another host is asked for",
    Turn.TOLD: "it waits for a person",
    Turn.HEALED: "well again",
    Turn.ENDED: "not followed any more",
}
PROMISES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P11", "P12", "P13")
"""Those that a world can show."""


def timeline(outcome: Outcome) -> Iterator[str]:
    """Times are seconds after the failure of the host."""
    yield outcome.scenario.title
    for incident in incidents(outcome.world.core.journal.facts):
        yield ""
        yield f"{incident.host}, {incident.began:.1f} s after the start"
        for phase in incident.phases:
            yield f"  {phase.time - incident.began:+9.1f} s  {phase.what}"
        yield f"  {_recovery(incident)}"
    for ailment in _ailments(outcome):
        yield ""
        yield from _ailment(ailment)
    yield ""


def verdict(outcome: Outcome) -> Iterator[str]:
    world = outcome.world
    for instance, reason in sorted(world.reported.reasons.items()):
        server = world.database.servers.get(instance)
        if server and not world.hosts[server.host].compute.running:
            yield f"not evacuated: {server.name}: {reason}"
    for problem in outcome.problems:
        yield f"pcs status shows: {problem}"
    for sentence in outcome.broken:
        yield f"BROKEN PROMISE {sentence}"
    if not outcome.broken:
        yield f"promises: {', '.join(PROMISES)} hold"
    for sentence in outcome.unmet:
        yield f"NOT AS EXPECTED: {sentence}"
    if not outcome.unmet:
        yield "it ended as expected"


def _ailments(outcome: Outcome) -> Sequence[Ailment]:
    """Oldest first; none where the cluster does not answer at the end."""
    try:
        return ailments.newest_first(outcome.world.history.read_ailments())[::-1]
    except VmhaError:
        return ()


def _ailment(one: Ailment) -> Iterator[str]:
    """As the history has it: of a host that lives, for what is done about it."""
    patient = one.patient
    yield f"{patient.name} on {patient.host}: {one.kind}, {one.began - EPOCH:.1f} s after the start"
    for turn, at in sorted(one.turns.items(), key=lambda each: each[1]):
        yield f"  {at - one.began:+9.1f} s  {_TURNS[turn]}"
    if one.recovery is not None:
        yield f"  time to recover: {one.recovery:.1f} s"
    yield from (f"  {text}" for text in (one.told, one.outcome) if text)


def _recovery(incident: Incident) -> str:
    if incident.recovery is None:
        return "nothing was evacuated"
    return f"time to recover: {incident.recovery:.1f} s, to the last instance active"
