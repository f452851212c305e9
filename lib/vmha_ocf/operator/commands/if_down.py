"""What would be done about a host that lives and has lost networks, instance by instance. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence

from vmha_ocf.cloud.policy.kinds import NETWORKS, Action
from vmha_ocf.cloud.policy.matching import Classified, classify
from vmha_ocf.cloud.policy.values import Class
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
    found = [(one, it, *_row(it, look, lost)) for one, it in every]
    unmeasured = [
        f"nobody measures the {one} network, so it would not be seen: [measured.{one}]"
        for one in lost
        if one not in look.policy.measured
    ]
    notes = list(unmeasured)
    if any(Action.DISABLE in row for one in look.policy.classes for row in _rows(one, lost)):
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
            "instances": [_data(*one) for one in found],
        },
    )


_Found = tuple[Instance, Classified, str, tuple[Action, ...]]


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
    told: dict[str, int] = {}
    for _, _, _, actions in found:
        told[_words(actions)] = told.get(_words(actions), 0) + 1
    return "; ".join(f"{count} of {len(found)}: {what}" for what, count in told.items())


def _words(actions: Sequence[Action]) -> str:
    return ", then ".join(one.value for one in actions) or "nothing"


def _table(found: Sequence[_Found]) -> Table:
    head, ids = ("instance", "class", "row", "what"), [one.id for one, _, _, _ in found]
    return Table("Instances", head, [_shown(*one) for one in found], ids)


def _shown(one: Instance, found: Classified, kind: str, row: Sequence[Action]) -> Sequence[str]:
    class_ = "not known" if found.unknown else found.name or "none"
    return (name_of(one), class_, kind, _words(row))


def _data(
    one: Instance, found: Classified, kind: str, row: Sequence[Action]
) -> Mapping[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "class": found.name or None,
        "row": kind,
        "actions": [action.value for action in row],
    }
