from __future__ import annotations

import pytest

from vmha_ocf.cluster.configuration import OUR_FENCING, Resource
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.device import Part, cycles, part_of, told_agents
from vmha_ocf.fencing.power_agents import RECORDING, SWITCHING, read_agents


def device(kind: str, **parameters: str) -> Resource:
    named = {name.replace("__", "-"): value for name, value in parameters.items()}
    return Resource("device", kind if ":" in kind else f"stonith:{kind}", named)


@pytest.mark.parametrize(
    "kind", ["fence_ipmilan", "fence_redfish", "fence_ilo5", "fence_apc_snmp"]
)
def test_a_known_agent_switches_power(kind: str) -> None:
    assert part_of(device(kind), ()) is Part.SWITCHES


@pytest.mark.parametrize(
    "kind",
    [
        "fence_kdump",
        "fence_heuristics_ping",
        "fence_dummy",
        "fence_sbd",
        "fence_watchdog",
        "fence_scsi",
        "fence_mpath",
        "fence_brocade",
        "fence_of_nobody",
        "external/ipmi",
        "ocf:pacemaker:remote",
    ],
)
def test_another_one_does_not(kind: str) -> None:
    assert part_of(device(kind), ()) is Part.NEITHER


def test_no_agent_is_in_both_lists() -> None:
    assert not SWITCHING & RECORDING


@pytest.mark.parametrize("name", ["fence_of_nobody", "external/ipmi"])
def test_an_agent_that_an_operator_vouches_for_does(name: str) -> None:
    others = read_agents(f"stonith:{name}, fence_other")
    assert part_of(device(f"stonith:{name}"), others) is Part.SWITCHES


@pytest.mark.parametrize("name", ["fence_kdump", "stonith:fence_sbd", "fence_compute"])
def test_nobody_can_vouch_for_what_switches_nothing(name: str) -> None:
    with pytest.raises(ParameterError, match="does not switch a host's power"):
        read_agents(f"fence_good {name}")
    told = told_agents([device("fence_compute", power_agents=f"fence_good,{name}")])
    assert told == {"fence_good"}


def test_only_our_devices_are_told_of_others() -> None:
    assert told_agents([device("fence_ipmilan", power_agents="fence_x")]) == frozenset()
    assert told_agents([]) == frozenset()


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"ip": "192.0.2.7"}, Part.SWITCHES),
        ({"ipaddr": "192.0.2.7"}, Part.SWITCHES),
        ({"inventory": "/etc/vmha/inventory.ini"}, Part.SWITCHES),
        ({"record_only": "1"}, Part.RECORDS),
        ({"record__only": "1"}, Part.RECORDS),
        ({"auth_url": "https://keystone"}, Part.RECORDS),
        ({"auth__url": "https://keystone"}, Part.RECORDS),
        ({"record_only": "2"}, Part.NEITHER),
        ({"record_only": "2", "ip": "192.0.2.7"}, Part.NEITHER),
        ({}, Part.NEITHER),
    ],
)
def test_ours_does_what_its_parameters_say(parameters: dict[str, str], part: Part) -> None:
    assert part_of(device("fence_compute", **parameters), ()) is part
    assert OUR_FENCING == "stonith:fence_compute"


@pytest.mark.parametrize("name", ["pcmk_off_action", "pcmk_reboot_action"])
def test_a_device_that_is_told_something_else_than_off_does_not_switch(name: str) -> None:
    for good in ("off", "reboot", "OFF", ""):
        assert part_of(device("fence_ipmilan", **{name: good}), ()) is Part.SWITCHES
    for bad in ("on", "status", "monitor", "metadata"):
        assert part_of(device("fence_ipmilan", **{name: bad}), ()) is Part.NEITHER
    assert part_of(device("fence_compute", record_only="1", **{name: "on"}), ()) is Part.RECORDS


def test_a_reboot_in_one_request_is_known() -> None:
    assert cycles(device("fence_ipmilan", method="cycle"))
    assert not cycles(device("fence_ipmilan", method="onoff"))
    assert not cycles(device("fence_ipmilan"))
