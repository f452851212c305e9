"""Who else acts on the cloud: owners of instances, operators, another tool that evacuates.

They go to Nova as anybody does, so Nova refuses them as it refuses anybody; then they say so, and leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from vmha_ocf.agent.settings import Marks
from vmha_ocf.errors import NovaFailed, NovaRefused
from vmha_ocf.model import NovaHost, ServiceChange
from vmha_ocf.sim.base.journal import ADMIN, OWNER, Wanted
from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.cloud.database import Server
from vmha_ocf.sim.cloud.moves import MIGRATION, RESIZE
from vmha_ocf.sim.play.event_kind import Kind, Stage

OTHER_TOOL = "another tool"


def _ask(stage: Stage, who: str, what: str, act: Callable[[], None]) -> None:
    try:
        act()
    except (NovaRefused, NovaFailed) as error:
        stage.world.say("nova", f"{who} is refused to {what}: {error}")


def _each(
    what: str, act: Callable[[Stage, EventSpec, Server], None], who: str = OWNER
) -> Callable[[Stage, EventSpec], None]:
    """Done to each of the instances that are named."""

    def act_on_all(stage: Stage, event: EventSpec) -> None:
        for server in stage.world.requests.named(event.instances):
            told = f"{what} {server.name}"
            server.owned = server.owned or what in ("stop", "start", "delete", "shut down")
            _ask(stage, who, told, partial(_note, stage, event, server, what, act))

    return act_on_all


def _note(
    stage: Stage,
    event: EventSpec,
    server: Server,
    what: str,
    act: Callable[[Stage, EventSpec, Server], None],
) -> None:
    act(stage, event, server)
    stage.world.core.journal.note(Wanted(stage.world.now, server.id, what))


def _tag_of(event: EventSpec) -> str:
    return event.value or Marks().server_tags[0]


def _evacuate_too(stage: Stage, event: EventSpec) -> None:
    requests, who = stage.world.requests, event.by or OTHER_TOOL
    servers: Sequence[Server] = requests.named(event.instances) if event.instances else ()
    if event.host:
        servers = [*servers, *stage.world.database.on(stage.world.host(event.host).name)]
    for server in servers:
        told = f"evacuate {server.name}"
        _ask(stage, who, told, partial(requests.evacuate, server.id, who))


def _operator(stage: Stage, event: EventSpec) -> None:
    change = ServiceChange(event.forced_down, event.enabled, event.reason or None)
    stage.world.operator_changes(event.host, change)


def _delete_service(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host).name
    _ask(
        stage,
        "an operator",
        f"delete the service of {host}",
        lambda: stage.world.services.delete(host),
    )


def _stop(stage: Stage, event: EventSpec, one: Server) -> None:
    stage.world.requests.stop(one.id, takes=float(event.value or 0))


def _to(stage: Stage, event: EventSpec) -> NovaHost | None:
    return stage.world.host(event.host).name if event.host else None


def _live_migrate(stage: Stage, event: EventSpec, one: Server) -> None:
    stage.world.moves.live_migrate(one.id, _to(stage, event))


def _cold_move(kind: str) -> Callable[[Stage, EventSpec, Server], None]:
    def act(stage: Stage, event: EventSpec, one: Server) -> None:
        stage.world.moves.cold_move(one.id, kind, _to(stage, event))

    return act


_HOST = frozenset({"host"})
_INSTANCES = frozenset({"instances"})

PEOPLE: Mapping[str, Kind] = {
    "operator": Kind(
        "an operator changes the service in Nova: `enabled`, `forced_down`, `reason`; without a reason "
        "a disable erases the one that is there",
        _operator,
        frozenset({"host"}),
        frozenset({"reason"}),
        frozenset({"enabled", "forced_down"}),
    ),
    "delete_service": Kind(
        "an operator deletes the service in Nova: refused while it has instances",
        _delete_service,
        frozenset({"host"}),
    ),
    "evacuate_by_other": Kind(
        "another tool (`by`) asks Nova to evacuate `instances`, or all of a `host`",
        _evacuate_too,
        may=frozenset({"by"}),
        one_of=frozenset({"instances", "host"}),
    ),
    "tag_instances": Kind(
        "their owner tags instances (`value`, by default the tag that marks them as ours)",
        _each("tag", lambda stage, event, one: stage.world.requests.tag(one.id, _tag_of(event))),
        _INSTANCES,
        frozenset({"value"}),
    ),
    "untag_instances": Kind(
        "their owner takes a tag away (`value`, by default the one that marks them as ours)",
        _each(
            "untag", lambda stage, event, one: stage.world.requests.untag(one.id, _tag_of(event))
        ),
        _INSTANCES,
        frozenset({"value"}),
    ),
    "set_metadata": Kind(
        "their owner sets metadata of instances: `key` and `value`",
        _each(
            "set metadata of",
            lambda stage, event, one: stage.world.requests.set_metadata(
                one.id, event.key, event.value
            ),
        ),
        frozenset({"instances", "key", "value"}),
    ),
    "stop_instances": Kind(
        "their owner stops instances, and each takes `value` seconds to shut down, by default none: on a "
        "dead host that waits for its nova-compute",
        _each("stop", _stop),
        _INSTANCES,
        frozenset({"value"}),
    ),
    "start_instances": Kind(
        "their owner starts instances that are stopped: on a dead host that waits, too",
        _each("start", lambda stage, _, one: stage.world.requests.start(one.id)),
        _INSTANCES,
    ),
    "reboot_instances": Kind(
        "their owner reboots instances hard: on a dead host that waits, too",
        _each("reboot", lambda stage, _, one: stage.world.requests.reboot(one.id)),
        _INSTANCES,
    ),
    "shut_down_guests": Kind(
        "their owner shuts guests down from within, and not in Nova",
        _each("shut down", lambda stage, _, one: stage.world.guests.shut_down(one.id)),
        _INSTANCES,
    ),
    "live_migrate_instances": Kind(
        "an admin migrates instances live, to `host` or wherever Nova chooses",
        _each("live-migrate", _live_migrate, ADMIN),
        _INSTANCES,
        _HOST,
    ),
    "lose_live_migrations": Kind(
        "nova-compute loses its libvirt amid them: Nova calls them failed, and the guests go on",
        _each("lose", lambda stage, _, one: stage.world.moves.lose(one.id)),
        _INSTANCES,
    ),
    "migrate_instances": Kind(
        "an admin migrates instances cold, to `host` or wherever Nova chooses",
        _each("migrate", _cold_move(MIGRATION), ADMIN),
        _INSTANCES,
        _HOST,
    ),
    "resize_instances": Kind(
        "their owner resizes instances: they are to be confirmed",
        _each("resize", _cold_move(RESIZE)),
        _INSTANCES,
    ),
    "confirm_resize": Kind(
        "their owner confirms a resize or a migration",
        _each("confirm", lambda stage, _, one: stage.world.moves.confirm(one.id)),
        _INSTANCES,
    ),
    "delete_instances": Kind(
        "their owner deletes instances: a whole group, or one of it by its name",
        _each("delete", lambda stage, _, one: stage.world.requests.delete(one.id)),
        _INSTANCES,
    ),
}
