#!/bin/sh
# fence_redfish or fence_ipmilan switch the hosts off, fence_compute records behind them, in one fencing
# level. nova-compute under Pacemaker as a systemd unit.
#
# For BMCs that do not speak IPMI, or devices that exist already (then leave out power-devices.sh, and
# say in OTHER how they are called). For IPMI recipe-per-host.sh is simpler, and safer: fence_ipmilan hands
# the password to ipmitool on its command line.
set -eu

# Run again with one more host it adds that one, and keeps what it is not told; remove-host.sh takes one out.
# The compute hosts: Pacemaker's name and address, and the address of the BMC.
: "${HOSTS:?for example HOSTS=\"compute-1=192.0.2.11 compute-2=192.0.2.12\"}"
: "${BMCS:?for example BMCS=\"compute-1=198.51.100.11 compute-2=198.51.100.12\"}"
# With fence_ipmilan: EXTRA_POWER="lanplus=1 method=onoff". Never method=cycle: it reports success
# before the host is off.
: "${AGENT:=fence_redfish}" "${EXTRA_POWER:=}"
# The BMCs' user ("admin"), and a program on each controller that prints its password (root's, mode 700;
# "/etc/vmha/bmc-password"). Where Nova calls compute-1 "compute-1.example.com": NOVA_DOMAIN=.example.com.
: "${BMC_USER:=}" "${BMC_PASSWORD_SCRIPT:=}" "${NOVA_DOMAIN:=}"
# A clouds.yaml on each controller (root's, mode 600; /etc/vmha/clouds.yaml), and the cloud in it ("vmha").
: "${CLOUDS_FILE:=}" "${CLOUD:=}"
export HOSTS BMCS AGENT EXTRA_POWER BMC_USER BMC_PASSWORD_SCRIPT NOVA_DOMAIN CLOUDS_FILE CLOUD

cd "$(dirname "$0")"
exec ./together.sh ./hosts.sh ./power-devices.sh ./fence-behind-other.sh ./evacuate.sh ./compute.sh
