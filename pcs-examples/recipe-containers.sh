#!/bin/sh
# nova-compute in a container that Pacemaker starts, for example of Kolla or TripleO; one fencing device and
# an inventory file.
#
# Before it, on each compute host: nothing else may start the container. Docker: `docker update
# --restart=no nova_compute`. Podman: systemctl disable the unit that starts it.
set -eu

# The compute hosts: Pacemaker's name and address.
: "${HOSTS:=compute-1=192.0.2.11 compute-2=192.0.2.12}"
# The inventory, on each controller (root's, mode 600).
: "${INVENTORY:=/etc/vmha/inventory.ini}"
# How the container is started and stopped, and what succeeds if and only if it runs. No shell is in
# between; "sh -c '...'" is one.
: "${START_COMMAND:=podman start nova_compute}"
: "${STOP_COMMAND:=podman stop --time 20 nova_compute}"
# shellcheck disable=SC2089,SC2090 # NovaCompute is to get these quotes
RUNS="sh -c 'podman inspect -f {{.State.Running}} nova_compute | grep -qx true'"
: "${STATUS_COMMAND:=$RUNS}"
# The host's name in Nova is read from here. Kolla: /etc/kolla/nova-compute/nova.conf; TripleO:
# /var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf
: "${NOVA_CONF:=/etc/kolla/nova-compute/nova.conf}"
# A clouds.yaml on each controller (root's, mode 600), and the cloud in it.
: "${CLOUDS_FILE:=/etc/vmha/clouds.yaml}" "${CLOUD:=vmha}"
EXTRA_COMPUTE="nova_conf=$NOVA_CONF ${EXTRA_COMPUTE:-}"
# shellcheck disable=SC2090
export HOSTS INVENTORY START_COMMAND STOP_COMMAND STATUS_COMMAND EXTRA_COMPUTE CLOUDS_FILE CLOUD

cd "$(dirname "$0")"
exec ./together.sh ./hosts.sh ./fence-inventory.sh ./evacuate.sh ./compute.sh
