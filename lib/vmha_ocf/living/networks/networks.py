"""The networks of hosts that live, in each round: what a row of the policy asks for is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.networks import disabled, told
from vmha_ocf.living.networks.lasting import Lasting, after
from vmha_ocf.living.networks.measured import attributes, read_all, without_storage
from vmha_ocf.living.networks.reading import State
from vmha_ocf.living.networks.story import Seen, Story
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import planned
from vmha_ocf.proof.naming import Naming
from vmha_ocf.service.marker import NETWORK


class Networks:
    """What it remembers a new worker learns anew, in the time that a failure has to last."""

    def __init__(self, ports: Ports, in_force: InForce, naming: Naming) -> None:
        self.problems: Sequence[str] = ()
        self.without_storage: Collection[NodeName] = ()
        """Nodes whose guests a restart would not help."""
        self.cause = Cause(NETWORK)
        """Whom it is to disable."""
        self._ports = ports
        self._in_force = in_force
        self._naming = naming
        self._lasting = Lasting()
        self._story = Story(ports)

    @property
    def is_busy(self) -> bool:
        """Something is down, or may be."""
        return bool(self._lasting.down)

    def look(self, flagged: Collection[NovaHost], disabled_now: Collection[NovaHost] = ()) -> None:
        """Without rows nothing is read. ``disabled_now``: for a network. Raises FlagsUnavailable."""
        policy = self._in_force.policy
        if not policy.measured or not policy.asks_about_networks:
            self.problems, self._lasting, self.without_storage = (), Lasting(), ()
            self.cause = Cause(NETWORK)
            self._story.off()
            return
        naming, self.cause = self._naming, self.cause.unsure
        if not naming.configuration.resources:
            return
        said = self._said(attributes(policy.measured))
        nodes = self._watched(flagged)
        hosts = {node: names[0] for node, names in nodes.items()}
        readings = read_all(policy.measured, said, hosts, naming.configuration)
        self.without_storage = without_storage(policy.measured, said, naming.configuration)
        now, gates = self._ports.clock.monotonic(), policy.gates
        self._lasting = after(self._lasting, readings, now, gates.held_for, gates.hosts_at_once)
        self.cause = disabled.cause(policy, self._lasting, nodes)
        found = list(told.tell(policy, self._lasting, readings))
        self.problems = [one.sentence for one in found]
        words = [told.with_disabled(one, hosts, disabled_now) for one in found]
        self._story.look(Seen(words, self._lasting, told.wide_ones(policy, self._lasting), hosts))

    def is_still_down(self, host: NovaHost, networks: Sequence[str]) -> bool:
        """All of them, read anew. Raises FlagsUnavailable."""
        policy, naming = self._in_force.policy, self._naming
        measured = {one: policy.measured[one] for one in networks if one in policy.measured}
        node = naming.names.node_of(host)
        if node is None or len(measured) < len(networks):
            return False
        said = self._said(attributes(measured))
        readings = read_all(measured, said, [node], naming.configuration)
        return all(readings[node, one].state is State.DOWN for one in networks)

    def _said(self, names: Collection[str]) -> Mapping[str, Mapping[NodeName, str]]:
        return {name: self._ports.notes.read_passing(name) for name in names}

    def _watched(self, flagged: Collection[NovaHost]) -> Mapping[NodeName, Sequence[NovaHost]]:
        """The compute hosts that are there, and that neither a person nor a fencing has in hand."""
        naming = self._naming
        return {
            node: naming.names.hosts_of(node)
            for node, state in naming.nodes.items()
            if state.online
            and not state.fenced
            and naming.names.hosts_of(node)
            and not set(naming.names.hosts_of(node)) & set(flagged)
            and not planned.is_in_maintenance(node, naming.configuration)
        }
