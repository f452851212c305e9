#!/bin/sh
# One fencing device and an inventory file for all compute hosts, nova-compute under Pacemaker as a systemd
# unit.
#
# For many hosts: a new one is a section of the file and a word in HOSTS. docs/fence-compute.rst has the
# file's format.
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
exec ./together.sh ./hosts.sh ./fence-inventory.sh ./evacuate.sh ./compute.sh
