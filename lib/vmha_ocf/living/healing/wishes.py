"""What is wanted when an instance fails in some way: by the policy's row, and by its owner's key. Pure.

Both have to say yes. What could not be looked up is neither.
"""

from __future__ import annotations

from dataclasses import replace

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.matching import Images, classify, excluded
from vmha_ocf.cloud.policy.recovery import Recovery, wanted
from vmha_ocf.cloud.policy.values import GUEST, MOVE, Class, Policy
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.verdict import LEAVE, RESTART, Verdict, tell
from vmha_ocf.model import Instance

_SECRETS = (
    ("hw:tpm_version", "extra_specs"),
    ("hw_tpm_version", "image"),
    ("img_signature", "image"),
)
"""Whoever starts such a guest needs a key that its owner alone may read."""
_LIKE_A_ROW = (Kind.TORN, Kind.UNCLEAR)
"""No row names them; they are told where any row of the class asks for something."""

MARKED_OR_NOT = tell("whether it is marked could not be looked up")


def wish(
    instance: Instance, kind: Kind, policy: Policy, images: Images, choice: Choice
) -> Verdict:
    """``choice``: whether it would be evacuated, by its marks alone. RESTART is only what is wanted."""
    out = excluded([instance], policy, images, GUEST)
    if instance.id in out.by or (kind is Kind.SHUT_DOWN and not _always(instance, images)):
        return LEAVE
    if instance.id in out.perhaps:
        return tell("whether the policy excludes it could not be looked up")
    found = classify(instance, policy, images)
    if found.unknown:
        return tell(found.why)
    row = _row(found.name, kind, policy)
    if not _asks(row):
        return LEAVE
    verdict = _owners(instance, images, choice) or _by_row(instance, row, images)
    return _unless_stays(instance, policy, images, verdict)


def _owners(instance: Instance, images: Images, choice: Choice) -> Verdict | None:
    """None: its owner wants it restarted."""
    wants = wanted(instance, images, marked=choice is Choice.EVACUATE)
    by_mark = wants.by in ("the mark", "no mark")
    if by_mark and choice is Choice.UNKNOWN:
        return MARKED_OR_NOT
    if wants.recovery is None:
        return tell(wants.by)
    if wants.recovery is Recovery.NONE:
        return LEAVE
    if wants.recovery is Recovery.NOTIFY:
        return tell(f"its owner wants to be told ({wants.by}): {by_hand(instance)}")
    return None


def _always(instance: Instance, images: Images) -> bool:
    """Its owner has said so. What cannot be looked up says nothing: whoever stops an instance in peace
    would be told of it else."""
    return wanted(instance, images, marked=False).recovery is Recovery.ALWAYS


def _by_row(instance: Instance, row: tuple[Action, ...], images: Images) -> Verdict:
    if row[0] not in (Action.RESTART, Action.MOVE):
        return tell(f"the policy has it told: {by_hand(instance)}")
    secret = _secret(instance, images)
    if secret:
        return tell(f"its owner alone may read the key that its start needs ({secret})")
    if row[0] is Action.MOVE:
        return replace(RESTART, restarts=False, moves=True)
    return replace(RESTART, moves=True) if Action.MOVE in row else RESTART


def _unless_stays(instance: Instance, policy: Policy, images: Images, it: Verdict) -> Verdict:
    """What the policy has moved nowhere, or perhaps not, is told in its place."""
    out = excluded([instance], policy, images, MOVE)
    if not it.moves or instance.id not in {**out.by, **dict.fromkeys(out.perhaps)}:
        return it
    if it.restarts:
        return replace(it, moves=False)
    return tell(f"the policy excludes it from being moved: {by_hand(instance)}")


def by_hand(instance: Instance) -> str:
    return f"openstack server reboot --hard {instance.id}"


def _secret(instance: Instance, images: Images) -> str:
    image = images.get(instance.image, {}) if instance.image is not None else {}
    values = {"extra_specs": instance.extra_specs or {}, "image": image}
    return next((key for key, place in _SECRETS if key in values[place]), "")


def _row(name: str, kind: Kind, policy: Policy) -> tuple[Action, ...]:
    found = next((one for one in policy.classes if one.name == name), Class(name))
    if kind in _LIKE_A_ROW:
        return (Action.NOTIFY,) if found.asks_about_guests else ()
    return found.rows.get(f"{GUEST}.{kind.value}", ())


def _asks(row: tuple[Action, ...]) -> bool:
    return bool(row) and row[0] is not Action.NONE
