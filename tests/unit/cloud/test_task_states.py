from __future__ import annotations

import pytest

from tests.unit.dead_host import instance
from vmha_ocf.cloud import task_states as states

MOVING = ("migrating", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish",
          "resize_reverting", "resize_confirming")  # fmt: skip
DELETING = ("deleting", "soft-deleting")
REBUILDING = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")
OFF = ("powering-off", "shelving", "shelving_image_pending_upload", "shelving_image_uploading",
       "shelving_offloading")  # fmt: skip
STARTS = ("powering-on", "resuming", "restoring", "rescuing", "unrescuing")
OTHERS = ("rebooting", "reboot_started_hard", "pausing", "unpausing", "suspending",
          "image_snapshot", "image_pending_upload", "image_uploading", "image_backup",
          "updating_password", "spawning", "unshelving")  # fmt: skip


@pytest.mark.parametrize(
    "task_state", [None, *MOVING, *DELETING, *REBUILDING, *OFF, *STARTS, *OTHERS]
)
def test_each_task_state_is_of_one_kind(task_state: str | None) -> None:
    one = instance(task_state=task_state)
    assert states.is_moving(one) is (task_state in MOVING)
    assert states.is_being_deleted(one) is (task_state in DELETING)
    assert states.is_rebuilding(one) is (task_state in REBUILDING)
    assert states.wants_off(one) is (task_state in OFF)
    assert states.starts_at_return(one) is (task_state in STARTS)


def test_it_is_told_which_state_a_reset_ends() -> None:
    assert states.reset_for(instance(vm_state="paused", task_state="unpausing")) == "paused"
    assert states.reset_for(instance(task_state="powering-off")) == "powering-off"
    assert states.reset_for(instance(vm_state="paused")) == "paused"
    assert states.reset_for(instance()) == "active"


@pytest.mark.parametrize("vm_state", ["deleted", "soft-delete"])
def test_what_is_deleted_is_being_deleted_until_somebody_restores_it(vm_state: str) -> None:
    assert states.is_being_deleted(instance(vm_state=vm_state))
    assert not states.is_being_deleted(instance(vm_state=vm_state, task_state="restoring"))
