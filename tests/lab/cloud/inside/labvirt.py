"""Nova's libvirt driver, as it is, with the lab's knobs in front of a spawn: see labdriver.

Two things of this lab are told to it: the name of its node is its host's, as the machine's own name may
be known to nobody else; and its identity is the one that the lab writes.
"""

import os
import time
from pathlib import Path
from typing import Any

from nova import exception  # type: ignore[import-not-found,unused-ignore]
from nova.scheduler.client import report  # type: ignore[import-not-found,unused-ignore]
from nova.virt.libvirt import driver  # type: ignore[import-not-found,unused-ignore]

KNOBS = Path(os.environ["VMHA_STATE"], "nodes", os.environ["VMHA_HOST"], "knobs")


def _no_allocations(*_args: object) -> dict[str, object]:
    return {}


# As in labdriver: only reshapes and PCI devices need them, one GET each at every claim.
report.SchedulerReportClient.get_allocations_for_provider_tree = _no_allocations


class LabVirt(driver.LibvirtDriver):  # type: ignore[misc,unused-ignore]
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
