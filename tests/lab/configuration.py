"""What a node is given before its first boot: corosync.conf, the first CIB, keys and names."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.lab import own_root
from tests.lab.layout import BMC_PASSWORD, BMC_USER, Lab, Node, Role
from tests.lab.machines import boot

# Pacemaker refuses a CIB whose feature set is newer than its own (2.1.5 has 3.16.1).
_FEATURE_SET = "3.16.1"
_COROSYNC = """\
totem {{
    version: 2
    cluster_name: {prefix}
    transport: knet
    crypto_cipher: none
    crypto_hash: none
    token: 3000
}}
system {{
    sched_rr: no
    move_to_root_cgroup: no
}}
logging {{
    to_stderr: no
    to_syslog: no
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
    timestamp: hires
}}
quorum {{
    provider: corosync_votequorum
}}
nodelist {{
{nodes}}}
"""
_PROPERTIES = {
    "stonith-enabled": "true",
    "concurrent-fencing": "true",
    "dc-deadtime": "2s",
    # The load average is the whole machine's; Pacemaker would slow down for other labs' work.
    "load-threshold": "0%",
    "cluster-recheck-interval": "1min",
}


@dataclass(frozen=True)
class Timing:
    """How soon the cluster sees that a compute host is gone, and asks for it again."""

    monitor: str = "5s"
    timeout: str = "10s"
    start: str = "5s"
    reconnect: str = "15s"


STEADY = Timing()
QUICK = Timing(monitor="2s", timeout="3s", start="5s", reconnect="10s")


@dataclass(frozen=True)
class Plan:
    """What the cluster has in its first CIB; the rest is configured with pcs."""

    timing: Timing = STEADY
    fence_computes: bool = True
    alert: str = ""
    connected: bool = True
    """The compute hosts are remote nodes of the cluster already, with its key."""
    roots: Mapping[Role, str] = field(default_factory=dict)
    """What is installed on the nodes, as own_root.give() takes it; where there is none, our agents are,
    over this machine's files."""
    systemd: frozenset[Role] = frozenset()
    """Whose process 1 is systemd; their root has to have it."""


def write_node(lab: Lab, node: Node, plan: Plan) -> None:
    home = lab.home(node.name)
    for directory in ("disk", "corosync", "etc/corosync", "etc/pacemaker", "log/corosync"):
        (home / directory).mkdir(parents=True, exist_ok=True)
    for directory in ("cib", "pengine", "cores", "blackbox"):
        _for_pacemaker(home / "pacemaker" / directory)
    _for_pacemaker(home / "log" / "pacemaker")
    (home / "etc" / "hosts").write_text(_hosts(lab))
    in_cluster = plan.connected or node.role is Role.CONTROLLER
    _write_key(home / "etc" / "pacemaker" / "authkey", lab.prefix if in_cluster else node.name)
    if node.role in plan.roots:
        own_root.give(lab, node.name, plan.roots[node.role])
    if node.role in plan.systemd:
        boot.give(home, lab.state)
    if node.role is Role.CONTROLLER:
        (home / "etc" / "corosync" / "corosync.conf").write_text(_corosync(lab))
        _write_cib(home / "pacemaker" / "cib" / "cib.xml", first_cib(lab, plan))


def members(lab: Lab, plan: Plan) -> tuple[Node, ...]:
    """The nodes that the cluster knows from the beginning."""
    return lab.nodes if plan.connected else lab.controllers


def first_cib(lab: Lab, plan: Plan) -> str:
    cib = ET.Element(
        "cib",
        {
            "crm_feature_set": _FEATURE_SET,
            "validate-with": "pacemaker-3.7",
            "epoch": "1",
            "num_updates": "0",
            "admin_epoch": "0",
        },
    )
    configuration = ET.SubElement(cib, "configuration")
    properties = ET.SubElement(configuration, "crm_config")
    _pairs(properties, "cluster_property_set", "cib-bootstrap-options", _PROPERTIES)
    nodes = ET.SubElement(configuration, "nodes")
    resources = ET.SubElement(configuration, "resources")
    ET.SubElement(configuration, "constraints")
    for node in members(lab, plan):
        _node_entry(nodes, node)
    for node in lab.computes if plan.connected else ():
        _remote(resources, node, plan.timing)
    for node in lab.nodes if plan.fence_computes else lab.controllers:
        _fencing(resources, node)
    if plan.alert:
        _alert(configuration, plan.alert)
    ET.SubElement(cib, "status")
    ET.indent(cib)
    return ET.tostring(cib, encoding="unicode") + "\n"


