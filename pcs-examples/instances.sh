#!/bin/sh
# NovaInstances, a clone on the compute hosts: says which instances are down or stuck on a host that lives. It ends
# none, and restarts none. Needs python3-libvirt on each compute host. On its own: together.sh ./instances.sh
#   LIBVIRT  the clone of a libvirt resource, where Pacemaker starts libvirt
#   EXTRA_INSTANCES  more parameters, for example "agent_after=60"
# Run again, what is not told stays as it is.
set -eu
: "${PCS:=pcs}" "${EXTRA_INSTANCES:=}" "${LIBVIRT:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

# Whether there is such an order.
ordered() { elements "<rsc_order " "first=\"$1\"" "then=\"$2\"" >/dev/null; }

# stop: Pacemaker fences a node on which a stop fails, and with it all guests. This one is not worth a guest.
# failure-timeout: a start that failed is tried again by itself, as after python3-libvirt was installed.
# requires: the default is "unfencing" for all resources as soon as any device of the cluster unfences.
# shellcheck disable=SC2086 # EXTRA_INSTANCES and PCS are lists of words
{
if resource nova-instances; then
    [ -z "$EXTRA_INSTANCES" ] || $PCS resource update nova-instances $EXTRA_INSTANCES
else
    $PCS resource create nova-instances ocf:openstack:NovaInstances $EXTRA_INSTANCES \
        op start timeout=30s op stop timeout=30s on-fail=block op monitor interval=10s timeout=20s \
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
    new=1
fi
# On compute hosts only; elsewhere it is not even looked for.
elements "<rsc_location " 'rsc="nova-instances-clone"' 'resource-discovery="exclusive"' >/dev/null ||
    $PCS constraint location nova-instances-clone rule resource-discovery=exclusive score=0 \
        osprole eq compute
# After what it watches; but only where both are started. Where nova-compute is kept away or has failed, it goes on
# to say what becomes of the guests.
before=$LIBVIRT
if resource nova-compute; then
    [ -z "$LIBVIRT" ] || ordered "$LIBVIRT" nova-compute-clone ||
        $PCS constraint order "$LIBVIRT" "then" nova-compute-clone kind=Optional
    before=nova-compute-clone
fi
[ -z "$before" ] || ordered "$before" nova-instances-clone ||
    $PCS constraint order "$before" "then" nova-instances-clone kind=Optional
# One that somebody has disabled stays so.
[ -z "${new:-}" ] || $PCS resource enable nova-instances
}
