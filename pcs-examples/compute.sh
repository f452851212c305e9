#!/bin/sh
# NovaCompute, a clone on the compute hosts: starts nova-compute, but not before the evacuations of its
# host are over. Pacemaker itself keeps it away meanwhile, by the rule on the node attribute.
#   START_COMMAND STOP_COMMAND STATUS_COMMAND  where nova-compute is not a systemd unit
#   LIBVIRT  the clone of a libvirt resource, where Pacemaker starts libvirt: it stands behind the same gate. For guests
#     that are marked autostart that is not enough: UNIT=libvirtd.service gate-host.sh, on each host
#   EXTRA_COMPUTE  more parameters, for example "unit=nova-compute"
# Before it: systemctl disable nova-compute on each compute host, as Pacemaker starts it now.
set -eu
: "${PCS:=pcs}" "${EXTRA_COMPUTE:=}" "${LIBVIRT:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

set --
[ -z "${START_COMMAND:-}" ] || set -- "$@" start_command="$START_COMMAND"
[ -z "${STOP_COMMAND:-}" ] || set -- "$@" stop_command="$STOP_COMMAND"
[ -z "${STATUS_COMMAND:-}" ] || set -- "$@" status_command="$STATUS_COMMAND"

# start: half of its timeout is for the gate, half for nova-compute. Nobody waits there for hours: the
# rule below keeps Pacemaker from starting it on a flagged host.
# stop: by default Pacemaker fences a node on which a stop fails, and with it all guests. A nova-compute that cannot
# be killed is not worth them.
# failure-timeout: a start that failed is tried again by itself.
# requires: the default is "unfencing" for all resources as soon as any device of the cluster unfences.
# shellcheck disable=SC2086 # EXTRA_COMPUTE and PCS are lists of words
{
there=
if resource nova-compute; then
    # Where nothing is new nova-compute runs on. Other commands or another unit restart it on all hosts.
    there=1
    [ $# -eq 0 ] || set -- "$@" unit=
    case " $EXTRA_COMPUTE" in *" unit="*) set -- start_command= stop_command= status_command= ;; esac
    [ -z "$*$EXTRA_COMPUTE" ] || $PCS resource update nova-compute "$@" $EXTRA_COMPUTE
else
    $PCS resource create nova-compute ocf:openstack:NovaCompute "$@" $EXTRA_COMPUTE \
        op start timeout=120s op stop timeout=60s on-fail=block op monitor interval=10s timeout=20s \
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
fi
# On compute hosts only; elsewhere it is not even looked for.
elements "<rsc_location " 'rsc="nova-compute-clone"' 'resource-discovery="exclusive"' >/dev/null ||
    $PCS constraint location nova-compute-clone rule resource-discovery=exclusive score=0 \
        osprole eq compute
# The gate: fence_compute writes this attribute, and NovaEvacuate removes it when all is over.
for each in nova-compute-clone $LIBVIRT; do
    gated "$each" || $PCS constraint location "$each" rule score=-INFINITY defined evacuation
done
# One that somebody has disabled stays so.
[ -n "$there" ] || $PCS resource enable nova-compute
}
