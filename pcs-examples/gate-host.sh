#!/bin/sh
# On a compute host where systemd starts nova-compute, and goes on doing so: the gate before it.
#   UNIT    the unit that starts nova-compute, also that of its container
#   DROPIN  what is put before it; REMOVE=1 takes it away again
# nova-compute then starts only when the cluster says that no evacuation from this host is going on. With
# the whole cluster down it waits: to start it all the same, take the gate away.
set -eu
: "${UNIT:=nova-compute.service}" "${DROPIN:=/usr/share/vmha-ocf/nova-compute-gate.conf}"
folder=${UNITS:=/etc/systemd/system}/$UNIT.d

if [ -n "${REMOVE:-}" ]; then
    rm -f "$folder/vmha-gate.conf"
    rmdir --ignore-fail-on-non-empty "$folder" 2>/dev/null || true
else
    install -D -m 644 "$DROPIN" "$folder/vmha-gate.conf"
fi
systemctl daemon-reload
# What runs goes on running: the gate is for the next start.
