#!/bin/sh
# On a compute host where systemd starts nova-compute, and goes on doing so: the gate before it.
#   UNIT    the unit that starts nova-compute, also that of its container; or libvirt's, libvirtd.service or
#           virtqemud.service
#   DROPIN  what is put before it; REMOVE=1 takes it away again
# nova-compute then starts only when the cluster says that no evacuation from this host is going on. With
# the whole cluster down it waits: to start it all the same, take the gate away.
# The gate before libvirt, and libvirt-guests, waits for nobody: guests of Nova that are marked autostart, or that
# libvirt-guests has stopped, are no longer, so that Nova alone starts them. It is for every compute host,
# whoever starts nova-compute.
set -eu
: "${UNIT:=nova-compute.service}" "${UNITS:=/etc/systemd/system}"
case $UNIT in
libvirtd.service | virtqemud.service)
    default=libvirt-gate.conf more=libvirt-guests.service ;;
*)
    default=nova-compute-gate.conf more= ;;
esac
: "${DROPIN:=/usr/share/vmha-ocf/$default}"

for unit in "$UNIT" $more; do
    folder=$UNITS/$unit.d
    if [ -n "${REMOVE:-}" ]; then
        rm -f "$folder/vmha-gate.conf"
        rmdir --ignore-fail-on-non-empty "$folder" 2>/dev/null || true
    else
        install -D -m 644 "$DROPIN" "$folder/vmha-gate.conf"
    fi
done
systemctl daemon-reload
# What runs goes on running: the gate is for the next start.
