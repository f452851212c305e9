"""A deployment -> the pcs script that protects it, and fence_compute's inventory. Pure.

The same commands as pcs-examples/recipe-inventory.sh; a test compares what the two make of a CIB. It may
be run again: what is there stays, what is new is added, and nobody is taken out for not being named.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.operator.inventories.deployment import DeployedHost, Deployment

INVENTORY = "/etc/vmha/inventory.ini"

_HEAD = """\
#!/bin/sh
# Instance high availability for {count}, made by `vmha generate`. Read it, then run it as root
# on one controller. It holds no secret: those are in {inventory}, which has to be on
# every controller, readable by root only:
#   install -D -m 600 -o root {written} {inventory}
# shellcheck disable=SC2086 # PCS is a list of words
set -eu
"""
_REMOTE = """
# The compute hosts join the cluster; pcsd copies Pacemaker's key to them.
"""
_TOGETHER = """
# What follows is done on a copy of the configuration, checked, and put into force at once: Pacemaker
# never sees half of it, and where a command fails nothing is changed.
work=
if [ -z "${PCS:-}" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    pcs cluster cib "$work/before.xml"
    cp "$work/before.xml" "$work/after.xml"
    PCS="pcs -f $work/after.xml"
fi
# Where pcs looks, for Pacemaker's own tools.
file=
case $PCS in *" -f "*) file=${PCS##*" -f "} file=${file%% *} ;; esac

# Without fencing nothing is ever evacuated; hosts that die together are fenced together; and the
# intervals below are looked at once a minute at least.
$PCS property set stonith-enabled=true concurrent-fencing=true cluster-recheck-interval=1min

# reconnect_interval above 0: a host that is down is fenced first and connected to afterwards. A short
# start: where a controller dies with a host, each other one tries for as long before it is fenced.
"""
_FENCING = """
# One fencing device for all of them. pcmk_action_limit: it fences several at once. Timeouts: above
# fence_compute's own, 30 s for the power and two logins before it. failure-timeout: one BMC that is away
# fails the device's monitor, and nobody would look at any of them again before a `pcs stonith cleanup`.
# Whom it has already it keeps: remove-host.sh of pcs-examples takes a host out.
hosts=$(env ${{file:+CIB_file="$file"}} crm_resource --resource fence-computes \\
    --get-parameter pcmk_host_list 2>/dev/null | tr ',;' '  ') || true
for host in {hosts}; do
    case " $hosts " in *" $host "*) ;; *) hosts="$hosts${{hosts:+ }}$host" ;; esac
done
if $PCS stonith config fence-computes >/dev/null 2>&1; then
    $PCS stonith update fence-computes inventory={inventory} pcmk_host_list="$hosts"
else
    $PCS stonith create fence-computes fence_compute inventory={inventory} \\
        pcmk_host_list="$hosts" pcmk_action_limit=-1 \\
        pcmk_reboot_timeout=120 pcmk_off_timeout=90 \\
        op start timeout=60s op monitor interval=60s timeout=60s meta failure-timeout=120s
fi
"""
_EVACUATOR = """
# One evacuator, on a controller; the cloud "{cloud}" of its clouds.yaml is on each of them.
# requires: the default is "unfencing" as soon as any device of the cluster unfences. stickiness: it
# stays where it is. failure-timeout: a failed start is tried again. Never order it after nova-compute.
if $PCS resource config nova-evacuate >/dev/null 2>&1; then
    $PCS resource update nova-evacuate cloud={cloud} clouds_file={clouds_file}{evacuate}
else
    $PCS resource create nova-evacuate ocf:openstack:NovaEvacuate \\
        cloud={cloud} clouds_file={clouds_file}{evacuate} \\
        op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s \\
        meta requires=fencing resource-stickiness=100 failure-timeout=60s
    $PCS constraint location nova-evacuate rule resource-discovery=never score=-INFINITY \\
        osprole eq compute
fi
# Woken at once when a fencing is over.
$PCS alert config | grep -q vmha-wake ||
    $PCS alert create path="${{ALERT:=/usr/share/vmha-ocf/alert-wake}}" id=vmha-wake
"""
_COMPUTE = """
# nova-compute under Pacemaker, and away from a host whose evacuation is not over. Nothing else may
# start it: before this, on each compute host, systemctl disable nova-compute
# on-fail: a stop of it that fails is not worth the guests of its host.
# Where it is configured already it runs on, and one that somebody has disabled stays so.
if $PCS resource config nova-compute >/dev/null 2>&1; then
    {update}
