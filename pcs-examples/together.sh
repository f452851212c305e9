#!/bin/sh
# Run steps on a copy of the cluster's configuration, have Pacemaker check it, and put all of it into force
# at once: Pacemaker never sees half of it, and where a step fails nothing is changed.
#   together.sh STEP...
#   PCS      how the steps are to run pcs; given, they are only run one after another
#   SHOW=1   show what would change, and change nothing
set -eu
cd "$(dirname "$0")"
if [ -n "${PCS:-}" ]; then
    for step in "$@"; do "$step"; done
    exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pcs cluster cib "$work/before.xml"
cp "$work/before.xml" "$work/after.xml"
PCS="pcs -f $work/after.xml"
export PCS
for step in "$@"; do "$step"; done
if crm_diff --no-version --original="$work/before.xml" --new="$work/after.xml" >/dev/null; then
    echo "together.sh: it is so already" >&2
    exit
fi
# What Pacemaker had to say before is not the steps' doing.
if ! crm_verify --xml-file="$work/after.xml" -V &&
    crm_verify --xml-file="$work/before.xml" >/dev/null 2>&1; then
    echo "together.sh: nothing was changed, see above" >&2
    exit 1
fi
if [ -n "${SHOW:-}" ]; then
    diff -u "$work/before.xml" "$work/after.xml" || true
    exit
fi
pcs cluster cib-push "$work/after.xml" diff-against="$work/before.xml"