def _node_entry(nodes: ET.Element, node: Node) -> None:
    is_remote = node.role is Role.COMPUTE
    identity = {"id": node.name if is_remote else str(node.number), "uname": node.name}
    entry = ET.SubElement(nodes, "node", identity | ({"type": "remote"} if is_remote else {}))
    _pairs(entry, "instance_attributes", f"nodes-{node.name}", {"osprole": node.role.value})


def _remote(resources: ET.Element, node: Node, timing: Timing) -> None:
    remote = ET.SubElement(
        resources,
        "primitive",
        {"id": node.name, "class": "ocf", "provider": "pacemaker", "type": "remote"},
    )
    settings = {"server": node.address, "reconnect_interval": timing.reconnect}
    _pairs(remote, "instance_attributes", f"{node.name}-settings", settings)
    operations = ET.SubElement(remote, "operations")
    # The default start timeout of 60 s would be spent on each controller before a host is fenced
    # that died together with the controller of its connection.
    _operation(operations, node.name, "start", "0s", timing.start)
    _operation(operations, node.name, "monitor", timing.monitor, timing.timeout)


def _fencing(resources: ET.Element, node: Node) -> None:
    device = ET.SubElement(
        resources,
        "primitive",
        {"id": f"ipmi-{node.name}", "class": "stonith", "type": "fence_ipmilan"},
    )
    settings = {
        "ip": node.bmc_address,
        "username": BMC_USER,
        "password": BMC_PASSWORD,
        "lanplus": "1",
        "cipher": "3",
        "method": "onoff",
        "pcmk_host_list": node.name,
    }
    _pairs(device, "instance_attributes", f"ipmi-{node.name}-settings", settings)


def _alert(configuration: ET.Element, path: str) -> None:
    alerts = ET.SubElement(configuration, "alerts")
    alert = ET.SubElement(alerts, "alert", {"id": "lab-alert", "path": path})
    select = ET.SubElement(alert, "select")
    for kind in ("nodes", "fencing", "resources", "attributes"):
        ET.SubElement(select, f"select_{kind}")


def _operation(
    operations: ET.Element, resource: str, name: str, interval: str, timeout: str
) -> None:
    words = {"name": name, "interval": interval, "timeout": timeout}
    ET.SubElement(operations, "op", {"id": f"{resource}-{name}", **words})


def _pairs(parent: ET.Element, tag: str, identity: str, pairs: dict[str, str]) -> None:
    group = ET.SubElement(parent, tag, {"id": identity})
    for name, value in pairs.items():
        words = {"id": f"{identity}-{name}", "name": name, "value": value}
        ET.SubElement(group, "nvpair", words)


def _corosync(lab: Lab) -> str:
    nodes = "".join(
        f"    node {{\n        name: {node.name}\n        nodeid: {node.number}\n"
        f"        ring0_addr: {node.address}\n    }}\n"
        for node in lab.controllers
    )
    return _COROSYNC.format(prefix=lab.prefix, nodes=nodes)


def _hosts(lab: Lab) -> str:
    names = {node.name: node.address for node in lab.nodes}
    names |= {f"bmc-{node.name}": node.bmc_address for node in lab.nodes}
    names |= {"localhost": "127.0.0.1", "cloud": lab.cloud_address}
    return "".join(f"{address}\t{name}\n" for name, address in names.items())


def _for_pacemaker(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o750)
    shutil.chown(directory, "hacluster", "haclient")


def _write_cib(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    shutil.chown(path, "hacluster", "haclient")


def _write_key(path: Path, text: str) -> None:
    """All nodes of a cluster share one key; it guards nothing but that lab."""
    path.touch(mode=0o640)
    path.write_text(f"lab {text}\n" * 64)
    shutil.chown(path, "root", "haclient")
