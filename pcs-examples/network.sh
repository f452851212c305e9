#!/bin/sh
# Measures one network of the compute hosts, for the policy to tell of (docs/policy.rst): a clone of ocf:pacemaker:ping
# on them, which writes the node attribute net-NETWORK: 1000 for each target that answers. It restarts and fences
# nothing. Needs ping on each compute host (iputils-ping).
# On its own: NETWORK=tenant TARGETS="192.0.2.1 192.0.2.2" together.sh ./network.sh
#   NETWORK  admin, tenant or storage
#   TARGETS  what is pinged, two at least, each reached over that network alone: its gateways, addresses of its switches
#   EXTRA_NETWORK  more parameters of ocf:pacemaker:ping, for example "options=-Ibond1"
# Run again, what is not told stays as it is.
set -eu
: "${PCS:=pcs}" "${NETWORK:?say which: admin, tenant or storage}" "${TARGETS:=}" "${EXTRA_NETWORK:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

case $NETWORK in
    admin|tenant|storage) ;;
    *) refuse "NETWORK: $NETWORK is none of admin, tenant, storage" ;;
esac
name=net-$NETWORK

# stop: Pacemaker fences a node on which a stop fails, and with it all guests.
# requires: the default is "unfencing" for all resources as soon as any device of the cluster unfences.
# shellcheck disable=SC2086 # EXTRA_NETWORK and PCS are lists of words
{
if resource "$name"; then
    [ -z "$TARGETS" ] || $PCS resource update "$name" host_list="$TARGETS"
    [ -z "$EXTRA_NETWORK" ] || $PCS resource update "$name" $EXTRA_NETWORK
else
    # One alone could be down by itself.
    [ "$(words "$TARGETS" | wc -l)" -ge 2 ] || refuse "TARGETS: name two at least"
    $PCS resource create "$name" ocf:pacemaker:ping name="$name" multiplier=1000 host_list="$TARGETS" $EXTRA_NETWORK \
        op start timeout=60s op stop timeout=20s on-fail=block op monitor interval=10s timeout=60s \
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
    new=1
fi
# On compute hosts only; elsewhere it is not even looked for.
elements "<rsc_location " "rsc=\"$name-clone\"" 'resource-discovery="exclusive"' >/dev/null ||
    $PCS constraint location "$name-clone" rule resource-discovery=exclusive score=0 osprole eq compute
# One that somebody has disabled stays so.
[ -z "${new:-}" ] || $PCS resource enable "$name"
}
