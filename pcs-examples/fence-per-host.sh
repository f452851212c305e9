#!/bin/sh
# One fencing device for each compute host: it powers the host off, and records that it has to be evacuated.
#   HOSTS        the compute hosts: each has to have a BMC by now
#   BMCS         NAME=ADDRESS ... of the hosts' BMCs, for example "compute-1=198.51.100.11"
#   BMC_USER     BMC_PASSWORD_SCRIPT  their user ("admin"), and a program that prints its password
#                ("/etc/vmha/bmc-password"), the same on each controller
#   NOVA_DOMAIN  what Nova's names have after Pacemaker's, for example ".example.com"
#   EXTRA_FENCE  more parameters of fence_compute, for example "privlvl=operator", or for Redfish
#                "protocol=redfish ssl_ca_file=/etc/vmha/bmc-ca.pem"
# Of a host that has its device, what is not told here stays as it is.
set -eu
: "${PCS:=pcs}" "${BMCS:?for example BMCS=\"compute-1=198.51.100.11\"}"
: "${BMC_USER:=}" "${BMC_PASSWORD_SCRIPT:=}" "${NOVA_DOMAIN:=}" "${EXTRA_FENCE:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

understood BMCS "$BMCS"
# shellcheck disable=SC2086 # a list of words, perhaps of several lines
told=" $(printf '%s ' $BMCS)"
for entry in ${HOSTS:-}; do
    # A host without a device would stay where it is when it fails.
    case $told in *" ${entry%%=*}="*) continue ;; esac
    fencing "fence-${entry%%=*}" ||
        refuse "${entry%%=*} is in HOSTS, and nobody says where its BMC is: BMCS=\"${entry%%=*}=ADDRESS\""
done
for entry in $BMCS; do
    elements "<nvpair " 'name="ip"' "value=\"${entry#*=}\"" 'id="fence-' |
        grep -v -F "id=\"fence-${entry%%=*}-" >/dev/null || continue
    refuse "BMCS: ${entry#*=}, said for ${entry%%=*}, is another host's BMC already"
done

for entry in $BMCS; do
    host=${entry%%=*}
    # pcmk_host_map: Pacemaker's name, and Nova's.
    # Timeouts: power_timeout of fence_compute is 30 s, and there are two logins before it. A reboot
    # waits for off and for on. Pacemaker kills the agent at their end, and begins again.
    # monitor: asks the BMC, so that a changed password is noticed before it is needed. Once a minute, as a
    # BMC is slow, and has few sessions. A start is a monitor, and has 20 s by default.
    # failure-timeout: where a BMC was away for a while, its device is started again.
    # shellcheck disable=SC2086
    if fencing "fence-$host"; then
        # A BMC that was replaced has another address.
        $PCS stonith update "fence-$host" ip="${entry#*=}" ${BMC_USER:+username="$BMC_USER"} \
            ${BMC_PASSWORD_SCRIPT:+password_script="$BMC_PASSWORD_SCRIPT"} \
            ${NOVA_DOMAIN:+pcmk_host_map="$host:$host$NOVA_DOMAIN"} $EXTRA_FENCE
    else
        $PCS stonith create "fence-$host" fence_compute ip="${entry#*=}" username="${BMC_USER:-admin}" \
            password_script="${BMC_PASSWORD_SCRIPT:-/etc/vmha/bmc-password}" \
            pcmk_host_map="$host:$host$NOVA_DOMAIN" \
            pcmk_reboot_timeout=120 pcmk_off_timeout=90 $EXTRA_FENCE \
            op start timeout=60s op monitor interval=60s timeout=60s meta failure-timeout=120s
    fi
done
