#!/bin/sh
# Take instance HA out of the cluster: whatever the recipes made, but for the remote nodes themselves.
#   FORCE=1  also while a host is being evacuated: it then stays forced down and disabled in Nova
#   KEEP_COMPUTE=1  nova-compute stays under Pacemaker
#
# Afterwards, on each compute host: systemctl enable --now nova-compute. Instances run on meanwhile.
# Hosts that only fence_compute could fence need another fencing device, or have to leave the cluster:
# pcs cluster node remove-remote. What `vmha history` tells stays; to forget it too:
#     cibadmin --delete --xpath "//cluster_property_set[@id='vmha-history']"
set -eu
# One after another, and not together.sh: pcs stops what it deletes and waits for it. A clone that is
# deleted while it runs looks to Pacemaker like a resource on too many nodes.
: "${PCS:=pcs}" "${EVACUATE:=nova-evacuate}" "${COMPUTE:=nova-compute}" "${INSTANCES:=nova-instances}"

# shellcheck disable=SC2086 # PCS is a list of words
{
pending=$($PCS cluster cib | sed -n 's/.* name="evacuation" value="host=\([^ "]*\).*/\1/p')
if [ -n "$pending" ] && [ -z "${FORCE:-}" ]; then
    echo "remove.sh: these hosts are being evacuated:" $pending >&2
    echo "wait until they are back (pcs node attribute), or set FORCE=1" >&2
    exit 1
fi

for each in net-admin net-tenant net-storage; do
    if $PCS resource config "$each" >/dev/null 2>&1; then $PCS resource delete "$each"; fi
done
if $PCS resource config "$INSTANCES" >/dev/null 2>&1; then $PCS resource delete "$INSTANCES"; fi
if [ -z "${KEEP_COMPUTE:-}" ] && $PCS resource config "$COMPUTE" >/dev/null 2>&1; then
    $PCS resource delete "$COMPUTE"
fi
if $PCS resource config "$EVACUATE" >/dev/null 2>&1; then $PCS resource delete "$EVACUATE"; fi
if $PCS alert config | grep -q "Alert: vmha-wake"; then $PCS alert delete vmha-wake; fi
# Those that record also leave the fencing levels; what powers off stays there.
for device in $($PCS stonith config | sed -n 's/^ *Resource: \(.*\) (class=stonith type=fence_compute)$/\1/p'); do
    $PCS stonith delete "$device"
done
}
