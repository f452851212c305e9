#!/bin/sh
# One fencing device per compute host, nova-compute under Pacemaker as a systemd unit.
#
# For few hosts, or BMCs that differ. Each device is monitored, and seen in `pcs status`, by itself.
set -eu

# Run again with one more host it adds that one, and keeps what it is not told; remove-host.sh takes one out.
# The compute hosts: Pacemaker's name and address, and the address of the BMC.
: "${HOSTS:?for example HOSTS=\"compute-1=192.0.2.11 compute-2=192.0.2.12\"}"
: "${BMCS:?for example BMCS=\"compute-1=198.51.100.11 compute-2=198.51.100.12\"}"
# The BMCs' user ("admin"), and a program on each controller that prints its password (root's, mode 700;
# "/etc/vmha/bmc-password"). Where Nova calls compute-1 "compute-1.example.com": NOVA_DOMAIN=.example.com.
: "${BMC_USER:=}" "${BMC_PASSWORD_SCRIPT:=}" "${NOVA_DOMAIN:=}"
# A clouds.yaml on each controller (root's, mode 600; /etc/vmha/clouds.yaml), and the cloud in it ("vmha").
: "${CLOUDS_FILE:=}" "${CLOUD:=}"
export HOSTS BMCS BMC_USER BMC_PASSWORD_SCRIPT NOVA_DOMAIN CLOUDS_FILE CLOUD

cd "$(dirname "$0")"
exec ./together.sh ./hosts.sh ./fence-per-host.sh ./evacuate.sh ./compute.sh
