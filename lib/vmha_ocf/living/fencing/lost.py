"""Who would be lost if a host that lives were fenced. Pure.

Only what runs is killed by it. Who has no row that says so, who would not be evacuated for certain, or
would come back as another one, keeps its host from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.matching import Images, classify
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.evacuation.verdict import Next, Verdict
from vmha_ocf.model import Instance
from vmha_ocf.service.marker import PROCESS

_RESTS = frozenset({"stopped", "shelved", "shelved_offloaded", "soft-delete", "deleted"})
_VTPM = ("hw:tpm_version", "hw:tpm_model", "hw_tpm_version", "hw_tpm_model")
_SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Failed:
    """What has failed of one host: the names of networks, or of a process."""

    cause: str
    names: Sequence[str]

    @property
    def kinds(self) -> Sequence[str]:
        """Of the policy's rows: the first that a class has is the one that counts for it."""
        if self.cause == PROCESS:
            return [f"process.{one}" for one in self.names]
        several = [_SEVERAL] if len(self.names) > 1 else []
        return [f"network.{one}" for one in (*several, *self.names)]


def asks(policy: Policy, failed: Failed) -> bool:
    """Whether any class has its host fenced for it."""
    return any(Action.FENCE in _row(one.rows, failed) for one in policy.classes)


def runs(instance: Instance) -> bool:
    """Or may."""
    return instance.vm_state not in _RESTS or instance.task_state is not None


def against(
    verdicts: Sequence[Verdict],
    failed: Failed,
    policy: Policy,
    images: Images,
    *,
    new_disks: bool = False,
) -> Iterator[str]:
    """Why its host is not fenced, for each that runs and that it would cost too much. ``new_disks``: what
    is evacuated gets a new one, made from its image."""
    for verdict in verdicts:
        one = verdict.instance
        why = _against(verdict, failed, policy, images) if runs(one) else ""
        if new_disks and one.image is not None and verdict.next is Next.EVACUATE:
            why = why or "would lose its disk"
        if why:
            yield f"{one.name or one.id} {why}"


def _against(verdict: Verdict, failed: Failed, policy: Policy, images: Images) -> str:
    one = verdict.instance
    found = classify(one, policy, images)
    if found.unknown:
        return f"is not known: {found.why}"
    rows = next((each.rows for each in policy.classes if each.name == found.name), {})
    row = _row(rows, failed)
    if Action.FENCE not in row:
        return f"is of {found.name or 'no class'}, whose row does not say fence"
    if Action.MIGRATE in row:
        return "is to leave it live before"
    if one.task_state is not None:
        return f"is {one.task_state}"
    if one.extra_specs is None or (one.image is not None and one.image not in images):
        return "is not known: its flavor or its image could not be looked up"
    about = {**one.extra_specs, **(images.get(one.image, {}) if one.image else {})}
    if any(about.get(name) for name in _VTPM):
        return "has a vTPM"
    if verdict.next is not Next.EVACUATE:
        return f"would not be evacuated: {verdict.reason or verdict.next.value}"
    return ""


def _row(rows: Mapping[str, tuple[Action, ...]], failed: Failed) -> tuple[Action, ...]:
    kind = next((one for one in failed.kinds if one in rows), "")
    return rows.get(kind, ())
