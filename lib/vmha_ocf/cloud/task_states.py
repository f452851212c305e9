"""What the task_state of an instance means once its host is dead. Pure.

A task_state is a request that Nova had under way when the host died. Nothing ends it before the host's
nova-compute starts, and Nova does not look at it when it is asked to evacuate (some older versions do,
and answer 409 for ever: docs/compatibility.rst). So we look:

========================================  ================================================================
task_state                                what becomes of the instance
========================================  ================================================================
``deleting``, ``soft-deleting``           left: its owner does not want it any more
``migrating``, ``resize_*``               another host may run it already: that is asked, or it is told
                                          (``evacuation/moving.py``)
``rebuilding``, ``rebuild_*``             an evacuation: never doubled, see ``cloud/records.py``
``powering-on``, ``resuming``, ...        left and told: nova-compute of the host starts the guest at its
                                          return before it looks whether it still should, also one that
                                          was evacuated meanwhile (measured on Nova 34)
``powering-off``, ``shelving*``           evacuated, and stopped where it is then: its owner wanted it off
all others, such as ``rebooting``,        evacuated: what was asked of the dead host died with it, or ends
``image_snapshot``, ``suspending``        there when it finds the task_state gone, before it does anything
========================================  ================================================================
"""

from __future__ import annotations

from vmha_ocf.model import Instance

_DELETING = frozenset({"deleting", "soft-deleting"})
_STARTS = frozenset({"powering-on", "resuming", "restoring", "rescuing", "unrescuing"})
"""nova-compute starts the guest first and compares the task_state then; a reboot does it the other way."""
_DELETED = frozenset({"deleted", "soft-delete"})
"""As vm_state."""


def _task(instance: Instance) -> str:
    return instance.task_state or ""


def is_being_deleted(instance: Instance) -> bool:
    """Or is deleted, and nobody has it restored."""
    if _task(instance) in _DELETING:
        return True
    return instance.vm_state in _DELETED and _task(instance) != "restoring"


def is_moving(instance: Instance) -> bool:
    """It was on its way to another host, by a live migration, a migration or a resize."""
    return _task(instance) == "migrating" or _task(instance).startswith("resize_")


def is_only_prepared(instance: Instance) -> bool:
    """For a migration or a resize: its own host, which would have switched it off, has done nothing yet."""
    return _task(instance) == "resize_prep"


def starts_at_return(instance: Instance) -> bool:
    """nova-compute of its host starts it as soon as it runs again, wherever the instance is by then."""
    return _task(instance) in _STARTS


def is_rebuilding(instance: Instance) -> bool:
    return _task(instance).startswith("rebuild")


def is_being_rebuilt(instance: Instance) -> bool:
    """By its destination: ``rebuilding`` is the API's word, and what follows is that of who has begun."""
    return _task(instance).startswith("rebuild_")


def wants_off(instance: Instance) -> bool:
    """Its owner had asked for it to be off when the host died."""
    return _task(instance) == "powering-off" or _task(instance).startswith("shelving")


def reset_for(instance: Instance) -> str:
    """The state that keeps Nova from evacuating it."""
    plain = instance.vm_state in ("active", "stopped", "error")
    return (plain and instance.task_state) or instance.vm_state
