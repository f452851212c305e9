#!/bin/sh
# A fencing device of fence-agents for each compute host. It powers off and knows nothing of Nova:
# fence-behind-other.sh comes after it.
#   AGENT        fence_redfish, fence_ipmilan, or another one with the same parameters
#   BMCS         NAME=ADDRESS ... of the hosts' BMCs, for example "compute-1=198.51.100.11"
#   BMC_USER     BMC_PASSWORD_SCRIPT  their user ("admin"), and a program that prints its password
#                ("/etc/vmha/bmc-password"), the same on each controller
#   EXTRA_POWER  more parameters of AGENT, for example "ssl_insecure=1" or "lanplus=1 method=onoff"
# Of a host that has its device, what is not told here stays as it is.
set -eu
: "${PCS:=pcs}" "${AGENT:=fence_redfish}" "${BMCS:?for example BMCS=\"compute-1=198.51.100.11\"}"
: "${BMC_USER:=}" "${BMC_PASSWORD_SCRIPT:=}" "${EXTRA_POWER:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

understood BMCS "$BMCS"
for entry in $BMCS; do
    host=${entry%%=*}
    # power_timeout: under Pacemaker these agents have none of their own, so that pcmk_off_timeout is all
    # that ends them. In a fencing level Pacemaker makes a reboot of "off, then on" and takes the timeouts
    # of these two; pcmk_reboot_timeout is for a device that is alone. That "on" fails harms nothing.
    # failure-timeout: where a BMC was away for a while, its device is started again.
    # shellcheck disable=SC2086 # EXTRA_POWER and PCS are lists of words
    if fencing "power-$host"; then
        # A BMC that was replaced has another address.
        $PCS stonith update "power-$host" ip="${entry#*=}" ${BMC_USER:+username="$BMC_USER"} \
            ${BMC_PASSWORD_SCRIPT:+password_script="$BMC_PASSWORD_SCRIPT"} $EXTRA_POWER
    else
        $PCS stonith create "power-$host" "$AGENT" ip="${entry#*=}" username="${BMC_USER:-admin}" \
            password_script="${BMC_PASSWORD_SCRIPT:-/etc/vmha/bmc-password}" pcmk_host_list="$host" \
            pcmk_reboot_timeout=120 pcmk_off_timeout=120 $EXTRA_POWER \
            op start timeout=60s op monitor interval=60s timeout=60s meta failure-timeout=120s
    fi
done
