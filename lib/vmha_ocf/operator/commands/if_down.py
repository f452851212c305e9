"""What would be done about a host that lives and has lost networks, instance by instance. Pure."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cloud.policy.kinds import NETWORKS, Action
from vmha_ocf.cloud.policy.matching import Classified, classify
from vmha_ocf.cloud.policy.values import Class
from vmha_ocf.living.leaving.plan import stays
from vmha_ocf.model import Instance
from vmha_ocf.operator.answer import Answer, Level, Table, name_of
from vmha_ocf.operator.look import Look

_SEVERAL = "several"


def network(text: str) -> str:
    """Of ``NETWORK=down``, as argparse takes it. Raises ArgumentTypeError."""
    name, _, state = text.partition("=")
    if name not in NETWORKS or state != "down":
        raise argparse.ArgumentTypeError(
            f"'{text}' is none of " + ", ".join(f"{one}=down" for one in NETWORKS)
        )
    return name


def answer(node: str, look: Look, networks: Collection[str]) -> Answer:
    """``networks``: those that were down."""
    lost = [one for one in NETWORKS if one in networks]
    every = [(one, classify(one, look.policy, look.images)) for one in look.view.reading.instances]
    found = [_found(one, it, look, lost) for one, it in every]
    unmeasured = [
        f"nobody measures the {one} network, so it would not be seen: [measured.{one}]"
        for one in lost
        if one not in look.policy.measured
    ]
    notes = list(unmeasured)
    if any(_disables(row) for one in look.policy.classes for row in _rows(one, lost)):
        notes.append(f"{node} would be disabled in Nova, so that no new instance goes there")
    told = f"if its {' and '.join(lost)} network{'s' * (len(lost) > 1)} were down"
    gates = look.policy.gates
    return Answer(
        Level.WARNING if unmeasured or look.problem else Level.OK,
        f"{node}, {told} for {gates.held_for:.0f} s, and no more than {gates.hosts_at_once} "
        f"host{'s' * (gates.hosts_at_once > 1)} at once: {_sum(found)}",
        [*([look.problem] if look.problem else []), *notes],
        [_table(found)] if found else [],
        {
            "node": node,
            "down": lost,
            "instances": [_data(one) for one in found],
        },
    )


@dataclass(frozen=True, slots=True)
class _Found:
    instance: Instance
    classified: Classified
    kind: str
    actions: tuple[Action, ...]
    stays: str
    """Why it would not leave although its row says so."""

    @property
    def what(self) -> str:
        told = ", then ".join(one.value for one in self.actions) or "nothing"
        return f"{told}; it stays: {self.stays}" if self.stays else told


def _found(one: Instance, found: Classified, look: Look, lost: Sequence[str]) -> _Found:
    kind, row = _row(found, look, lost)
    leaves = Action.MIGRATE in row
    return _Found(
        one, found, kind, row, stays(one, look.policy, look.images, lost) if leaves else ""
    )


def _disables(row: Sequence[Action]) -> bool:
    """Whoever leaves it leaves a host that is disabled."""
    return Action.DISABLE in row or Action.MIGRATE in row


def _row(found: Classified, look: Look, lost: Sequence[str]) -> tuple[str, tuple[Action, ...]]:
    """The kind that applies, and what its row says. With two networks or more the class's row for several
    goes before those for one."""
    rows = next((one.rows for one in look.policy.classes if one.name == found.name), {})
    several = [_SEVERAL] if len(lost) > 1 else []
    kinds = [f"network.{one}" for one in (*several, *lost)]
    kind = next((one for one in kinds if one in rows), kinds[0])
    return kind, rows.get(kind, ())


def _rows(one: Class, lost: Sequence[str]) -> Iterator[tuple[Action, ...]]:
    """All of a class that apply to its host: a network is its host's."""
    several = [_SEVERAL] if len(lost) > 1 else []
    return (one.rows.get(f"network.{network}", ()) for network in (*several, *lost))


def _sum(found: Sequence[_Found]) -> str:
    if not found:
        return "there is no instance"
    told = Counter(one.what for one in found)
    return "; ".join(f"{count} of {len(found)}: {what}" for what, count in told.items())


def _table(found: Sequence[_Found]) -> Table:
    head, ids = ("instance", "class", "row", "what"), [one.instance.id for one in found]
    return Table("Instances", head, [_shown(one) for one in found], ids)


def _shown(one: _Found) -> Sequence[str]:
    found = one.classified
    class_ = "not known" if found.unknown else found.name or "none"
    return (name_of(one.instance), class_, one.kind, one.what)


def _data(one: _Found) -> Mapping[str, object]:
    return {
        "id": one.instance.id,
        "name": one.instance.name,
        "class": one.classified.name or None,
        "row": one.kind,
        "actions": [action.value for action in one.actions],
        "stays": one.stays or None,
    }
