"""Short ways to say what is judged: failures, what Nova lists, and a policy."""

from __future__ import annotations

from typing import Any

from vmha_ocf.cloud.policy.read import understand
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Action, Epoch, ImageId, Instance, InstanceId, NovaHost

SINCE = Epoch(1_764_000_000.0)
"""When it failed: 2025-11-24T16:00:00Z."""
ID = InstanceId("11111111-2222-3333-4444-555555555555")
IMAGE = ImageId("99999999-2222-3333-4444-555555555555")
POLICY = """
default_class = "cattle"
[class.pets]
tags = ["pet"]
[class.pets.guest]
crashed = "notify"
[class.cattle.guest]
crashed = ["restart", "notify"]
io-error = "restart"
hung = "none"
"""


def trouble(kind: Kind = Kind.CRASHED, *, seen: bool = True, after: float = 0.0) -> Trouble:
    return Trouble(kind, Epoch(SINCE + after), seen)


def instance(**about: Any) -> Instance:
    return Instance(ID, NovaHost("compute-1"), **{"name": "vm-1", **about})


def action(name: str, after: int, user: str = "somebody") -> Action:
    """``after``: seconds after it failed."""
    minute, second = divmod(after, 60)
    hour, minute = divmod(minute, 60)
    return Action(name, f"2025-11-24T{16 + hour:02}:{minute:02}:{second:02}", user)


def policy(text: str = POLICY) -> Policy:
    found = understand(text)
    assert not found.faults, list(map(str, found.faults))
    return found.policy
