"""Who else acts in a seed: owners, operators, another tool, a second worker.

Drawn apart from all else, so that a seed without them is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec

_ON_INSTANCES = (
    "tag_instances", "untag_instances", "stop_instances", "start_instances",
    "live_migrate_instances", "migrate_instances", "resize_instances", "confirm_resize",
    "evacuate_by_other",
)  # fmt: skip
_HALF = 0.5
_PEACEFUL = 0.04


@dataclass(frozen=True)
class Where:
    controllers: Sequence[str]
    instances: Sequence[GroupSpec]
    hosts: Sequence[str]
    moments: Sequence[float]
    """When something happens to a host."""
    end: float


def people(seed: int, where: Where) -> Iterator[EventSpec]:
    """Most of them act around the moments in which something happens to a host."""
    random = Random(f"people of {seed}")
    if random.random() < _HALF:
        return
    for _ in range(random.choice([1, 1, 2, 3])):
        near = random.choice(where.moments) + random.uniform(-15.0, 60.0)
        at = round(min(max(1.0, near), where.end - 1.0), 1)
        yield from random.choice(_KINDS)(random, at, where)


Act = Callable[[Random, float, "Where"], Iterator[EventSpec]]


def _on_instances(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    if not where.instances:
        return
    group = random.choice(where.instances)
    name = group.name if random.random() < _HALF else f"{group.name}-1"
    event = EventSpec(at, random.choice(_ON_INSTANCES), instances=name)
    yield event
    if event.do in ("resize_instances", "migrate_instances"):
        confirmed = min(where.end, at + random.choice([20.0, 90.0]))
        yield replace(event, at=confirmed, do="confirm_resize")


def _metadata(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    if where.instances:
        group, value = random.choice(where.instances), random.choice(["true", "no"])
        yield EventSpec(at, "set_metadata", instances=group.name, key="HA_Enabled", value=value)


def _second_worker(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    """Before anything happens: whether its controller lives later is not known here."""
    controller = random.choice(where.controllers)
    yield EventSpec(1.0, "start_worker", controller=controller)
    if random.random() < _HALF:
        yield EventSpec(at, "stop_worker", controller=controller)


def _configuration(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    saved = round(random.uniform(0.0, at), 1)
    yield EventSpec(saved, "save_configuration", value=f"at {saved}")
    yield EventSpec(at, "restore_configuration", value=f"at {saved}")


def _attribute(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    key = random.choice(["rack", "maintenance", "evacuation-plan"])
    yield EventSpec(at, "set_node_attribute", host=random.choice(where.hosts), key=key, value="b2")


def _deleted_service(random: Random, at: float, where: Where) -> Iterator[EventSpec]:
    yield EventSpec(at, "delete_service", host=random.choice(where.hosts))


def peace(seed: int, where: Where) -> Iterator[EventSpec]:
    """What people do on hosts that are well, which leaves guests off that nobody evacuates."""
    random = Random(f"peace of {seed}")
    kind = random.random()
    if kind < _PEACEFUL:
        time = round(random.uniform(1.0, min(where.moments)), 1)
        yield EventSpec(time, "reboot_host", host=random.choice(where.hosts))
    elif kind < 2 * _PEACEFUL and where.instances:
        near = random.choice(where.moments) + random.uniform(-15.0, 60.0)
        time = round(min(max(1.0, near), where.end - 1.0), 1)
        yield EventSpec(time, "shut_down_guests", instances=random.choice(where.instances).name)


_KINDS: tuple[Act, ...] = (
    *(_on_instances,) * 9, _metadata, _second_worker, _configuration, _attribute, _deleted_service,
)  # fmt: skip