else
    $PCS resource create nova-compute ocf:openstack:NovaCompute{compute} \\
        op start timeout=120s op stop timeout=60s on-fail=block op monitor interval=10s timeout=20s \\
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
    $PCS constraint location nova-compute-clone rule resource-discovery=exclusive score=0 \\
        osprole eq compute
    $PCS constraint location nova-compute-clone rule score=-INFINITY defined evacuation
    $PCS resource enable nova-compute
fi
"""
_INSTANCES = """
# Which instances are down or stuck on a host that lives: told, and nothing is done about it. Needs
# python3-libvirt on each compute host. on-fail: a stop of it that fails is not worth a guest.
if ! $PCS resource config nova-instances >/dev/null 2>&1; then
    $PCS resource create nova-instances ocf:openstack:NovaInstances \\
        op start timeout=30s op stop timeout=30s on-fail=block op monitor interval=10s timeout=20s \\
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
    $PCS constraint location nova-instances-clone rule resource-discovery=exclusive score=0 \\
        osprole eq compute
    $PCS constraint order nova-compute-clone "then" nova-instances-clone kind=Optional
    $PCS resource enable nova-instances
fi
"""
_END = """
if [ -n "$work" ] &&
    crm_diff --no-version --original="$work/before.xml" --new="$work/after.xml" >/dev/null; then
    echo "it is so already" >&2
elif [ -n "$work" ]; then
    if ! crm_verify --xml-file="$work/after.xml" -V &&
        crm_verify --xml-file="$work/before.xml" >/dev/null 2>&1; then
        echo "nothing was changed, see above" >&2
        exit 1
    fi
    pcs cluster cib-push "$work/after.xml" diff-against="$work/before.xml"
fi
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
    evacuate: Sequence[str] = ()
    """More parameters of NovaEvacuate, each ``name=value``."""
    compute: Sequence[str] = ()
    """And of NovaCompute."""
    instances: bool = False
    """NovaInstances, too."""


def format_script(deployment: Deployment, choices: Choices) -> str:
    hosts = deployment.hosts
    nodes = [str(one.node) for one in hosts]
    words = {
        "inventory": shlex.quote(choices.inventory),
        "written": shlex.quote(choices.written),
        "hosts": shlex.join(nodes),
        "cloud": shlex.quote(choices.cloud),
        "clouds_file": shlex.quote(choices.clouds_file),
        "count": f"{len(hosts)} compute host{'s' if len(hosts) != 1 else ''}",
        "evacuate": _more(choices.evacuate),
        "compute": _more(choices.compute),
    }
    parts = [_HEAD.format(**words)]
    if choices.remotes:
        parts += [_REMOTE, *map(_remote, hosts)]
    parts += [_TOGETHER, *map(_connection, nodes)]
    parts += [part.format(**words) for part in (_FENCING, _EVACUATOR)]
    update = f"$PCS resource update nova-compute{words['compute']}" if choices.compute else ":"
    parts.append(_COMPUTE.replace("{compute}", words["compute"]).replace("{update}", update))
    if choices.instances:
        parts.append(_INSTANCES)
    return "".join([*parts, _END])


def format_inventory(deployment: Deployment) -> str:
    """fence_compute's, with every secret. For a file that root alone can read."""
    return "\n".join(_section(one) for one in deployment.hosts)


def _more(parameters: Sequence[str]) -> str:
    return "".join(f" \\\n    {shlex.quote(one)}" for one in parameters)


def _remote(one: DeployedHost) -> str:
    there = f"pcs resource config {one.node} >/dev/null 2>&1 ||\n    "
    return f"{there}pcs cluster node add-remote {one.node} {shlex.quote(one.address)}\n"


def _connection(node: str) -> str:
    return (
        f"$PCS resource update {node} reconnect_interval=60s \\\n"
        "    op monitor interval=10s timeout=20s op start timeout=15s\n"
        f"$PCS node attribute {node} osprole=compute\n"
    )


def _section(one: DeployedHost) -> str:
    lines: Sequence[str] = [f"{name} = {value}" for name, value in one.options.items()]
    host = [f"host = {one.host}"] if str(one.host) != one.node else []
    return "\n".join([f"[{one.node}]", *lines, *host, ""])
