#!/bin/sh
# One fencing device for each compute host: it powers the host off, and records that it has to be evacuated.
#   BMCS         NAME=ADDRESS ... of the hosts' BMCs, for example "compute-1=198.51.100.11"
#   BMC_USER     BMC_PASSWORD_SCRIPT  their user, and a program that prints its password
#   NOVA_DOMAIN  what Nova's names have after Pacemaker's, for example ".example.com"
#   EXTRA_FENCE  more parameters of fence_compute, for example "privlvl=operator", or for Redfish
#                "protocol=redfish ssl_ca_file=/etc/vmha/bmc-ca.pem"
set -eu
: "${PCS:=pcs}" "${BMCS:?for example BMCS=\"compute-1=198.51.100.11\"}" "${BMC_USER:=admin}"
: "${BMC_PASSWORD_SCRIPT:?a program, the same on each controller}"
: "${NOVA_DOMAIN:=}" "${EXTRA_FENCE:=}"
# shellcheck disable=SC1091 # it is beside this one
. "$(dirname "$0")/ensure.sh"

for entry in $BMCS; do
    host=${entry%%=*}
    # pcmk_host_map: Pacemaker's name, and Nova's.
    # Timeouts: power_timeout of fence_compute is 30 s, and there are two logins before it. A reboot
    # waits for off and for on. Pacemaker kills the agent at their end, and begins again.
    # monitor: asks the BMC, so that a changed password is noticed before it is needed. Once a minute, as a
    # BMC is slow, and has few sessions.
    set -- ip="${entry#*=}" username="$BMC_USER" password_script="$BMC_PASSWORD_SCRIPT" \
        pcmk_host_map="$host:$host$NOVA_DOMAIN"
    # shellcheck disable=SC2086
    if fencing "fence-$host"; then
        # A BMC that was replaced has another address.
        $PCS stonith update "fence-$host" "$@" $EXTRA_FENCE
    else
        $PCS stonith create "fence-$host" fence_compute "$@" \
            pcmk_reboot_timeout=120 pcmk_off_timeout=90 $EXTRA_FENCE \
            op monitor interval=60s timeout=60s
    fi
done
