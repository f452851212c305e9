"""A deployment -> the pcs script that protects it, and fence_compute's inventory. Pure.

The same commands as pcs-examples; a test compares what the two make of a CIB.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.deployment import DeployedHost, Deployment

INVENTORY = "/etc/vmha/inventory.ini"

_HEAD = """\
#!/bin/sh
# Instance high availability for {count}, made by `vmha generate`. Read it, then run it as root
# on one controller. It holds no secret: those are in {inventory}, which has to be on
# every controller, readable by root only:
#   install -D -m 600 -o root {written} {inventory}
# shellcheck disable=SC2086 # PCS is a list of words
set -eu
: "${{PCS:=pcs}}"
"""
_CLUSTER = """
# Without fencing nothing is ever evacuated; hosts that die together are fenced together; and Pacemaker
# looks at its intervals once a minute at least.
$PCS property set stonith-enabled=true concurrent-fencing=true cluster-recheck-interval=1min
"""
_REMOTE = """
# The compute hosts join the cluster. reconnect_interval: Pacemaker leaves a host alone that was just
# fenced; a short start: where a controller dies with a host, each other one tries for as long.
"""
_ROLES = """
# Which nodes are compute hosts.
"""
_FENCING = """
# One fencing device for all of them. pcmk_action_limit: it fences several at once.
$PCS stonith create fence-computes fence_compute inventory={inventory} \\
    pcmk_host_list={hosts} pcmk_action_limit=-1 \\
    pcmk_reboot_timeout=120 pcmk_off_timeout=90 op monitor interval=60s timeout=60s
"""
_EVACUATOR = """
# One evacuator, on a controller; the cloud "{cloud}" of its clouds.yaml is on each of them. requires: by
# default all resources wait for unfencing as soon as any device of the cluster unfences.
$PCS resource create nova-evacuate ocf:openstack:NovaEvacuate \\
    cloud={cloud} clouds_file={clouds_file} \\
    op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s \\
    meta requires=fencing resource-stickiness=100 failure-timeout=60s
$PCS constraint location nova-evacuate rule resource-discovery=never score=-INFINITY \\
    osprole eq compute
$PCS alert create path="${{ALERT:=/usr/share/vmha-ocf/alert-wake}}" id=vmha-wake
"""
_COMPUTE = """
# nova-compute under Pacemaker, and away from a host whose evacuation is not over. Before it, on each
# compute host: systemctl disable nova-compute
$PCS resource create nova-compute ocf:openstack:NovaCompute \\
    op start timeout=120s op stop timeout=60s op monitor interval=10s timeout=20s \\
    meta failure-timeout=60s requires=fencing clone interleave=true --disabled
$PCS constraint location nova-compute-clone rule resource-discovery=exclusive score=0 \\
    osprole eq compute
$PCS constraint location nova-compute-clone rule score=-INFINITY defined evacuation
$PCS resource enable nova-compute

# Then: vmha check
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """``written``: where the inventory is now; ``inventory``: where the controllers have it."""

    written: str
    inventory: str = INVENTORY
    cloud: str = "vmha"
    clouds_file: str = "/etc/vmha/clouds.yaml"
    remotes: bool = True
    """The hosts are not remote nodes of the cluster yet."""


def format_script(deployment: Deployment, choices: Choices) -> str:
    hosts = deployment.hosts
    nodes = [str(one.node) for one in hosts]
    words = {
        "inventory": shlex.quote(choices.inventory),
        "written": shlex.quote(choices.written),
        "hosts": shlex.quote(" ".join(nodes)),
        "cloud": shlex.quote(choices.cloud),
        "clouds_file": shlex.quote(choices.clouds_file),
        "count": f"{len(hosts)} compute host{'s' if len(hosts) != 1 else ''}",
    }
    parts = [_HEAD.format(**words), _CLUSTER]
    if choices.remotes:
        parts += [_REMOTE, *map(_remote, hosts)]
    parts += [_ROLES, *(f"$PCS node attribute {name} osprole=compute\n" for name in nodes)]
    parts += [_FENCING.format(**words), _EVACUATOR.format(**words), _COMPUTE]
    return "".join(parts)


def format_inventory(deployment: Deployment) -> str:
    """fence_compute's, with every secret. For a file that root alone can read."""
    return "\n".join(_section(one) for one in deployment.hosts)


def _remote(one: DeployedHost) -> str:
    return (
        f"$PCS cluster node add-remote {one.node} {shlex.quote(one.address)} reconnect_interval=60s \\\n"
        "    op start timeout=15s op monitor interval=10s timeout=20s\n"
    )


def _section(one: DeployedHost) -> str:
    lines: Sequence[str] = [f"{name} = {value}" for name, value in one.options.items()]
    host = [f"host = {one.host}"] if str(one.host) != one.node else []
    return "\n".join([f"[{one.node}]", *lines, *host, ""])
