"""Nova's libvirt driver, as it is, with the lab's knobs in front of a spawn: see labdriver.

What is otherwise here: the hosts' shared directory is on a file system that libvirt takes for one host's
own (it knows NFS, Ceph and others by their types), and it would refuse to migrate a guest live; and who
migrates cold finds out by ssh whether a directory is shared, which no host of the lab answers.
"""

import os
import time
from pathlib import Path
from typing import Any

import libvirt  # type: ignore[import-not-found,import-untyped,unused-ignore]
from nova import exception  # type: ignore[import-not-found,unused-ignore]
from nova.scheduler.client import report  # type: ignore[import-not-found,unused-ignore]
from nova.virt.libvirt import driver  # type: ignore[import-not-found,unused-ignore]

KNOBS = Path(os.environ["VMHA_STATE"], "nodes", os.environ["VMHA_HOST"], "knobs")


def _no_allocations(*_args: object) -> dict[str, object]:
    return {}


# As in labdriver: only reshapes and PCI devices need them, one GET each at every claim.
report.SchedulerReportClient.get_allocations_for_provider_tree = _no_allocations


class LabVirt(driver.LibvirtDriver):  # type: ignore[misc,unused-ignore]
    def _parse_migration_flags(self) -> None:
        super()._parse_migration_flags()
        self._live_migration_flags |= libvirt.VIR_MIGRATE_UNSAFE

    def _is_path_shared_with(self, _dest: str, _path: str) -> bool:
        return True

    def spawn(self, context: Any, instance: Any, *args: Any, **more: Any) -> None:
        time.sleep(float(_knob("spawn_delay") or 0))
        if _knob("spawn_fail") is not None:
            raise exception.InstanceDeployFailure("spawn_fail is set on this host")
        super().spawn(context, instance, *args, **more)


def _knob(name: str) -> str | None:
    try:
        return (KNOBS / name).read_text().strip()
    except FileNotFoundError:
        return None
