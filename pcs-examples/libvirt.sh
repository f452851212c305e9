#!/bin/sh
# Libvirtd, a clone on the compute hosts: keeps libvirt running, and restarts it when it hangs. Guests run on without
# it. On its own: together.sh ./libvirt.sh
#   EXTRA_LIBVIRT  more parameters, for example "unit=virtqemud.service"
# For a libvirt that systemd starts; in a container it is left to what starts that. Before it, on each compute host:
# systemctl disable libvirtd.service (virtqemud.service) and its sockets, as Pacemaker starts it now; and against guests
# that are marked autostart UNIT=libvirtd.service gate-host.sh.
# Run again, what is not told stays as it is.
set -eu
: "${PCS:=pcs}" "${EXTRA_LIBVIRT:=}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

# Whether there is such an order.
ordered() { elements "<rsc_order " "first=\"$1\"" "then=\"$2\"" >/dev/null; }

# stop: Pacemaker fences a node on which a stop fails, and with it all guests. This one is not worth a guest.
# failure-timeout: a start that failed is tried again by itself.
# requires: the default is "unfencing" for all resources as soon as any device of the cluster unfences.
# shellcheck disable=SC2086 # EXTRA_LIBVIRT and PCS are lists of words
{
if resource libvirt; then
    [ -z "$EXTRA_LIBVIRT" ] || $PCS resource update libvirt $EXTRA_LIBVIRT
else
    $PCS resource create libvirt ocf:openstack:Libvirtd $EXTRA_LIBVIRT \
        op start timeout=60s op stop timeout=60s on-fail=block op monitor interval=10s timeout=20s \
        meta failure-timeout=60s requires=fencing clone interleave=true --disabled
    new=1
fi
# On compute hosts only; elsewhere it is not even looked for.
elements "<rsc_location " 'rsc="libvirt-clone"' 'resource-discovery="exclusive"' >/dev/null ||
    $PCS constraint location libvirt-clone rule resource-discovery=exclusive score=0 osprole eq compute
# Behind the gate, as nova-compute: what libvirt starts by itself on a host that returns would be a second copy.
gated libvirt-clone || $PCS constraint location libvirt-clone rule score=-INFINITY defined evacuation
# Before what needs it; but only where both are started. nova-compute connects to libvirt again by itself.
for each in nova-compute nova-instances; do
    ! resource "$each" || ordered libvirt-clone "$each-clone" ||
        $PCS constraint order libvirt-clone "then" "$each-clone" kind=Optional
done
# One that somebody has disabled stays so.
[ -z "${new:-}" ] || $PCS resource enable libvirt
}
