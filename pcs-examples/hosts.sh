#!/bin/sh
# The compute hosts as Pacemaker's remote nodes, and what instance HA needs of the cluster itself.
#   HOSTS      their names, by blanks; a new one with its address: "compute-1=192.0.2.11 compute-2"
#   MONITOR    MONITOR_TIMEOUT  RECONNECT: see below
# Before it, on each of them: pacemaker-remote runs, with the cluster's own /etc/pacemaker/authkey.
# `pcs cluster node add-remote NAME ADDRESS` sees to that, and may come first: this sets its values.
set -eu
: "${PCS:=pcs}" "${HOSTS:?the compute hosts, for example HOSTS=\"compute-1=192.0.2.11\"}"

here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

# A dead host is noticed after MONITOR + MONITOR_TIMEOUT at the latest. A network that hiccups for
# MONITOR_TIMEOUT gets its hosts fenced.
: "${MONITOR:=10s}" "${MONITOR_TIMEOUT:=20s}"

# Above 0, so that a host that is down is fenced first and connected to afterwards, and not sooner than it
# can have booted. With 0 Pacemaker drops the connection after the fencing, and all that it knows of the
# host with it.
: "${RECONNECT:=60s}"

# A host may have died together with the controller that held its connection. Each other controller then
# tries to connect, for as long as a start may take, before the host is fenced: by default 60 s.
START_TIMEOUT=15s

understood HOSTS "$HOSTS"
for entry in $HOSTS; do
    [ "$entry" = "${entry%%=*}" ] || resource "${entry%%=*}" ||
        ! elements "<nvpair " 'name="server"' "value=\"${entry#*=}\"" >/dev/null ||
        refuse "HOSTS: ${entry#*=}, said for ${entry%%=*}, is another remote node's address already"
done

# shellcheck disable=SC2086 # PCS is a list of words
for entry in $HOSTS; do
    host=${entry%%=*}
    set -- reconnect_interval="$RECONNECT" op monitor interval="$MONITOR" \
        timeout="$MONITOR_TIMEOUT" op start timeout="$START_TIMEOUT"
    if $PCS resource config "$host" >/dev/null 2>&1; then
        # Its connection is not made anew for another address: that would stop nova-compute there.
        address=$(parameter "$host" server)
        [ "$host" = "$entry" ] || [ "${entry#*=}" = "$address" ] ||
            echo "hosts.sh: Pacemaker has $host at ${address:-$host}, and keeps that" >&2
        $PCS resource update "$host" "$@"
    elif [ "$host" = "$entry" ]; then
        echo "hosts.sh: Pacemaker does not know $host: give its address, $host=ADDRESS" >&2
        exit 1
    else
        # --force: pcs would rather do it by add-remote, see above.
        $PCS resource create "$host" ocf:pacemaker:remote server="${entry#*=}" "$@" --force
    fi
    # What the rules of evacuate.sh and compute.sh go by.
    $PCS node attribute "$host" osprole=compute
done

# Without fencing nothing is ever evacuated; hosts that die together are fenced together; and the
# intervals above are looked at once a minute at least.
# shellcheck disable=SC2086
$PCS property set stonith-enabled=true concurrent-fencing=true cluster-recheck-interval=1min
