"""Checks of Nova's side: services, clocks, room, and the instances themselves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.settings import Untagged
from vmha_ocf.cloud import records
from vmha_ocf.cloud.capacity import shortages
from vmha_ocf.cloud.report_interval import Reports
from vmha_ocf.cloud.service_down_time import assumed
from vmha_ocf.cloud.tagging import Choice, choose
from vmha_ocf.evacuation.verdict import Next
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning
from vmha_ocf.service import marker

_AHEAD = 10.0
"""Seconds that a heartbeat may come from our future."""
_BEHIND = 120.0
"""Seconds after which Nova would not call the freshest of its services up."""
_SMALLEST_STORM = 2
_KEPT = frozenset({Next.REPORT, Next.UNKNOWN})


def cells_answer(facts: Facts) -> Iterator[Finding]:
    if facts.hidden:
        yield error(
            f"Nova cannot tell about {', '.join(sorted(facts.hidden))}: their cell is down",
            "its database or message bus does not answer Nova; what fails there is not evacuated",
        )


def hosts_are_in_service(facts: Facts) -> Iterator[Finding]:
    pending = {flag.host for flag in (facts.flags or {}).values()}
    ours = {one.host for one in facts.hosts}
    for service in facts.services or ():
        if service.host not in ours or service.host in pending or service.schedulable:
            continue
        if marker.ours(service):
            yield warning(
                f"{service.host} is disabled in Nova by a former evacuation",
                "NovaEvacuate enables it when its nova-compute is back; see its log",
            )
        elif marker.of_living(service):
            yield warning(
                f"{service.host} is disabled in Nova by the policy ({service.disabled_reason})",
                "NovaEvacuate enables it when that is well again; see vmha status",
            )
        elif service.forced_down or not service.up:
            yield warning(
                f"nova-compute on {service.host} is down for Nova", "look at its log; vmha status"
            )
        else:
            why = f" ({service.disabled_reason})" if service.disabled_reason else ""
            yield warning(
                f"{service.host} is disabled in Nova{why}: it takes no instances",
                "openstack compute service set --enable, if that is over",
            )


def nodes_are_online(facts: Facts) -> Iterator[Finding]:
    for one in facts.hosts:
        state = (facts.nodes or {}).get(one.node)
        if facts.nodes is not None and (state is None or not state.online):
            yield warning(
                f"Pacemaker is not connected to {one.node}", "vmha status says more about it"
            )


def nothing_is_held(facts: Facts) -> Iterator[Finding]:
    if facts.hold is not None:
        yield warning(facts.hold.reason, "vmha release, when the work is done")


def somebody_takes_over(facts: Facts) -> Iterator[Finding]:
    if facts.services is None:
        return
    able = [service.host for service in facts.services if service.schedulable]
    if len(able) < _SMALLEST_STORM:
        yield error(
            f"Nova would choose {'only ' + able[0] if able else 'no host'} as a destination: there is "
            "no second one",
            "openstack compute service list",
        )


def room_for_the_largest(facts: Facts) -> Iterator[Finding]:
    for one in shortages(facts.rooms or ()):
        yield warning(
            f"if {one.host} fails, its instances need {one.needs} {one.what}, the others have {one.free}",
            "add hosts, move instances away, or mark fewer of them",
        )


def clocks_agree(facts: Facts) -> Iterator[Finding]:
    if facts.clock_is_kept is False:
        yield warning(
            "this controller's clock is not synchronized", "install and start chrony on every node"
        )
    up = [one.updated_at for one in facts.services or () if one.up and not one.forced_down]
    beats = [at for at in map(records.seconds, up) if at is not None]
    if not beats:
        return
    ahead = max(beats) - facts.now
    if ahead > _AHEAD or -ahead > _BEHIND:
        way = "behind" if ahead > 0 else "ahead of"
        yield error(
            f"this controller's clock is {abs(ahead):.0f} s {way} Nova's: an evacuation's records and "
            "its flag would not fit together",
            "synchronize the clocks of the controllers and of Nova's",
        )


def nova_misses_hosts_in_time(facts: Facts) -> Iterator[Finding]:
    if facts.worker is None or facts.services is None:
        return
    reports = Reports().look(facts.services, 0.0)
    wrong = assumed(facts.worker.options.settings.service_down_time, reports).wrong
    if wrong:
        yield warning(
            f"service_down_time of NovaEvacuate is less than Nova's: {wrong}",
            "set it to what nova.conf has on the machines of nova-api and nova-scheduler",
        )


def instances_would_come_back(facts: Facts) -> Iterator[Finding]:
    """What Nova does not evacuate, by host and reason; each instance by itself is in vmha plan."""
    found: Counter[tuple[str, str]] = Counter()
    names: dict[tuple[str, str], str] = {}
    for host, look in facts.looks.items():
        for verdict in look.plan.verdicts:
            if verdict.next in _KEPT:
                found[host, verdict.reason] += 1
                names.setdefault((host, verdict.reason), verdict.instance.name)
    for (name, reason), count in found.items():
        more = f" and {count - 1} more" if count > 1 else ""
        yield warning(
            f"{name}: {names[name, reason]}{more} would stay behind: {reason}",
            f"vmha plan {name} has each of them, and the rule",
        )


def something_is_marked(facts: Facts) -> Iterator[Finding]:
    if facts.worker is None or facts.worker.options.settings.untagged is not Untagged.NONE:
        return
    settings = facts.worker.options.settings
    every = [
        (one, look.view) for look in facts.looks.values() for one in look.view.reading.instances
    ]
    ours = [
        one
        for one, view in every
        if choose(one, settings, view.reading.images, view.reading.anything_marked)
        is Choice.EVACUATE
    ]
    if every and not ours:
        yield warning(
            f"none of {len(every)} instances is marked, and untagged=none: nothing would be evacuated",
            "openstack server set --tag automatic-recovery SERVER",
        )


def storms_have_a_limit(facts: Facts) -> Iterator[Finding]:
    if facts.worker is not None and facts.worker.options.settings.storm_limit == 0:
        yield warning(
            "storm_limit is 0: a failure of the network alone could evacuate the whole cloud",
            f"pcs resource update {facts.worker.resource.name} storm_limit=5",
        )


def secrets_are_kept(facts: Facts) -> Iterator[Finding]:
    for each in facts.login.exposed if facts.login else ():
        yield error(each, "then change the password that was exposed")
    for each in facts.login.warnings if facts.login else ():
        yield warning(each, "see clouds.yaml in the pages about deploying")
    if facts.worker is not None and parse_boolean(facts.worker.values.get("insecure") or "no"):
        yield warning(
            "the password is sent to whoever answers: insecure is set",
            "give the authority's certificate as ca_file, and remove insecure",
        )


def guests_stay_off_at_boot(facts: Facts) -> Iterator[Finding]:
    for path, resumes in facts.resumes.items():
        if resumes:
            yield error(
                f"{path}: guests resume when their host boots, also those that run elsewhere by then",
                "resume_guests_state_on_host_boot = false, on every compute host",
            )


CHECKS: tuple[Check, ...] = (
    cells_answer,
    hosts_are_in_service,
    nodes_are_online,
    nothing_is_held,
    somebody_takes_over,
    room_for_the_largest,
    clocks_agree,
    nova_misses_hosts_in_time,
    instances_would_come_back,
    something_is_marked,
    storms_have_a_limit,
    secrets_are_kept,
    guests_stay_off_at_boot,
)
