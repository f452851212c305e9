"""Nova with the libvirt driver: what its computes are told where guests are real."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.lab.cloud.site import CACHE, Site
from tests.lab.cloud.venv import PYTHON

BINDING = CACHE / "python-libvirt"
"""The path entry with which Nova's Python finds Debian's binding, and nothing else of Debian's."""


def driver(site: Site) -> str:
    return "labvirt.LabVirt" if site.virt_type else "labdriver.LabDriver"


def of_a_host(site: Site, host: str) -> str:
    """Sections of one host's nova-compute.conf. Its disks are on storage that all hosts share, raw, so
    that who judges reads them without a tool; its serial is its host's, so that a guest can tell where
    it was started."""
    if not site.virt_type:
        return ""
    files = (site.etc / "nova-compute.conf", site.disk(host) / "nova/nova-compute.conf")
    told = " ".join(f"--config-file {file}" for file in files)
    address = site.node_address(host)
    return f"""
[DEFAULT]
my_ip = {address}
instances_path = {site.instances}
force_raw_images = true
# Else a cold migration writes a raw disk anew as qcow2, and its guest reads that as raw (bug 2038898).
use_cow_images = false
initial_cpu_allocation_ratio = 64
initial_disk_allocation_ratio = 64
initial_ram_allocation_ratio = 4
reserved_host_memory_mb = 0
# The guests hear no power button.
shutdown_timeout = 2

[libvirt]
virt_type = {site.virt_type}
cpu_mode = none
images_type = raw
inject_partition = -2
hw_machine_type = x86_64=pc
sysinfo_serial = hardware
live_migration_inbound_addr = {address}
num_pcie_ports = 0

[spice]
enabled = false

[serial_console]
enabled = false

[nova_sys_admin]
helper_command = {PYTHON.parent}/privsep-helper {told}
"""


def lay_out_images(
    site: Site, records: list[dict[str, object]], files: Mapping[str, Path]
) -> None:
    """What Glance knows, and the data of it."""
    (site.home / "images.json").write_text(json.dumps(records, indent=1))
    data = site.home / "images"
    data.mkdir(exist_ok=True)
    for image_id, file in files.items():
        (data / image_id).unlink(missing_ok=True)
        (data / image_id).symlink_to(file)
    site.instances.mkdir(parents=True, exist_ok=True)
