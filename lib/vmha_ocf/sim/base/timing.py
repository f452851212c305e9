"""How long things take in a simulated cluster.

The defaults are Nova's and Pacemaker's own, or what was measured on real ones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    heartbeat: float = 10.0
    """Nova's report_interval."""
    first_heartbeat: float = 5.0
    """After the start of nova-compute."""
    service_down: float = 60.0
    """Nova's service_down_time."""
    rpc_timeout: float = 60.0
    """What disabling a silent host that is not forced down blocks for."""
    schedule: float = 0.2
    """From an accepted evacuation to the choice of its destination."""
    cast: float = 0.05
    """A message on its way to a nova-compute."""
    attach: float = 0.1
    """Ports and volumes, before the guest is spawned."""
    spawn: float = 2.0
    reboot: float = 1.2
    """A hard one, from its message until the guest runs anew."""
    unexpected: float = 15.0
    """For which Nova waits whether a guest that ended starts again."""
    live_migration: float = 20.0
    """Until all memory is sent, and the guest runs on its destination."""
    post_live: float = 1.0
    """From then until Nova has its new host."""
    cold_copy: float = 5.0
    """The disk of an instance that is resized or migrated."""
    save: float = 0.05
    """Between two writes of Nova that belong together: host, record and state are separate."""
    init_host: float = 1.0
    """From the start of nova-compute until it has cleaned up after its evacuations."""
    power_sync: float = 600.0
    """Until a nova-compute notices that a guest of its own is off."""
    first_power_sync: float = 30.0
    """From its start until it looks for the first time (Nova's periodic_fuzzy_delay: at most 60)."""
    power_change: float = 1.0
    """From the request to a BMC until the power changes."""
    boot: float = 60.0
    """From power on until pacemaker_remoted answers."""
    detect: float = 10.0
    """From the death of a host until Pacemaker calls its node offline."""
    attrd: float = 0.01
    """From "accepted" to applied."""
