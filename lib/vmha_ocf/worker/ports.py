"""All that NovaEvacuate's worker reaches the outside through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from vmha_ocf.agent.parallel import at_once
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.holding_ports import Failures, Holds
from vmha_ocf.cluster.ports import ConfiguredCluster
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.model import Ailing, Event
from vmha_ocf.ports import Aside, Clock, Flags, Notes, Nova, Parallel
from vmha_ocf.service.ports import Traces


@dataclass(frozen=True, slots=True)
class WorkerPorts:
    clock: Clock
    flags: Flags
    holds: Holds
    failures: Failures
    traces: Traces
    notes: Notes
    cluster: ConfiguredCluster
    nova: Nova
    parallel: Parallel
    read_inventory: Callable[[str, str], Inventory]
    """A fencing device's file of hosts, from its path and its domain. Raises LocalParameterError."""
    say: Callable[[str], None]
    tell: Callable[[Event | Ailing], None]
    recall: Callable[[], Collection[Ailing] | None] = tuple
    read_policy: Callable[[], Understood] = Understood
    """What the policy's file says, cheap enough for each round. Raises LocalParameterError."""
    read_room: Callable[[], Sequence[HostRoom]] = tuple
    """What Placement says of each host, one request for each and more. Raises NovaUnavailable, NovaDenied,
    NotInstalled."""
    aside: Aside = at_once
    lock: Callable[[], AbstractContextManager[object]] = nullcontext
