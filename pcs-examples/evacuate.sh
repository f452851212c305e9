#!/bin/sh
# NovaEvacuate, one in the cluster, on a controller; it alone has OpenStack credentials.
#   CLOUDS_FILE  a clouds.yaml that only root can read, the same on each controller ("/etc/vmha/clouds.yaml")
#   CLOUD        the cloud's name in it ("vmha")
#   EXTRA        more parameters, for example "storm_limit=3 untagged=none"
# Run again, what is not told stays as it is.
set -eu
: "${PCS:=pcs}" "${CLOUDS_FILE:=}" "${CLOUD:=}" "${EXTRA:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

# Never order it after nova-compute: after a power cut of all compute hosts each would wait for the other.
# monitor: looks whether the worker lives and gets on; it asks nobody, so it is cheap.
# requires: the default is "unfencing" for all resources as soon as any device of the cluster unfences.
# resource-stickiness: without it Pacemaker moves it to balance the controllers, each time a host comes
# back.
# failure-timeout: without it one failed start on each controller leaves nobody to evacuate until a person
# cleans up.
# shellcheck disable=SC2086 # EXTRA and PCS are lists of words
{
there=
if resource nova-evacuate; then
    there=1
    set -- ${CLOUD:+cloud="$CLOUD"} ${CLOUDS_FILE:+clouds_file="$CLOUDS_FILE"} $EXTRA
    [ $# -eq 0 ] || $PCS resource update nova-evacuate "$@"
else
    # Not before the rule below is there: Pacemaker would begin with a compute host, where no library is.
    $PCS resource create nova-evacuate ocf:openstack:NovaEvacuate \
        cloud="${CLOUD:-vmha}" clouds_file="${CLOUDS_FILE:-/etc/vmha/clouds.yaml}" $EXTRA \
        op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s \
        meta requires=fencing resource-stickiness=100 failure-timeout=60s --disabled
fi
# Never on a compute host: it could be the one that is to be evacuated.
elements "<rsc_location " 'rsc="nova-evacuate"' >/dev/null ||
    $PCS constraint location nova-evacuate rule resource-discovery=never score=-INFINITY \
        osprole eq compute
# One that somebody has disabled stays so.
[ -n "$there" ] || $PCS resource enable nova-evacuate
# Woken at once when a fencing is over, instead of at the next poll.
elements "<alert " 'id="vmha-wake"' >/dev/null ||
    $PCS alert create path="${ALERT:=/usr/share/vmha-ocf/alert-wake}" id=vmha-wake
}
