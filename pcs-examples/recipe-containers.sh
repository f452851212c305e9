#!/bin/sh
# nova-compute in a container that Pacemaker starts, for example of Kolla or TripleO; one fencing device and
# an inventory file.
#
# What starts the container is either a systemd unit (Kolla since 2023.1, TripleO, a quadlet), or podman or
# docker alone. A unit with Restart=always brings back in seconds what podman or docker has stopped, so where
# there is one, Pacemaker has to start and stop the unit:
#   UNIT  its name; UNIT= (empty) where there is none
#     Kolla since 2023.1: kolla-nova_compute-container.service, by itself
#     TripleO: tripleo_nova_compute.service; a quadlet nova_compute.container: nova_compute.service
#   ENGINE CONTAINER  with UNIT= : podman or docker, and the container's name
#
# Before it, on each compute host, nothing else may start the container:
#   a unit: systemctl disable kolla-nova_compute-container.service. What runs goes on running. Again after each
#     run of the deployment tool that enabled it; `pcs status` (degraded) and `vmha check` tell.
#   a quadlet: take its [Install] section away, then systemctl daemon-reload
#   no unit: docker update --restart=no nova_compute (podman: since 5.1, else create it without --restart)
# NovaCompute looks for all of it before it starts nova-compute, refuses, and says what to type.
set -eu

# Run again with one more host it adds that one, and keeps what it is not told; remove-host.sh takes one out.
# The compute hosts: Pacemaker's name and address.
: "${HOSTS:?for example HOSTS=\"compute-1=192.0.2.11 compute-2=192.0.2.12\"}"
# The inventory, on each controller (root's, mode 600; /etc/vmha/inventory.ini).
: "${INVENTORY:=}"
UNIT=${UNIT-kolla-nova_compute-container.service}
# The host's name in Nova is read from here. Kolla: /etc/kolla/nova-compute/nova.conf; TripleO:
# /var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf
: "${NOVA_CONF:=/etc/kolla/nova-compute/nova.conf}"
# A clouds.yaml on each controller (root's, mode 600; /etc/vmha/clouds.yaml), and the cloud in it ("vmha").
: "${CLOUDS_FILE:=}" "${CLOUD:=}"
EXTRA_COMPUTE="nova_conf=$NOVA_CONF ${EXTRA_COMPUTE:-}"
if [ -n "$UNIT" ]; then
    EXTRA_COMPUTE="unit=$UNIT $EXTRA_COMPUTE"
else
    : "${ENGINE:=podman}" "${CONTAINER:=nova_compute}"
    # How the container is started and stopped, and what succeeds if and only if it runs. No shell is in
    # between; "sh -c '...'" is one.
    : "${START_COMMAND:=$ENGINE start $CONTAINER}"
    : "${STOP_COMMAND:=$ENGINE stop --time 20 $CONTAINER}"
    # shellcheck disable=SC2089,SC2090 # NovaCompute is to get these quotes
    RUNS="sh -c '$ENGINE inspect -f {{.State.Running}} $CONTAINER | grep -qx true'"
    : "${STATUS_COMMAND:=$RUNS}"
    # shellcheck disable=SC2090
    export START_COMMAND STOP_COMMAND STATUS_COMMAND
fi
export HOSTS INVENTORY EXTRA_COMPUTE CLOUDS_FILE CLOUD

cd "$(dirname "$0")"
exec ./together.sh ./hosts.sh ./fence-inventory.sh ./evacuate.sh ./compute.sh
