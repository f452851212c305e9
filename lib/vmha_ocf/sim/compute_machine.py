"""A compute host as NovaCompute sees it: its guests, its boot, and what is noted of them."""

from __future__ import annotations

from vmha_ocf import boots
from vmha_ocf.sim.cib import SimCib
from vmha_ocf.sim.hosts import Host


class SimMachine:
    def __init__(self, host: Host, cib: SimCib) -> None:
        self._host = host
        self._cib = cib

    def guests(self) -> int:
        return sum(1 for _ in self._host.running())

    def note_boot(self) -> None:
        self._cib.set_node_attribute(self._host.node, boots.STARTED, self._host.boot_id)

    def note_guests(self, proof: float) -> None:
        text = boots.format_guests(proof)
        self._cib.set_node_attribute(self._host.node, boots.GUESTS, text)
