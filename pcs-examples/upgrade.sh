#!/bin/sh
# From the older agents of the same names to these, on a running cluster: fence_compute in a fencing level,
# NovaEvacuate, and NovaCompute or nova-compute-wait, as TripleO, Crowbar and others configured them.
#   FENCE EVACUATE COMPUTE WAIT TRIGGER  what these resources are called; one that is not there is left out
#   CLOUDS_FILE CLOUD  given: NovaEvacuate takes its credentials from there, instead of its parameters
#   EXTRA              more parameters of NovaEvacuate, as for evacuate.sh
#   START_COMMAND STOP_COMMAND STATUS_COMMAND EXTRA_COMPUTE  of NovaCompute, as for compute.sh
#
# 1. Stop what acts on the flags. Fencing goes on: a host that dies from now on is flagged and waits.
#        pcs resource disable nova-evacuate --wait=600
#        pcs resource disable compute-unfence-trigger-clone
#    The first waits for its monitor to end, which is where the older one evacuates. Where COMPUTE is an
#    ocf:openstack:NovaCompute, also nova-compute-clone: the older one started a process of its own, this one
#    has systemd do it, and there may not be two. Guests run on.
# 2. The older one calls a host done while Nova still works on it. Wait until these two show nothing:
#        openstack server migration list --type evacuation --status accepted
#        openstack server migration list --type evacuation --status pre-migrating
#    but for hosts that are flagged still (attrd_updater -n evacuate -A: neither "no" nor empty): they are
#    taken over, with whatever Nova does for them already.
# 3. Install on all nodes.
# 4. This, on one controller. It may be repeated.
#    A host that was flagged is taken over when Pacemaker says that it is fenced and away, and Nova has heard
#    nothing of its nova-compute for a while: half a minute.
# 5. When nothing is flagged any more (vmha status): `vmha check` tells what else is not as the recipes have
#    it, for example reconnect_interval; hosts.sh sets that. Not sooner: Pacemaker connects to the hosts anew
#    then, and forgets what the older fence_compute flagged. Where neither COMPUTE nor WAIT was there, as with
#    TripleO's containers, nothing keeps nova-compute from a flagged host yet: gate-host.sh
#    (UNIT=tripleo_nova_compute.service) or compute.sh does. TripleO's own check-run-nova-compute has to go: it
#    waits for what Nova refuses until nova-compute has started.
set -eu
cd "$(dirname "$0")"
# One after another, and not together.sh: pcs stops what it deletes and waits for it. A clone that is
# deleted while it runs looks to Pacemaker like a resource on too many nodes.
: "${PCS:=pcs}" "${FENCE:=fence-nova}" "${EVACUATE:=nova-evacuate}" "${EXTRA:=}" "${EXTRA_COMPUTE:=}"
: "${COMPUTE:=nova-compute}" "${WAIT:=nova-compute-checkevacuate}" "${TRIGGER:=compute-unfence-trigger}"

# shellcheck disable=SC2086 # PCS is a list of words
resource() { $PCS resource config "$1" >/dev/null 2>&1; }
# shellcheck disable=SC2086
fencing() { $PCS stonith config "$1" >/dev/null 2>&1; }
NO_CREDENTIALS="auth_url= username= password= tenant_name= user_domain= project_domain= region_name="

# The older agents' keys are the hosts' names in Nova; these have "nova:" before them.
fenced=$(attrd_updater -n evacuate -A 2>/dev/null |
    sed -n 's/.* host="\([^":]*\)" value="[^"]\{1,\}".*/\1/p' | tr '\n' ' ') || true

# shellcheck disable=SC2086 # PCS, NO_CREDENTIALS, EXTRA and EXTRA_COMPUTE are lists of words
{
# It made Pacemaker call `on`, which waited for the evacuation and blocked all other fencing meanwhile.
# NovaEvacuate brings a host back now.
if resource "$TRIGGER"; then $PCS resource delete "$TRIGGER"; fi

if fencing "$FENCE"; then
    # The older one asked Nova which hosts there are. This one does not know Nova: those of its levels.
    if ! $PCS stonith config "$FENCE" | grep -q "pcmk_host_[lm]"; then
        hosts=$($PCS stonith level config |
            awk -v device="$FENCE" '/Target:/ {host = $2} /Level/ && index($0, device) {print host}' | tr '\n' ' ')
        $PCS stonith update "$FENCE" pcmk_host_list="${hosts% }"
    fi
    # It only records, and needs no credentials for that. It stays behind the device of its level that
    # powers off. provides=unfencing would have Pacemaker call `on` for each host that joins.
    $PCS stonith update "$FENCE" record_only=1 pcmk_action_limit=-1 pcmk_off_timeout=60 \
        $NO_CREDENTIALS login= passwd=
    $PCS stonith meta "$FENCE" provides=
fi

if resource "$EVACUATE"; then
    # The older one evacuated inside its monitor and needed ten minutes for it; this one has a worker.
    $PCS resource update "$EVACUATE" $EXTRA \
        op start timeout=30s op stop timeout=30s op monitor interval=10s timeout=20s
    # The reasons are in evacuate.sh.
    $PCS resource meta "$EVACUATE" requires=fencing resource-stickiness=100 failure-timeout=60s
    # Never on a compute host: it could be the one that is to be evacuated.
    $PCS constraint location config | grep -qw "$EVACUATE" ||
        $PCS constraint location "$EVACUATE" rule resource-discovery=never score=-INFINITY \
            osprole eq compute
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
    $PCS resource enable "$EVACUATE"
fi

if resource "$WAIT"; then
    # NovaCompute is both: the wait, and the unit that was started after it.
    if resource "$COMPUTE"; then $PCS resource delete "$COMPUTE"; fi
    $PCS resource delete "$WAIT"
    ./compute.sh
elif resource "$COMPUTE"; then
    set --
    [ -z "${START_COMMAND:-}" ] || set -- "$@" start_command="$START_COMMAND"
    [ -z "${STOP_COMMAND:-}" ] || set -- "$@" stop_command="$STOP_COMMAND"
    [ -z "${STATUS_COMMAND:-}" ] || set -- "$@" status_command="$STATUS_COMMAND"
    # Its credentials were readable on every compute host.
    $PCS resource update "$COMPUTE" "$@" $EXTRA_COMPUTE $NO_CREDENTIALS \
        op start timeout=120s op stop timeout=60s on-fail=block op monitor interval=10s timeout=20s
    $PCS resource meta "$COMPUTE" failure-timeout=60s requires=fencing
    $PCS constraint location config | grep -q "defined evacuation" ||
        $PCS constraint location "$COMPUTE-clone" rule score=-INFINITY defined evacuation
    $PCS resource enable "$COMPUTE-clone"
else
    echo "upgrade.sh: nova-compute is not under Pacemaker: see 5. at the top of $0" >&2
fi
}

if [ -n "$fenced" ]; then
    # They forced hosts down and disabled them without a mark, and these undo only what they did themselves.
    echo "upgrade.sh: fenced under the older agents, which took them out of service in Nova: $fenced" >&2
    echo "when nova-compute runs there again, for each of them that Nova shows as down or disabled:" >&2
    echo "openstack compute service set --up HOST nova-compute; and when it is shown as up:" >&2
    echo "openstack compute service set --enable HOST nova-compute" >&2
fi
