#!/bin/sh
# From the older agents of the same names to these, on a running cluster: fence_compute in a fencing level,
# NovaEvacuate, and NovaCompute or nova-compute-wait, as TripleO, Crowbar and others configured them.
#   FENCE EVACUATE COMPUTE WAIT TRIGGER  what these resources are called; one that is not there is left out
#   CLOUDS_FILE CLOUD  given: NovaEvacuate takes its credentials from there, instead of its parameters
#   EXTRA_COMPUTE      more parameters of NovaCompute where it takes the place of nova-compute-wait
#
# 1. Where COMPUTE is an ocf:openstack:NovaCompute: pcs resource disable nova-compute-clone. The older one
#    started a process of its own, this one has systemd do it, and there may not be two. Guests run on.
# 2. Install on all nodes. The resources run with these agents from then on; Pacemaker restarts NovaEvacuate
#    by itself. A host that is being evacuated is taken over.
# 3. This, on one controller. It may be repeated.
set -eu
cd "$(dirname "$0")"
# One after another, and not together.sh: pcs stops what it deletes and waits for it. A clone that is
# deleted while it runs looks to Pacemaker like a resource on too many nodes.
: "${PCS:=pcs}" "${FENCE:=fence-nova}" "${EVACUATE:=nova-evacuate}"
: "${COMPUTE:=nova-compute}" "${WAIT:=nova-compute-checkevacuate}" "${TRIGGER:=compute-unfence-trigger}"

# shellcheck disable=SC2086 # PCS is a list of words
resource() { $PCS resource config "$1" >/dev/null 2>&1; }
# shellcheck disable=SC2086
fencing() { $PCS stonith config "$1" >/dev/null 2>&1; }
NO_CREDENTIALS="auth_url= username= password= tenant_name= user_domain= project_domain= region_name="

# shellcheck disable=SC2086 # PCS and NO_CREDENTIALS are lists of words
{
# It made Pacemaker call `on`, which waited for the evacuation and blocked all other fencing meanwhile.
# NovaEvacuate brings a host back now.
if resource "$TRIGGER"; then $PCS resource delete "$TRIGGER"; fi

if fencing "$FENCE"; then
    # It only records, and needs no credentials for that. It stays behind the device of its level that
    # powers off. provides=unfencing would have Pacemaker call `on` for each host that joins.
    $PCS stonith update "$FENCE" record_only=1 pcmk_action_limit=-1 pcmk_off_timeout=60 \
        $NO_CREDENTIALS login= passwd=
    $PCS stonith meta "$FENCE" provides=
fi

if resource "$EVACUATE"; then
    # The older one evacuated inside its monitor and needed ten minutes for it; this one has a worker.
    $PCS resource update "$EVACUATE" \
        op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s
    $PCS resource meta "$EVACUATE" requires=fencing resource-stickiness=100 failure-timeout=60s
    # After a power cut of all compute hosts it would wait for a nova-compute that waits for it.
    if $PCS constraint order config | grep -qw "$EVACUATE"; then
        $PCS constraint order remove "$EVACUATE"
    fi
    if [ -n "${CLOUDS_FILE:-}" ]; then
        $PCS resource update "$EVACUATE" $NO_CREDENTIALS \
            clouds_file="$CLOUDS_FILE" cloud="${CLOUD:=vmha}"
    fi
    $PCS alert config | grep -q "Alert: vmha-wake" ||
        $PCS alert create path="${ALERT:=/usr/share/vmha-ocf/alert-wake}" id=vmha-wake
fi

if resource "$WAIT"; then
    # NovaCompute is both: the wait, and the unit that was started after it.
    if resource "$COMPUTE"; then $PCS resource delete "$COMPUTE"; fi
    $PCS resource delete "$WAIT"
    ./compute.sh
elif resource "$COMPUTE"; then
    # Its credentials were readable on every compute host.
    $PCS resource update "$COMPUTE" $NO_CREDENTIALS \
        op start timeout=120s op stop timeout=60s op monitor interval=10s timeout=20s
    $PCS resource meta "$COMPUTE" failure-timeout=60s requires=fencing
    $PCS constraint location config | grep -q "defined evacuation" ||
        $PCS constraint location "$COMPUTE-clone" rule score=-INFINITY defined evacuation
    $PCS resource enable "$COMPUTE-clone"
fi
}
