"""Whether a seed ended well: no promise broken, and everything that can be well is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.proof.judge import Played, is_stuck, play
from vmha_ocf.agent.settings import Settings
from vmha_ocf.model import NovaHost
from vmha_ocf.sim.base.scenario import Scenario
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.cloud.database import IN_FLIGHT, Server
from vmha_ocf.sim.judge.invariants import left_behind
from vmha_ocf.sim.play.scenario_check import options_of
from vmha_ocf.sim.world import World

_EVACUABLE = frozenset({"active", "stopped", "error"})
_STARTED_BY_ITS_HOST = frozenset(
    {"powering-on", "resuming", "restoring", "rescuing", "unrescuing"}
)
_RESETS = frozenset({"paused", "suspended", "rescued"})


@dataclass(frozen=True)
class Judged:
    played: Played
    wrong: tuple[str, ...]


def judge(scenario: Scenario, wrap: Wrap = unwrapped) -> Judged:
    played = play(scenario, wrap, attended=True)
    outcome = played.outcome
    settings = options_of(scenario).settings
    behind = [outcome.world.instance(one) for one in left_behind(outcome.world, ours=outcome.ours)]
    excused = {one.host for one in behind if not _can_be_moved(one, outcome.world, settings)}
    wrong = [
        *outcome.broken,
        *(text for text in played.hosts if not _is_excused(text, excused)),
        *_left(outcome.world, settings, behind),
    ]
    return Judged(played, tuple(wrong))


def promise(sentence: str) -> str:
    """What a sentence is about, without names and times: to tell whether two are of one kind."""
    first = sentence.split()[0]
    return (
        first if first.startswith("P") and first[1:].isdigit() else " ".join(sentence.split()[1:3])
    )


def _is_excused(text: str, hosts: set[NovaHost]) -> bool:
    """A flag stays as long as something is left that nobody can move."""
    return "is still flagged" in text and text.split()[0] in hosts


def _left(world: World, settings: Settings, behind: list[Server]) -> Iterator[str]:
    for server in behind:
        told = world.reported.reasons.get(server.id, "")
        if _can_be_moved(server, world, settings):
            yield f"{server.name} was left behind on {server.host}: {told or 'nobody told why'}"
        elif not told:
            yield f"{server.name} was left behind on {server.host} without a word"


def _can_be_moved(server: Server, world: World, settings: Settings) -> bool:
    states = _EVACUABLE | (_RESETS if settings.recover_states else frozenset())
    refused = server.vtpm or not server.launched or server.vm_state not in states
    stuck = is_stuck(world, server.id, server.host)
    local = server.image is not None and not settings.rebuild_from_image
    kept = _is_suspect(server, world, settings) or _may_run_elsewhere(server)
    return not (refused or stuck or local or kept) and _there_is_room(server, world)


def _is_suspect(server: Server, world: World, settings: Settings) -> bool:
    """It has left two hosts that died. No seed is longer than the window."""
    left = [one for one in world.records(server.id) if one.status in ("done", "completed")]
    return settings.poison_window > 0 and len(left) > 1


def _may_run_elsewhere(server: Server) -> bool:
    """It was on its way, or its dead host would start it."""
    task = server.task_state or ""
    moving = task == "migrating" or task.startswith("resize_")
    return moving or task in _STARTED_BY_ITS_HOST


def _there_is_room(server: Server, world: World) -> bool:
    group = world.database.group_of(server.id)
    taken: set[NovaHost | None] = set()
    if group:
        taken.update(world.database.group_hosts(group, server.id))
    taken |= {
        record.dest
        for record in world.database.records
        if group and record.server in group.members - {server.id} and record.status in IN_FLIGHT
    }
    apart = group is not None and group.policy == "anti-affinity"
    together = group is not None and group.policy == "affinity"
    return any(
        service.up
        and service.enabled
        and host != server.host
        and len(world.instances_left(host)) < world.hosts[host].capacity
        and not (apart and host in taken)
        and (not together or host in taken)
        for host, service in world.database.services.items()
    )
