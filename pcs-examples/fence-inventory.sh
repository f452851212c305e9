#!/bin/sh
# One fencing device for all compute hosts; their BMCs are in an inventory file.
#   HOSTS      the compute nodes' names in Pacemaker, by blanks
#   INVENTORY  the file, the same on each controller, readable by root only
set -eu
: "${PCS:=pcs}" "${HOSTS:?the compute nodes, for example HOSTS=\"compute-1 compute-2\"}"
: "${INVENTORY:=/etc/vmha/inventory.ini}"

# pcmk_action_limit: without it one device fences its hosts one after another.
# shellcheck disable=SC2086 # PCS is a list of words
$PCS stonith create fence-computes fence_compute inventory="$INVENTORY" \
    pcmk_host_list="$HOSTS" pcmk_action_limit=-1 \
    pcmk_reboot_timeout=120 pcmk_off_timeout=90 op monitor interval=60s timeout=60s
