"""Units of nova-compute's on hosts that systemd boots, as deployers have them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.lab.cluster import Cluster
from tests.lab.layout import REPOSITORY, Lab
from tests.packages.documented import one

KOLLAS = "kolla-nova_compute-container.service"
_ETC = "/etc/systemd/system"
_DOCKER = "/usr/local/bin/docker"
_KOLLA = f"""\
# As Kolla's Ansible writes it (since 2023.1), but for the place of docker.
[Unit]
Description=docker kolla-nova_compute-container.service
After=docker.service
Requires=docker.service
StartLimitIntervalSec=120
StartLimitBurst=10

[Service]
ExecStart={_DOCKER} start -a nova_compute
ExecStop={_DOCKER} stop nova_compute -t 10
Restart=always
RestartSec=11

[Install]
WantedBy=multi-user.target
"""
_DOCKERS = """\
[Service]
ExecStart=/bin/sleep infinity
"""


def put_gates(cluster: Cluster, hosts: Iterable[str]) -> None:
    """As recipe-untouched-hosts.sh has it, and docs/deploy.rst types it on each host."""
    command = one("Where systemd starts nova-compute", "gate-host.sh")
    for host in hosts:
        on(cluster, host, f"{command}; systemctl enable --now nova-compute")


def take_gates(cluster: Cluster, hosts: Iterable[str]) -> None:
    command = one("Where systemd starts nova-compute", "gate-host.sh").partition(" ")[2]
    for host in hosts:
        on(cluster, host, f"REMOVE=1 {command}; systemctl disable --now nova-compute")


def put_kollas(lab: Lab, cluster: Cluster, hosts: Iterable[str]) -> None:
    """nova-compute is a container's, which this unit starts. It is not enabled, as our recipe wants it."""
    docker = (REPOSITORY / "tests/lab/podman").read_text()
    docker = docker.replace("@REPOSITORY@", str(REPOSITORY)).replace("@STATE@", str(lab.state))
    files = {_DOCKER: docker, f"{_ETC}/{KOLLAS}": _KOLLA, f"{_ETC}/docker.service": _DOCKERS}
    for host in hosts:
        for path, text in files.items():
            cluster.must(host, ["mkdir", "-p", str(Path(path).parent)])
            cluster.must(host, ["tee", path], text=text)
        on(cluster, host, f"chmod 755 {_DOCKER}; systemctl daemon-reload")


def take_kollas(cluster: Cluster, hosts: Iterable[str]) -> None:
    for host in hosts:
        on(cluster, host, f"systemctl stop {KOLLAS} docker")
        on(cluster, host, f"rm {_ETC}/{KOLLAS} {_ETC}/docker.service {_DOCKER}")
        on(cluster, host, "systemctl daemon-reload")


def on(cluster: Cluster, host: str, command: str) -> str:
    return cluster.must(host, ["bash", "-ec", command], timeout=90)
