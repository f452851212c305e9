#!/bin/sh
# Instance HA where systemd, and not Pacemaker, starts nova-compute: the compute hosts are left as they are,
# but for pacemaker-remote and the gate. One fencing device and an inventory file.
#
# The gate is a drop-in of nova-compute's unit, which waits before each start until the cluster says that no
# evacuation from this host is going on. After it, on each compute host, before the first failure:
#     UNIT=nova-compute.service gate-host.sh
# Without it a host that was fenced starts nova-compute while its instances are being evacuated, and Nova
# may end up with two copies of one.
#
# What is lost against recipe-inventory.sh:
# - `pcs status` does not show nova-compute, and Pacemaker does not restart it: systemd does.
# - Pacemaker does not stop a nova-compute that something else started past the gate.
# - A container that Docker starts has no unit to put the gate before: use recipe-containers.sh.
set -eu

# Run again with one more host it adds that one, and keeps what it is not told; remove-host.sh takes one out.
# The compute hosts: Pacemaker's name and address.
: "${HOSTS:?for example HOSTS=\"compute-1=192.0.2.11 compute-2=192.0.2.12\"}"
# The inventory, on each controller (root's, mode 600; /etc/vmha/inventory.ini).
: "${INVENTORY:=}"
# A clouds.yaml on each controller (root's, mode 600; /etc/vmha/clouds.yaml), and the cloud in it ("vmha").
: "${CLOUDS_FILE:=}" "${CLOUD:=}"
export HOSTS INVENTORY CLOUDS_FILE CLOUD

cd "$(dirname "$0")"
exec ./together.sh ./hosts.sh ./fence-inventory.sh ./evacuate.sh
