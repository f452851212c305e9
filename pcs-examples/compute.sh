#!/bin/sh
# NovaCompute, a clone on the compute hosts: starts nova-compute, but not before the evacuations of its
# host are over. Pacemaker itself keeps it away meanwhile, by the rule on the node attribute.
#   START_COMMAND STOP_COMMAND STATUS_COMMAND  where nova-compute is not a systemd unit
#   EXTRA  more parameters, for example "unit=nova-compute"
# Before it: systemctl disable nova-compute on each compute host, as Pacemaker starts it now.
set -eu
: "${PCS:=pcs}" "${EXTRA:=}"

set --
[ -z "${START_COMMAND:-}" ] || set -- "$@" start_command="$START_COMMAND"
[ -z "${STOP_COMMAND:-}" ] || set -- "$@" stop_command="$STOP_COMMAND"
[ -z "${STATUS_COMMAND:-}" ] || set -- "$@" status_command="$STATUS_COMMAND"

# shellcheck disable=SC2086 # EXTRA and PCS are lists of words
{
$PCS resource create nova-compute ocf:openstack:NovaCompute "$@" $EXTRA \
    op start timeout=120s op stop timeout=60s op monitor interval=10s timeout=20s \
    meta failure-timeout=60s clone interleave=true --disabled
$PCS constraint location nova-compute-clone rule resource-discovery=exclusive score=0 \
    osprole eq compute
$PCS constraint location nova-compute-clone rule score=-INFINITY defined evacuation
$PCS resource enable nova-compute
}
