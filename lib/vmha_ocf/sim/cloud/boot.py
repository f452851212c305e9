"""An instance that is there when a world begins, and its guest where its state has one."""

from __future__ import annotations

from vmha_ocf.model import InstanceId
from vmha_ocf.sim.cloud.database import Booting, Database, Server
from vmha_ocf.sim.cluster.hosts import Host

_OFF = frozenset({"stopped", "suspended"})
"""libvirt's power state of what is suspended is SHUTDOWN: its memory is on the disk."""
_RUNNING = frozenset({"active", "paused", "rescued", "resized"})


def boot(database: Database, host: Host, about: Booting) -> InstanceId:
    number = len(database.servers) + 1
    instance = InstanceId(f"{number:08d}-0000-4000-8000-000000000000")
    about.setdefault("name", f"instance-{number}")
    server = Server(instance, host.name, **about)
    server.powered_off = server.powered_off or server.vm_state in _OFF
    if server.task_state == "deleting":
        server.delete_waits_for = host.name
    database.servers[instance] = server
    host.define(instance)
    if server.vm_state in _RUNNING and server.launched and not server.powered_off:
        host.run(instance)
    return instance
