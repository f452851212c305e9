"""May this failure be healed now? Pure.

First from what is at hand: the host's report, and Nova's list of its instances. Then, for those that
pass, from what was asked of the instance. A crash is an edge: the host saw it running in this boot, or
Nova still takes it for active. What was off before is history, and so is what failed before anybody
wanted it healed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud import task_states
from vmha_ocf.cloud.policy.values import Guests
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing import attempts
from vmha_ocf.living.healing.episode import episode_of
from vmha_ocf.living.healing.verdict import LEAVE, MOVE, RESTART, WAIT, Next, Verdict, tell
from vmha_ocf.living.healing.wishes import by_hand
from vmha_ocf.model import NEVER, Action, Epoch, Instance

SETTLES = 60.0
"""Seconds after which a restart has shown its effect."""
STUCK = 300.0
"""Seconds after which Nova's own work on an instance is told."""
_OFF = frozenset({Kind.CRASHED, Kind.PANICKED})
"""Nova stops these by itself soon: one that it takes for active has failed just now."""
OWNERS = frozenset(
    {"deleted", "paused", "shelved", "shelved_offloaded", "soft-delete", "suspended"}
)
"""As vm_state."""
_HEALABLE = frozenset({"active", "stopped", "error"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to restart it, for this very failure."""

    age: float
    """Seconds."""
    answer: str = ""
    """What became of the request, if that was not a plain yes."""
    attempt: int = 0
    """Of those that count, the how manieth; 0 is not known."""


def at_hand(
    trouble: Trouble,
    instance: Instance,
    wish: Verdict,
    rules: Guests,
    *,
    lasted: float,
    healing_since: Epoch,
    asked: Asked | None,
) -> Verdict:
    """``wish``: see wishes. ``lasted``: seconds for which whoever asks has known of it, by its own clock
    alone: the host's time of it may be wrong by minutes. ``healing_since``: when healing was switched on.
    RESTART: go on with ``by_actions``."""
    if wish.next is Next.LEAVE:
        return wish
    if asked is not None:
        return outcome(instance, asked)
    return (
        _left(instance)
        or _of_the_past(trouble, instance, healing_since)
        or _in_nova(instance, lasted)
        or (wish if wish.next is Next.TELL else None)
        or _too_early(trouble, rules, lasted)
        or wish
    )


def _left(instance: Instance) -> Verdict | None:
    if task_states.is_being_deleted(instance) or instance.vm_state in OWNERS:
        return LEAVE
    return None


def _of_the_past(trouble: Trouble, instance: Instance, healing_since: Epoch) -> Verdict | None:
    if not trouble.seen and instance.vm_state != "active":
        return LEAVE
    if not trouble.seen and trouble.kind not in _OFF:
        return tell(f"nobody knows since when: {by_hand(instance)}")
    if trouble.since < healing_since:
        return tell(f"that was before the policy asked for restarts: {by_hand(instance)}")
    return None


def _in_nova(instance: Instance, lasted: float) -> Verdict | None:
    """A task may be nobody's: Nova writes it first, and what was asked for after it."""
    if instance.task_state is not None and lasted < STUCK:
        return WAIT
    if instance.task_state is not None:
        return tell(_stuck(instance))
    if instance.vm_state not in _HEALABLE:
        return tell(f"Nova has it {instance.vm_state}: openstack server show {instance.id}")
    if instance.vm_state == "error":
        return tell(in_error(instance))
    return None


def _too_early(trouble: Trouble, rules: Guests, lasted: float) -> Verdict | None:
    if trouble.kind is Kind.IO_ERROR and lasted < rules.io_grace:
        return WAIT
    return None


def by_actions(
    trouble: Trouble,
    instance: Instance,
    actions: Sequence[Action],
    rules: Guests,
    wish: Verdict = RESTART,
    *,
    now: Epoch,
    known: int = 0,
    sent: int = 0,
) -> Verdict:
    """``actions``: newest first. ``known``: see ``attempts.started_since``; ``sent``: how many requests
    this worker has sent within the window."""
    ended = trouble.kind is Kind.SHUT_DOWN
    owners = attempts.owners(actions, NEVER if ended else trouble.since)
    if owners:
        return LEAVE
    started = attempts.started_since(actions, episode_of(instance.id, trouble), known)
    if started:
        age = attempts.age(started, now)
        return replace(outcome(instance, Asked(age)), asked=age)
    stopped = instance.vm_state == "stopped"
    if stopped and not attempts.was_stopped_by_nova(actions, trouble.since):
        return _stopped_by(actions, instance)
    many = max(sent, attempts.lately(actions, now, rules.window))
    if wish.restarts and many < rules.attempts:
        return RESTART
    moved = attempts.was_moved(actions, now, rules.window)
    return MOVE if wish.moves and not moved else tell(_enough(instance, rules, wish, moved=moved))


def _stopped_by(actions: Sequence[Action], instance: Instance) -> Verdict:
    """A guest that its owner stops takes its time to shut down, and may crash in it."""
    if attempts.owners(actions, NEVER):
        return LEAVE
    return tell(f"nobody knows who had it stopped: openstack server event list {instance.id}")


def _enough(instance: Instance, rules: Guests, wish: Verdict, *, moved: bool) -> str:
    done = [f"it was restarted {rules.attempts} times"] if wish.restarts else []
    done += ["Nova was asked to move it"] if moved else []
    return (
        f"{' and '.join(done)} within {rules.window / 60:g} min: look at its console, then "
        f"{by_hand(instance)}"
    )


def outcome(instance: Instance, asked: Asked) -> Verdict:
    """Of a restart that was asked for. It is never asked for twice."""
    left = _left(instance)
    if left:
        return left
    if instance.task_state is not None and asked.age < STUCK:
        return WAIT
    if instance.task_state is not None:
        return tell(_stuck(instance))
    if instance.vm_state == "error":
        return tell(in_error(instance))
    if asked.age < SETTLES:
        return WAIT
    what = asked.answer or "its restart did not help"
    return tell(f"{what}: {by_hand(instance)}")


def _stuck(instance: Instance) -> str:
    task, minutes = instance.task_state, STUCK / 60
    return f"Nova has it {task}, after {minutes:g} min: openstack server show {instance.id}"


def in_error(instance: Instance) -> str:
    """For a person, with Nova's reason."""
    fault = one_line(instance.fault, 200) or "no reason is given"
    return f"it is in error in Nova ({fault}): openstack server show {instance.id}"
