#!/bin/sh
# One fencing device for one compute host.
#   HOST      the compute node's name in Pacemaker
#   BMC       the address of its BMC
#   BMC_USER  BMC_PASSWORD_SCRIPT  its user, and a program that prints its password
#   NOVA_HOST the host's name in Nova, where it is another one (for example with its domain)
set -eu
: "${PCS:=pcs}" "${HOST:?}" "${BMC:?}" "${BMC_USER:=admin}" "${BMC_PASSWORD_SCRIPT:?}"
: "${NOVA_HOST:=$HOST}"

# shellcheck disable=SC2086 # PCS is a list of words
$PCS stonith create "fence-$HOST" fence_compute ip="$BMC" username="$BMC_USER" \
    password_script="$BMC_PASSWORD_SCRIPT" pcmk_host_map="$HOST:$NOVA_HOST" \
    pcmk_reboot_timeout=120 pcmk_off_timeout=90 op monitor interval=60s timeout=60s
