#!/bin/sh
# fence_compute behind other fencing devices: those power off, ours only records that the host is to be
# evacuated.
#   HOSTS        the compute hosts' names in Pacemaker, by blanks ("=ADDRESS" after them is not looked at)
#   OTHER        how the devices that exist for them are called before the host's name
#   NOVA_DOMAIN  what Nova's names have after Pacemaker's, for example ".example.com"
set -eu
: "${PCS:=pcs}" "${HOSTS:?the compute hosts, for example HOSTS=\"compute-1 compute-2\"}"
: "${OTHER:=power-}" "${NOVA_DOMAIN:=}"

here=$(dirname "$0")
# shellcheck disable=SC1091 # it is beside this one
. "$here/ensure.sh"

understood HOSTS "$HOSTS"
# Run again it adds what is new in HOSTS, drops nobody, and keeps the names that it is told no other domain for.
set --
for entry in $HOSTS; do set -- "$@" "${entry%%=*}:${entry%%=*}$NOVA_DOMAIN"; done
# What is said last counts.
# shellcheck disable=SC2046 # a map is a list of words
[ -n "$NOVA_DOMAIN" ] || set -- "$@" $(words "$(parameter record-computes pcmk_host_map)")
map=$(merged ";" record-computes pcmk_host_map "$@")

# pcmk_action_limit: without it one device records its hosts one after another.
# shellcheck disable=SC2086 # PCS is a list of words
{
if fencing record-computes; then
    $PCS stonith update record-computes pcmk_host_map="$map"
else
    $PCS stonith create record-computes fence_compute record_only=1 pcmk_host_map="$map" \
        pcmk_action_limit=-1 pcmk_off_timeout=60 \
        op monitor interval=60s timeout=30s meta failure-timeout=120s
fi
# The order is what makes it safe: nothing is recorded of a host that is not off. Alone in its level
# the device would refuse to work.
for entry in $HOSTS; do
    host=${entry%%=*}
    elements "<fencing-level " "target=\"$host\"" "\"$OTHER$host,record-computes\"" >/dev/null ||
        $PCS stonith level add 1 "$host" "$OTHER$host" record-computes
done
}
