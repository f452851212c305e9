"""Starting instances that their host's boot has left off: a few at a time, the most important first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.living.booting import off_since
from vmha_ocf.living.booting.asked_since import AskedSince, Wanted
from vmha_ocf.living.booting.off_since import Off
from vmha_ocf.model import Instance, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof.boots import Served

PER_HOST = 4
"""Instances that are being started on one host at once: its disks and processors are those of all."""


class Starting:
    def __init__(self, ports: Ports, settings: Settings, asked: AskedSince) -> None:
        self._ports = ports
        self._settings = settings
        self._asked = asked

    def run(self, wanted: Wanted, starting: Mapping[NovaHost, int]) -> None:
        """``starting``: how many are being started on each host. Raises as Flags, Cluster and Nova do."""
        batch = self._still_off(self._batch(wanted, starting))
        if not batch or not self._may_start({one.host for one in batch}):
            return
        for one, error in zip(batch, self._ports.parallel(self._start, batch), strict=True):
            how = "started again" if error is None else f"the request to start it failed: {error}"
            self._ports.say(f"{one.host}: {one.name or one.id} ran before its host was off: {how}")

    def _batch(self, wanted: Wanted, starting: Mapping[NovaHost, int]) -> Wanted:
        room = Counter({one.host: PER_HOST - starting.get(one.host, 0) for one, _ in wanted})
        batch: list[tuple[Instance, Sequence[Served]]] = []
        for one, served in sorted(wanted, key=lambda each: order_key(each[0], self._settings)):
            if room[one.host] > 0 and len(batch) < self._settings.caps.batch:
                room[one.host] -= 1
                batch.append((one, served))
        return batch

    def _still_off(self, batch: Wanted) -> Sequence[Instance]:
        """Where they were, stopped still, nobody has decided otherwise, and nobody evacuates them: asked
        again right before."""
        asked = self._asked.of(batch, fresh=True)
        hosts = sorted({one.host for one, _ in batch})
        off = {one.id: one for each in self._ports.parallel(self._off_on, hosts) for one in each}
        ran = [one.id for one, _ in batch if one.id in asked and asked[one.id].off is Off.RAN]
        return [off[one] for one in ran if one in off]

    def _off_on(self, host: NovaHost) -> Sequence[Instance]:
        """On a thread of its own. Of a host that Nova does not answer for nothing is started now."""
        try:
            evacuations = self._ports.nova.evacuations_from(host)
            listed = self._ports.nova.instances_on(host)
        except VmhaError:
            return ()
        moving = {one.instance for one in evacuations if records.in_flight(one, {})}
        return [one for one in listed if off_since.may_be(one) and one.id not in moving]

    def _may_start(self, hosts: Set[NovaHost]) -> bool:
        """None of them has been flagged meanwhile, and we may still act."""
        flags = self._ports.flags.read()
        return hosts.isdisjoint(flags) and self._ports.cluster.quorate()

    def _start(self, instance: Instance) -> VmhaError | None:
        try:
            self._ports.nova.start(instance)
        except VmhaError as error:
            return error
        return None
