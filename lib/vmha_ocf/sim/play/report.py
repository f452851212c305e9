"""An outcome as an operator reads it."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.sim.judge.incidents import Incident, incidents
from vmha_ocf.sim.play.run import Outcome

PROMISES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P11", "P12")
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


def _recovery(incident: Incident) -> str:
    if incident.recovery is None:
        return "nothing was evacuated"
    return f"time to recover: {incident.recovery:.1f} s, to the last instance active"
