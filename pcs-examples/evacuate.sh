#!/bin/sh
# NovaEvacuate, one in the cluster, on a controller; it alone has OpenStack credentials.
#   CLOUDS_FILE  a clouds.yaml that only root can read, the same on each controller
#   CLOUD        the cloud's name in it
#   EXTRA        more parameters, for example "storm_limit=3 untagged=none"
# Without stickiness Pacemaker moves it to balance the controllers, each time a host comes back; without
# a failure-timeout one failed start on each of them leaves nobody to evacuate until a person cleans up.
set -eu
: "${PCS:=pcs}" "${CLOUDS_FILE:=/etc/vmha/clouds.yaml}" "${CLOUD:=vmha}" "${EXTRA:=}"

# shellcheck disable=SC2086 # EXTRA and PCS are lists of words
$PCS resource create nova-evacuate ocf:openstack:NovaEvacuate \
    cloud="$CLOUD" clouds_file="$CLOUDS_FILE" $EXTRA \
    op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s \
    meta resource-stickiness=100 failure-timeout=60s
$PCS constraint location nova-evacuate rule resource-discovery=never score=-INFINITY \
    osprole eq compute
$PCS alert create path="${ALERT:=/usr/share/vmha-ocf/alert-wake}" id=vmha-wake
