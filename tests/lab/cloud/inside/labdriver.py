"""A hypervisor driver for Nova whose guests are real processes: see guestbook.

It stands on Nova's own FakeDriver, which keeps its guests in memory and so forgets them when
nova-compute ends. Knobs, read at each spawn from <state>/nodes/HOST/knobs: spawn_delay
(seconds), spawn_fail (exists: the spawn raises), shared ("no": disks are not shared); live_delay
(seconds) is how long the memory of a live migration takes.
"""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

from nova import exception  # type: ignore[import-not-found,unused-ignore]
from nova.compute import power_state  # type: ignore[import-not-found,unused-ignore]
from nova.scheduler.client import report  # type: ignore[import-not-found,unused-ignore]
from nova.virt import fake, hardware  # type: ignore[import-not-found,unused-ignore]

from tests.lab.cloud.inside.guestbook import GuestBook

STATE = Path(os.environ["VMHA_STATE"])


def node_uuid(host: str) -> str:
    """The same at every start, so that a reinstalled state directory is still this node."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, host))


def _no_allocations(*_args: object) -> dict[str, object]:
    return {}


# The resource tracker reads every allocation of the node, one GET each, at every claim. Only
# reshapes and PCI devices need them; without this 100 boots cost more than a minute.
report.SchedulerReportClient.get_allocations_for_provider_tree = _no_allocations


class LabDriver(fake.FakeDriver):  # type: ignore[misc,unused-ignore]
    def init_host(self, host: str) -> None:
        super().init_host(host)
        self._book = GuestBook(STATE, host)
        self._knobs = STATE / "nodes" / host / "knobs"

    # The node

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        return {node_uuid(name): name for name in self.get_available_nodes()}

    def get_available_resource(self, nodename: str) -> Any:
        return {**super().get_available_resource(nodename), "uuid": node_uuid(nodename)}

    def get_host_uptime(self) -> str:
        return Path("/proc/uptime").read_text().split()[0]

    def instance_on_disk(self, instance: Any) -> bool:
        return self._knob("shared") != "no"

    # The guests

    def list_instance_uuids(self) -> list[str]:
        return self._book.uuids()

    def list_instances(self) -> list[str]:
        guests = [self._book.definition(uuid) for uuid in self._book.uuids()]
        return [guest["name"] for guest in guests if guest is not None]

    def instance_exists(self, instance: Any) -> bool:
        return self._book.definition(instance.uuid) is not None

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        self._require(instance)
        if self._book.pid(instance.uuid) is None:
            state = power_state.SHUTDOWN
        elif self._book.is_paused(instance.uuid):
            state = power_state.PAUSED
        else:
            state = power_state.RUNNING
        return hardware.InstanceInfo(state=state)

    def spawn(
        self, context: Any, instance: Any, *args: Any, power_on: bool = True, **more: Any
    ) -> None:
        time.sleep(float(self._knob("spawn_delay") or 0))
        if self._knob("spawn_fail") is not None:
            raise exception.InstanceDeployFailure(f"spawn_fail is set on {self._host}")
        self._book.define(instance.uuid, name=instance.name)
        if power_on:
            self._book.start(instance.uuid)

    def destroy(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        self._book.stop(instance.uuid)
        self._book.undefine(instance.uuid)

    def cleanup(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        if self.instance_exists(instance):
            raise exception.InstanceExists(name=instance.name)

    def power_on(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        """As libvirt's, a hard reboot: what is not defined here is defined."""
        self._book.define(instance.uuid, name=instance.name)
        self._book.start(instance.uuid)

    def power_off(self, instance: Any, *args: Any, **more: Any) -> None:
        """As libvirt's: what is not there is off."""
        self._book.stop(instance.uuid)

    def reboot(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        self._book.stop(instance.uuid)
        time.sleep(float(self._knob("reboot_delay") or 0))
        self._book.define(instance.uuid, name=instance.name)
        self._book.start(instance.uuid)

    def pause(self, instance: Any) -> None:
        self._book.signal(instance.uuid, signal.SIGSTOP)

    def unpause(self, instance: Any) -> None:
        self._book.signal(instance.uuid, signal.SIGCONT)

    def suspend(self, context: Any, instance: Any) -> None:
        self._book.stop(instance.uuid)

    def resume(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        self.power_on(context, instance)

    def resume_state_on_host_boot(
        self, context: Any, instance: Any, *args: Any, **more: Any
    ) -> None:
        self.reboot(context, instance)

    def rescue(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        self.reboot(context, instance)

    def unrescue(self, context: Any, instance: Any) -> None:
        self.reboot(context, instance)

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        self._require(instance)
        update_task_state(task_state="image_uploading")

    # Moves to another host

    def migrate_disk_and_power_off(
        self, context: Any, instance: Any, *args: Any, **more: Any
    ) -> None:
        self._book.stop(instance.uuid)

    def finish_revert_migration(
        self, context: Any, instance: Any, *args: Any, **more: Any
    ) -> None:
        self.reboot(context, instance)

    def live_migration(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        time.sleep(float(self._knob("live_delay") or 0))
        self.destroy(context, instance)
        super().live_migration(context, instance, *args, **more)

    def _require(self, instance: Any) -> None:
        if not self.instance_exists(instance):
            raise exception.InstanceNotFound(instance_id=instance.uuid)

    def _knob(self, name: str) -> str | None:
        try:
            return (self._knobs / name).read_text().strip()
        except FileNotFoundError:
            return None
