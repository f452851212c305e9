#!/bin/sh
# Take one compute host out of the cluster, while the others run on.
#   remove-host.sh HOST   its name in Pacemaker (or in HOST)
#   NOVA_HOST  its name in Nova, where that is another one
#   FORCE=1    although it has instances, or although nobody can say whether it has: they are not protected any more
#
# Before it: nothing new may come to the host, and what is there has to leave.
#     openstack compute service set --disable --disable-reason "is taken out" HOST nova-compute
#     openstack server migrate --live-migration ID     (each; those that are off: without --live-migration)
# It refuses while the host is flagged, and while it has instances, also such as are off. Broken off, it may be run
# again. In this order, because a host that Pacemaker knows has to have its fencing device:
#   1. Pacemaker stops nova-compute there and leaves the host; nothing is fenced
#   2. it is looked again: what came in the meantime keeps the host in the cluster
#   3. the remote node, its attributes and its fencing levels are deleted
#   4. the fencing devices forget it; fence-HOST and power-HOST of the recipes go with it
#   5. what is remembered of its compute service in Nova is forgotten
# Afterwards: its section of the inventory on each controller, and what the last lines say.
set -eu
host=${1:-${HOST:-}}
: "${PCS:=pcs}" "${host:?say which: remove-host.sh HOST}" "${VMHA:=vmha}" "${NOVA_HOST:=$host}"
: "${FORCE:=}" "${WAIT=120}"
here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

[ $# -le 1 ] || {
    echo "remove-host.sh: one host at a time, and nothing was changed: $*" >&2
    exit 1
}

refuse() {
    printf 'remove-host.sh: %s\n' "$@" >&2
    exit 1
}

# Nobody's word is taken for "it is empty" but Nova's own.
may_leave() {
    if elements "<nvpair " 'name="evacuation"' "value=\"host=$NOVA_HOST " >/dev/null ||
        crm_attribute --node "$host" --name evacuation --query --quiet 2>/dev/null | grep -q .; then
        echo "$host is flagged: its instances are being evacuated; vmha status says how far it is"
        return 1
    fi
    [ -z "$FORCE" ] || return 0
    plan=$($VMHA plan --all --json "$host" 2>&1) || [ $? -eq 1 ] || plan=
    case $plan in
        *'"flagged": true'*) echo "$host is flagged: vmha status says how far it is" ;;
        *'"instances": []'*) return 0 ;;
        *'"instances": ['*) echo "$host has instances, also such as are off: vmha plan --all $host lists them" ;;
        *) echo "nobody can say whether $host has instances: vmha plan $host says why; FORCE=1 removes it anyway" ;;
    esac
    return 1
}

# One device's list of hosts without this one.
# shellcheck disable=SC2086
forget() {
    before=$(words "$(parameter "$device" "$1")")
    after=$(printf '%s\n' "$before" | awk -F'[:=]' -v host="$host" '$1 != host')
    if [ "$before" = "$after" ]; then
        return
    elif [ -n "$after" ]; then
        $PCS stonith update "$device" "$1=$(printf '%s' "$after" | paste -s -d "$2")"
    else
        echo "remove-host.sh: $device has no other host: pcs stonith delete $device" >&2
    fi
}

# shellcheck disable=SC2086 # PCS is a list of words
{
if resource "$host"; then
    elements "<primitive " " id=\"$host\"" 'type="remote"' >/dev/null ||
        refuse "$host is no remote node of Pacemaker's"
    why=$(may_leave) || refuse "$why" "nothing was changed"
    $PCS resource disable "$host" ${WAIT:+--wait="$WAIT"}
    if ! why=$(may_leave); then
        $PCS resource enable "$host"
        refuse "$why" "it came while nova-compute was being stopped; the host is in the cluster again"
    fi
    # Newer pcs would rather do it by remove-remote, which needs pcsd on the host.
    $PCS resource delete "$host" || $PCS resource delete "$host" --force
elif ! elements '="'"$host"'"' >/dev/null &&
    ! elements "$host" "<nvpair " pcmk_host_ >/dev/null; then
    refuse "Pacemaker does not know $host"
fi
if elements "<node " "uname=\"$host\"" >/dev/null && [ -z "${CIB_file:-}" ]; then
    crm_node --force --remove "$host"
fi

elements "<fencing-level " "target=\"$host\"" |
    sed -n 's/.* index="\([0-9]*\)".*/\1/p' | sort -u | while read -r level; do
    $PCS stonith level remove "$level" target "$host" </dev/null
done

for device in "fence-$host" "power-$host"; do
    if fencing "$device"; then $PCS stonith delete "$device"; fi
done
for device in $(lines | sed -n '/<primitive .*class="stonith"/s/.* id="\([^"]*\)".*/\1/p'); do
    forget pcmk_host_list " "
    forget pcmk_host_map ";"
done
}
$VMHA forget "$NOVA_HOST" >/dev/null 2>&1 || true

cat <<LAST
$host has left. What is left to do:
- on the host: systemctl disable --now pacemaker_remote
- on each controller: its section of the inventory, if there is one
- in Nova: openstack compute service list --host $NOVA_HOST, and openstack compute service delete ID; a host that
  stays in service is enabled there, and systemd starts its nova-compute: systemctl enable --now nova-compute
LAST
