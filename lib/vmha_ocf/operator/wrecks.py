"""The instances of a host that nobody restarts: they were down before anybody asked for restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from vmha_ocf.cloud import task_states
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import ATTRIBUTE, parse_report
from vmha_ocf.living.healing import switched_on
from vmha_ocf.living.healing.judgement import OWNERS
from vmha_ocf.living.healing.wishes import by_hand
from vmha_ocf.model import Instance, InstanceId, NodeName
from vmha_ocf.operator.answer import Table, name_of
from vmha_ocf.operator.timeline import moment
from vmha_ocf.ports import Notes

_UP = ("active", "error")


@dataclass(frozen=True, slots=True)
class Wreck:
    instance: Instance
    trouble: Trouble

    @property
    def command(self) -> str:
        """What starts it."""
        one = self.instance
        return by_hand(one) if one.vm_state in _UP else f"openstack server start {one.id}"


def read(
    notes: Notes, node: NodeName, instances: Sequence[Instance], policy: Policy
) -> tuple[Sequence[Wreck], str]:
    """With what cannot be told, "" if all can. Raises FlagsUnavailable."""
    text = notes.read_passing(ATTRIBUTE).get(node, "")
    if not text:
        return (), ""
    try:
        report = parse_report(text)
    except GuestsUnavailable as error:
        return (), f"{node}: what it says of its instances: {error}"
    since = inf
    if policy.asks_about_guests:
        since = min(switched_on.times(notes.read(switched_on.ATTRIBUTE)).values(), default=inf)
    old = {one: it for one, it in report.failed.items() if it.since < since}
    return list(_of(instances, {**old, **report.found})), ""


def table(wrecks: Sequence[Wreck]) -> Table:
    rows = [
        (
            name_of(one.instance),
            one.instance.vm_state,
            one.trouble.kind.value,
            moment(one.trouble.since),
            one.command,
        )
        for one in wrecks
    ]
    return Table(
        "Down already, and left as they are",
        ("instance", "state", "what", "seen", "start it"),
        rows,
        [one.instance.id for one in wrecks],
    )


def data(wrecks: Sequence[Wreck]) -> Sequence[Mapping[str, object]]:
    return [
        {
            "id": one.instance.id,
            "name": one.instance.name,
            "kind": one.trouble.kind.value,
            "since": one.trouble.since,
            "command": one.command,
        }
        for one in wrecks
    ]


def _of(instances: Sequence[Instance], troubles: Mapping[InstanceId, Trouble]) -> Iterator[Wreck]:
    """What its owner has put aside is none."""
    for one in instances:
        aside = one.vm_state in OWNERS or task_states.is_being_deleted(one)
        if one.id in troubles and not aside:
            yield Wreck(one, troubles[one.id])
