"""P13 of who leaves a host that lives: one that is disabled for a network that is down, as the row of its
class says, few at a time, and nobody twice for one failure. Told from what was true as it happened.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.matching import classify
from vmha_ocf.service import marker
from vmha_ocf.sim.base.journal import US, LiveMigrationAccepted
from vmha_ocf.sim.cloud.services import CROSSING
from vmha_ocf.sim.judge.disables import policy_of, since
from vmha_ocf.sim.world import World

AT_ONCE = 2
"""One that goes, and one that waits."""


def migrated_wrongly(world: World) -> Iterator[str]:
    """A sentence each."""
    asked = set()
    for fact in world.core.journal.of(LiveMigrationAccepted):
        if fact.by != US:
            continue
        why = _wrong(world, fact)
        if (fact.instance, fact.reason) in asked:
            why = "a second time for one failure"
        asked.add((fact.instance, fact.reason))
        if why:
            yield f"P13 at {fact.time:.2f}: {fact.instance} was migrated off {fact.host}, {why}"


def _wrong(world: World, fact: LiveMigrationAccepted) -> str:
    mark = marker.parse_mark(fact.reason)
    if mark is None or mark.cause != marker.NETWORK:
        return "which was not disabled for a network"
    if fact.under_way >= AT_ONCE:
        return f"beside {fact.under_way} others"
    networks = mark.episode.partition("@")[0].split("+")
    moments = (fact.time, fact.time - CROSSING)
    if not any(
        since(world, fact.host, one, at, up=False) is not None
        for one in networks
        for at in moments
    ):
        return "which had not lost its network"
    return "" if _by_a_row(world, fact, networks) else "and no row of its class says so"


def _by_a_row(world: World, fact: LiveMigrationAccepted, networks: list[str]) -> bool:
    server, policy = world.database.servers.get(fact.instance), policy_of(world)
    if server is None:
        return True  # Whatever it was, it is deleted.
    name = classify(server.view(), policy, {}).name
    rows = next((one.rows for one in policy.classes if one.name == name), {})
    return any(Action.MIGRATE in rows.get(f"network.{one}", ()) for one in networks)
