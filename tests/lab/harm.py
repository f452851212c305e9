"""What a hand can do to one node of the lab, by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.cluster import Cluster

ON_A_NODE: dict[str, tuple[str, Callable[[Cluster, str], None]]] = {
    "kill": ("cut a node's power", Cluster.kill),
    "on": ("give a node power", Cluster.power_on),
    "freeze": ("stop every process of a node", Cluster.freeze),
    "thaw": ("let a frozen node go on", Cluster.thaw),
    "unplug": ("take a node off the network", Cluster.unplug),
    "plug": ("put it back", Cluster.plug),
    "bmc-stop": ("let a node's BMC die", Cluster.bmc_stop),
    "bmc-start": ("bring the BMC back", Cluster.bmc_start),
}
