"""A compute host as NovaCompute sees it: its guests, its boot, and what is noted of them."""

from __future__ import annotations

from vmha_ocf.model import Epoch
from vmha_ocf.proof import boots
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.cluster.attrd import SimAttrd
from vmha_ocf.sim.cluster.cib import SimCib
from vmha_ocf.sim.cluster.hosts import Host


class SimMachine:
    def __init__(self, host: Host, cib: SimCib, attrd: SimAttrd) -> None:
        self._host = host
        self._cib = cib
        self._attrd = attrd

    def guests(self) -> int:
        return sum(1 for _ in self._host.running())

    def note_boot(self) -> None:
        self._cib.set_node_attribute(self._host.node, boots.STARTED, self._host.boot_id)

    def served_for_long(self) -> None:
        """As the agents and the worker have left it, without a call."""
        boot, long_ago = self._host.boot_id, EPOCH - 86400.0
        served = boots.format_served([boots.Served(boot, long_ago, long_ago)])
        for name, text in (
            (boots.STARTED, boot),
            (boots.SERVED, served),
            (boots.LOOKED, boot),
        ):
            self._cib.put(self._host.node, name, text)

    def note_served(self) -> None:
        host = self._host
        before = boots.parse_served(self._cib.truth(boots.SERVED).get(host.node, ""))
        if not boots.is_new(host.boot_id, before):
            return
        now, booted_at = Epoch(EPOCH + host.core.now), Epoch(EPOCH + host.booted_at)
        served = [*before, boots.Served(host.boot_id, booted_at, now)]
        self._cib.set_node_attribute(host.node, boots.SERVED, boots.format_served(served))
        looked = self._cib.truth(boots.LOOKED).get(host.node, "")
        waiting = boots.format_served(boots.since(looked, served))
        self._attrd.update(boots.WAITING, boots.waiting_key(host.node), waiting)

    def note_guests(self, proof: float) -> None:
        text = boots.format_guests(proof)
        self._cib.set_node_attribute(self._host.node, boots.GUESTS, text)
