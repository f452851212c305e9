#!/bin/sh
# One fencing device for all compute hosts; their BMCs are in an inventory file.
#   HOSTS      the compute hosts' names in Pacemaker, by blanks ("=ADDRESS" after them is not looked at)
#   INVENTORY  the file, the same on each controller, readable by root only ("/etc/vmha/inventory.ini")
set -eu
: "${PCS:=pcs}" "${HOSTS:?the compute hosts, for example HOSTS=\"compute-1 compute-2\"}"
: "${INVENTORY:=}"

here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

understood HOSTS "$HOSTS"
# Run again it adds what is new in HOSTS, drops nobody, and keeps the inventory if it is told no other.
set --
for entry in $HOSTS; do set -- "$@" "${entry%%=*}"; done
names=$(merged " " fence-computes pcmk_host_list "$@")

# pcmk_action_limit: without it one device fences its hosts one after another.
# Timeouts: power_timeout of fence_compute is 30 s, and there are two logins before it. A reboot waits
# for off and for on. Pacemaker kills the agent at their end, and begins again.
# monitor asks each BMC, eight at once; a start is a monitor, and has 20 s by default.
# failure-timeout: one BMC that is away fails the device's monitor, and its start on each controller. That
# forbids no fencing, but without it nobody would look at any BMC again before a `pcs stonith cleanup`.
# shellcheck disable=SC2086 # PCS is a list of words
if fencing fence-computes; then
    $PCS stonith update fence-computes ${INVENTORY:+inventory="$INVENTORY"} pcmk_host_list="$names"
else
    $PCS stonith create fence-computes fence_compute \
        inventory="${INVENTORY:-/etc/vmha/inventory.ini}" pcmk_host_list="$names" pcmk_action_limit=-1 \
        pcmk_reboot_timeout=120 pcmk_off_timeout=90 \
        op start timeout=60s op monitor interval=60s timeout=60s meta failure-timeout=120s
fi
