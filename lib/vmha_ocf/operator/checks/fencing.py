"""Checks of the fencing devices and of the remote nodes that they fence. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.agent.spelling import one_spelling
from vmha_ocf.cluster.configuration import OUR_FENCING, REMOTE, Resource
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.device import agent_of, options_of, seconds, too_short
from vmha_ocf.fencing.levels import judge
from vmha_ocf.fencing.power_agents import read_agents
from vmha_ocf.fencing.request import Mode, decide_mode
from vmha_ocf.model import NodeName
from vmha_ocf.operator.checks.facts import Check, Facts, Finding, error, warning

_LONGEST_START = 30.0
"""Seconds. Where a controller dies with a host, each other one tries to connect for as long."""
_ONE_MACHINE = frozenset(
    {"fence_compute", "fence_ipmilan", "fence_ipmilanplus", "fence_idrac", "fence_imm"}
    | {"fence_ilo3", "fence_ilo4", "fence_ilo5"}
)
"""Agents whose ip is one machine's BMC; others have a plug beside it."""
_DEFAULT_START = 60.0
"""Of ocf:pacemaker:remote."""


def devices_answer(facts: Facts) -> Iterator[Finding]:
    """By the monitor of each one's own fence agent: the BMC is there and takes the credentials."""
    for device, complaint in facts.complaints.items():
        if complaint:
            yield error(
                f"{device}: {complaint}",
                "what it cannot reach it cannot fence; fence_compute -o status -n HOST tells more",
            )


def devices_are_started(facts: Facts) -> Iterator[Finding]:
    """One that has failed on each controller, and was stopped there after that, is not started by Pacemaker
    any more. It fences all the same, unlike one that somebody has disabled.

    One that is on its way from one controller to another has been stopped as well, and is to start."""
    for device in facts.configuration.devices:
        results = facts.configuration.results.get(device.name, ())
        if device.meta.get("target-role", "").lower() == "stopped":
            yield error(
                f"{device.name} is disabled: Pacemaker fences nobody by it",
                f"pcs stonith enable {device.name}",
            )
        elif device.name in facts.configuration.under_way or any(one.runs for one in results):
            continue
        elif any(one.failed or one.action == "stop" for one in results):
            yield warning(
                f"{device.name} runs on no controller: Pacemaker fences by it all the same, but nobody "
                "looks at its BMCs",
                f"pcs stonith cleanup {device.name}; with failure-timeout, as pcs-examples/"
                "fence-inventory.sh has it, it is tried again by itself",
            )


def inventories_are_secret(facts: Facts) -> Iterator[Finding]:
    for each in facts.exposed:
        yield error(each, "then change the passwords that were exposed")


def every_host_is_fenced(facts: Facts) -> Iterator[Finding]:
    if any(_lists_by_itself(device) for device in facts.configuration.devices):
        return  # Nobody but Pacemaker knows what such a device fences.
    for one in facts.hosts:
        if not one.devices:
            yield error(
                f"no fencing device fences {one.node}: when it fails its instances stay where they are",
                "add it to pcmk_host_list, pcmk_host_map or the inventory of a device",
            )


def every_host_is_flagged(facts: Facts) -> Iterator[Finding]:
    ours = {device.name for device in facts.configuration.of_kind(OUR_FENCING)}
    for one in facts.hosts:
        if one.devices and not ours & set(one.devices):
            yield warning(
                f"{one.node} is fenced without fence_compute: NovaEvacuate learns of it later, from "
                "Pacemaker",
                "add a device as pcs-examples/fence-behind-other.sh does",
            )


def our_devices_do_something(facts: Facts) -> Iterator[Finding]:
    """And a device that only records comes behind one that switches off: by the judge whom it asks
    itself when Pacemaker calls it."""
    recording = set()
    for device in facts.configuration.of_kind(OUR_FENCING):
        options = options_of(device)
        try:
            mode = decide_mode(options)
            read_agents(options.get("power_agents", ""))
        except ParameterError as wrong:
            yield error(f"{device.name}: {wrong.message}", wrong.hint)
            continue
        if mode is Mode.DISABLED:
            yield error(
                f"{device.name} does nothing: record_only is 2", "remove it, or set record_only=1"
            )
        if mode is Mode.RECORD:
            recording.add(device.name)
    for one in facts.hosts:
        if recording & set(one.devices):
            problem = judge(one.node, facts.configuration)
            if problem:
                yield error(problem.what, problem.hint)


def bmcs_are_their_own(facts: Facts) -> Iterator[Finding]:
    """One BMC that is switched for two hosts switches off a host that runs."""
    seen: dict[object, tuple[NodeName, str]] = {}
    for device in facts.configuration.devices:
        options = options_of(device)
        if agent_of(device) not in _ONE_MACHINE or not options["ip"] or options.get("target"):
            continue
        place = (
            one_spelling(options["ip"]),
            options.get("ipport") or "",
            options.get("systems_uri") or "",
        )
        for node in (one.node for one in facts.hosts if device.name in one.devices):
            other, by = seen.setdefault(place, (node, device.name))
            if other != node:
                names = dict.fromkeys((by, device.name))
                yield error(
                    f"{other} and {node} have the same BMC {options['ip']} by {' and '.join(names)}: a "
                    "failure of one would switch off the other",
                    f"pcs stonith update {device.name} ip=ADDRESS, each device with that of its host alone",
                )


def devices_fence_several(facts: Facts) -> Iterator[Finding]:
    for device in facts.configuration.devices:
        hosts = [one for one in facts.hosts if device.name in one.devices]
        if len(hosts) > 1 and device.parameters.get("pcmk_action_limit", "1") != "-1":
            yield warning(
                f"{device.name} fences its {len(hosts)} hosts one after another",
                f"pcs stonith update {device.name} pcmk_action_limit=-1",
            )


def dumps_have_time(facts: Facts) -> Iterator[Finding]:
    for what, hint in too_short(facts.configuration):
        yield error(what, hint)


def remotes_reconnect(facts: Facts) -> Iterator[Finding]:
    """Without it Pacemaker connects to a host as soon as it is fenced, and forgets about it."""
    for remote in _remotes(facts):
        if not seconds(remote.parameters.get("reconnect_interval", "0")):
            yield warning(
                f"{remote.name} has no reconnect_interval: Pacemaker tries to connect to the dead host "
                "at once",
                f"pcs resource update {remote.name} reconnect_interval=60s",
            )


def remotes_start_quickly(facts: Facts) -> Iterator[Finding]:
    for remote in _remotes(facts):
        text = remote.operations.get("start", {}).get("timeout", "")
        timeout = seconds(text) if text else _DEFAULT_START
        if timeout > _LONGEST_START:
            yield warning(
                f"{remote.name}: where a controller dies with it, its fencing waits for {timeout:g} s "
                "on each other one",
                f"pcs resource update {remote.name} op start timeout=15s",
            )


def _remotes(facts: Facts) -> list[Resource]:
    names = {str(one.node) for one in facts.hosts}
    return [one for one in facts.configuration.of_kind(REMOTE) if one.name in names]


def _lists_by_itself(device: Resource) -> bool:
    names = ("pcmk_host_list", "pcmk_host_map", "inventory")
    return not any(device.parameters.get(name) for name in names)


CHECKS: tuple[Check, ...] = (
    devices_answer,
    devices_are_started,
    inventories_are_secret,
    every_host_is_fenced,
    every_host_is_flagged,
    our_devices_do_something,
    bmcs_are_their_own,
    devices_fence_several,
    dumps_have_time,
    remotes_reconnect,
    remotes_start_quickly,
)
