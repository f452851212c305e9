#!/bin/sh
# fence_compute behind any other fencing device: that one powers off, ours only records the flag.
#   HOST   the compute node's name in Pacemaker
#   OTHER  the fencing device that exists for it already, for example "redfish-compute-1"
set -eu
: "${PCS:=pcs}" "${HOST:?}" "${OTHER:?}"

# shellcheck disable=SC2086 # PCS is a list of words
{
$PCS stonith create "record-$HOST" fence_compute record_only=1 pcmk_host_list="$HOST" \
    op monitor interval=60s timeout=30s
$PCS stonith level add 1 "$HOST" "$OTHER" "record-$HOST"
}
