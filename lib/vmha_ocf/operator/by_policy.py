"""What the policy says of the instances of one host, as tables and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.cloud.policy.matching import Classified, classify
from vmha_ocf.cloud.policy.recovery import Wanted, wanted
from vmha_ocf.evacuation.verdict import Next
from vmha_ocf.model import Instance
from vmha_ocf.operator.answer import Table, name_of
from vmha_ocf.operator.look import Look


def tables(look: Look) -> Iterator[Table]:
    """None without a policy."""
    excluded = [
        (str(number), name_of(one), one.vm_state, _why(one, look))
        for number, one in enumerate(_excluded(look), start=1)
    ]
    if excluded:
        head = ("", "instance", "state", "why")
        ids = [one.id for one in _excluded(look)]
        yield Table("Left alone by the policy", head, excluded, ids)
    if look.policy.classes:
        found = [(one, _classified(one, look)) for one in look.view.reading.instances]
        rows = [
            (
                name_of(one),
                it.name or "none",
                it.why,
                _shown(_wanted(one, look)),
                rows_of(it, look),
            )
            for one, it in found
        ]
        classes = ("instance", "class", "why", "recovery", "on failures")
        if rows:
            yield Table("Classes", classes, rows, [one.id for one, _ in found])


def data(one: Instance, look: Look) -> Mapping[str, object]:
    """Of one instance; nothing without a policy."""
    if not look.policy.digest:
        return {}
    found, wants = _classified(one, look), _wanted(one, look)
    return {
        "recovery": wants.recovery.value if wants.recovery else None,
        "recovery_by": wants.by,
        "class": found.name or None,
        "class_by": found.why,
        "excluded": look.excluded.get(one.id),
        "left_to_others": _is_told(one, look),
    }


def rows_of(found: Classified, look: Look) -> str:
    """What would be done for each kind of failure, in words."""
    rows = next((one.rows for one in look.policy.classes if one.name == found.name), {})
    told = [f"{kind}: {', then '.join(it.value for it in row)}" for kind, row in rows.items()]
    return "; ".join(told) or "nothing"


def _excluded(look: Look) -> Sequence[Instance]:
    return [one for one in look.view.reading.instances if one.id in look.excluded]


def _is_told(one: Instance, look: Look) -> bool:
    return any(it.alone and it.instance.id == one.id for it in look.plan.verdicts)


def _why(one: Instance, look: Look) -> str:
    return look.excluded[one.id] + ("; left to whoever is told" if _is_told(one, look) else "")


def _classified(one: Instance, look: Look) -> Classified:
    return classify(one, look.policy, look.images)


def _wanted(one: Instance, look: Look) -> Wanted:
    left = {it.instance.id for it in look.plan.verdicts if it.next is Next.LEAVE}
    return wanted(one, look.images, marked=one.id not in left)


def _shown(wants: Wanted) -> str:
    return f"{wants.recovery.value if wants.recovery else 'not known'} ({wants.by})"
