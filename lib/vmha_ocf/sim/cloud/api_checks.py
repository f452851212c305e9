"""Nova's answers to what an instance's state does not allow, in its words."""

from __future__ import annotations

from collections.abc import Collection

from vmha_ocf.errors import NovaRefused
from vmha_ocf.sim.cloud.database import Server


def verify_state(action: str, server: Server, allowed: Collection[str]) -> None:
    if server.vm_state not in allowed:
        raise _wrong_state(action, server, f"vm_state {server.vm_state}")


def verify_idle(action: str, server: Server) -> None:
    if server.task_state is not None:
        raise _wrong_state(action, server, f"task_state {server.task_state}")


def _wrong_state(action: str, server: Server, state: str) -> NovaRefused:
    text = f"Cannot '{action}' instance {server.id} while it is in {state}"
    return NovaRefused(409, text)
