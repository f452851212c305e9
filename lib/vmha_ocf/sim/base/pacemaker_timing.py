"""How long Pacemaker takes for what it decides. The defaults were measured on 2.1.5, or are what
the examples in pcs-examples/ configure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PacemakerTiming:
    """Seconds."""

    decide: float = 0.1
    """From an event to the operation that follows from it."""
    controller_lost: float = 9.0
    """From the death of a controller until the others have fenced it."""
    election: float = 3.0
    """Without a DC: nothing is decided."""
    join: float = 6.0
    """From the start of a controller until it takes part."""
    fence_timeout: float = 120.0
    """pcmk_reboot_timeout and pcmk_off_timeout: then the agent is killed."""
    fence_retry: float = 5.0
    """From a failed fencing to the next one."""
    connection_lost: float = 14.0
    """From the fencing of a node that was still connected until its connection is seen to be
    dead, and the node is fenced again."""
    reconnect: float = 60.0
    """reconnect_interval: between two attempts to reach a node that is off."""
    rule: float = 1.0
    """From a change of a node attribute to the operations that follow from a location rule."""
    monitor: float = 10.0
    """Between two monitors of a resource."""
    start_timeout: float = 120.0
    """Of NovaCompute."""
    failure_timeout: float = 60.0
    """From the last failure of NovaCompute until none is counted: it is tried again then, where its start
    had failed, or its ``migration_threshold`` was reached."""
    launch: float = 0.5
    """From the start of NovaEvacuate to its worker's first round."""
