from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from vmha_ocf.cluster.configuration import OUR_FENCING, Configuration, Resource
from vmha_ocf.fencing.levels import Problem, judge, weak_spot
from vmha_ocf.model import NodeName

NODE = NodeName("compute-1")
DEVICES = (
    Resource("ipmi", "stonith:fence_ipmilan"),
    Resource("cycle", "stonith:fence_ipmilan", {"method": "cycle"}),
    Resource("own", OUR_FENCING, {"inventory": "/etc/vmha/inventory.ini"}),
    Resource("record", OUR_FENCING, {"record_only": "1"}),
    Resource("nova", OUR_FENCING, {"auth-url": "https://keystone"}),
    Resource("nothing", OUR_FENCING, {"record_only": "2"}),
    Resource("kdump", "stonith:fence_kdump"),
    Resource("ping", "stonith:fence_heuristics_ping"),
    Resource("plugin", "stonith:external/ipmi"),
    Resource("compute-1", "ocf:pacemaker:remote"),
)


def level(devices: str, index: int = 1, **target: str) -> Mapping[str, str]:
    return level_for(target or {"target": NODE}, devices, index)


def level_for(target: Mapping[str, str], devices: str, index: int = 1) -> Mapping[str, str]:
    named = {name.replace("_", "-"): value for name, value in target.items()}
    return {"index": str(index), "devices": devices, **named}


def cluster(
    *levels: Mapping[str, str],
    devices: Sequence[Resource] = DEVICES,
    properties: Mapping[str, str] | None = None,
    rack: str = "",
) -> Configuration:
    return Configuration(
        resources=devices,
        levels=levels,
        attributes={NODE: {"rack": rack}} if rack else {},
        properties=properties or {},
    )


def problem(*levels: Mapping[str, str], rack: str = "") -> Problem:
    found = judge(NODE, cluster(*levels, rack=rack))
    assert found
    assert found.what.startswith("nothing switches compute-1 off: ")
    assert "pcs stonith level add" in found.hint
    return found


GOOD = level("ipmi,record")


class TestADeviceMayRecord:
    @pytest.mark.parametrize(
        "devices", ["ipmi,record", "ipmi, record", "own,record", "kdump,ipmi,record", "cycle,nova"]
    )
    def test_behind_one_that_switches_power(self, devices: str) -> None:
        assert judge(NODE, cluster(level(devices))) is None

    def test_in_each_of_several_levels(self) -> None:
        assert judge(NODE, cluster(GOOD, level("own,record", 2))) is None

    def test_beside_levels_in_which_nothing_records(self) -> None:
        """They are no business of a device that is not called in them."""
        assert judge(NODE, cluster(level("kdump"), level("ipmi,record", 2))) is None

    @pytest.mark.parametrize(
        "target",
        [
            {"target": "COMPUTE-1"},
            {"target_pattern": "compute-.*"},
            {"target_pattern": "^[[:alpha:]]+-1$"},
            {"target_pattern": r"^compute-[0-9]{1,3}(\.example\.com)?$"},
            {"target_attribute": "rack", "target_value": "1"},
        ],
    )
    def test_whatever_the_level_is_found_by(self, target: dict[str, str]) -> None:
        assert judge(NODE, cluster(level_for(target, "ipmi,record"), rack="1")) is None

    def test_where_its_own_levels_are_right_whatever_patterns_say(self) -> None:
        """Pacemaker looks at them only where no level has the exact name."""
        assert judge(NODE, cluster(GOOD, level("record", target_pattern="compute"))) is None
        assert judge(NODE, cluster(level("record", target="COMPUTE-1"), GOOD)) is None

    @pytest.mark.parametrize(
        "elsewhere",
        [
            {"target": "compute-2"},
            {"target_pattern": "^ctl"},
            {"target_attribute": "rack", "target_value": "2"},
            {"target_attribute": "room", "target_value": "1"},
            {"target_attribute": "rack"},
        ],
    )
    def test_whatever_is_wrong_with_levels_of_others(self, elsewhere: dict[str, str]) -> None:
        good = level("ipmi,record", target_pattern="compute")
        assert judge(NODE, cluster(good, level_for(elsewhere, "record"), rack="1")) is None

    def test_behind_an_agent_that_an_operator_vouches_for(self) -> None:
        behind = level("plugin,record")
        assert judge(NODE, cluster(behind))
        assert judge(NODE, cluster(behind), ["external/ipmi"]) is None
        told = Resource(
            "record", OUR_FENCING, {"record_only": "1", "power_agents": "external/ipmi"}
        )
        devices = [each for each in DEVICES if each.name != "record"]
        assert judge(NODE, cluster(behind, devices=[*devices, told])) is None


class TestADeviceMayNotRecord:
    @pytest.mark.parametrize("devices", ["record", "record,ipmi", "nova,own"])
    def test_first_in_its_level(self, devices: str) -> None:
        found = problem(level(devices))
        assert "fencing level 1 of compute-1 has no device that does so before" in found.what

    def test_alone_in_a_second_level_beside_a_good_one(self) -> None:
        assert "fencing level 2 of compute-1" in problem(GOOD, level("record", 2)).what

    @pytest.mark.parametrize(
        ("devices", "told"),
        [
            ("kdump,record", "kdump is fence_kdump"),
            ("ping,record,ipmi", "ping is fence_heuristics_ping"),
            ("nothing,record", "nothing is fence_compute"),
            ("plugin,record", "plugin is external/ipmi"),
            ("gone,record", "gone is unknown"),
            ("ping,kdump,record", "ping is fence_heuristics_ping, kdump is fence_kdump"),
        ],
    )
    def test_behind_what_switches_nothing(self, devices: str, told: str) -> None:
        found = problem(level(devices))
        assert f"({told})" in found.what
        assert "power_agents" in found.hint

    def test_behind_another_one_that_records(self) -> None:
        assert "before record, which" in problem(level("record,nova")).what
        assert "before nova, which" in problem(level("nova,record,ipmi")).what

    def test_where_one_of_several_targets_that_fit_is_wrong(self) -> None:
        """Which one Pacemaker takes is the order of a hash table."""
        good = level("ipmi,record", target_pattern="compute")
        assert "of comp" in problem(good, level("record", target_pattern="comp")).what
        rack = level("record", target_attribute="rack", target_value="1")
        assert "of rack=1" in problem(good, rack, rack="1").what
        assert "of COMPUTE-1" in problem(good, level("record", target="COMPUTE-1")).what

    @pytest.mark.parametrize("pattern", ["compute-1", "COMPUTE-1"])
    def test_by_a_pattern_that_is_filed_under_the_node_s_name(self, pattern: str) -> None:
        """For Pacemaker both are the levels of one target."""
        wrong = level("record", 2, target_pattern="compute-1")
        assert "fencing level 2" in problem(level("ipmi,record", target="compute-1"), wrong).what

    @pytest.mark.parametrize("pattern", [r"\<comp", "a**", "^compute-[0-9]+?$", r"\d", "(", ")("])
    def test_by_a_pattern_that_only_pacemaker_can_read(self, pattern: str) -> None:
        good = level("ipmi,record", target_pattern="compute")
        assert judge(NODE, cluster(good, level("ipmi,record", target_pattern=pattern))) is None
        assert "no device" in problem(good, level("record", target_pattern=pattern)).what
        assert (
            "no fencing level of it" in problem(level("ipmi,record", target_pattern=pattern)).what
        )

    @pytest.mark.parametrize(
        "levels",
        [
            [],
            [level("ipmi")],
            [level("ipmi,record", target="compute-2")],
            [level("ipmi,record", target_pattern="^ctl")],
            [{"target": "compute-1"}],
            [{"devices": "ipmi,record"}],
        ],
    )
    def test_without_a_level_that_it_is_in(self, levels: list[Mapping[str, str]]) -> None:
        assert "no fencing level of it has another device" in problem(*levels).what


class TestThatPacemakerHasFencedIsProof:
    @pytest.mark.parametrize(
        "devices", ["ipmi", "own", "ipmi,record", "record,ipmi", "kdump,ipmi", "cycle,own"]
    )
    def test_where_each_level_switches_power(self, devices: str) -> None:
        assert not weak_spot(NODE, cluster(level(devices)))
        assert not weak_spot(NODE, cluster(level(devices), level("ipmi", 2)))

    @pytest.mark.parametrize(
        "devices", ["record", "kdump", "ping,record", "nothing", "gone", "plugin", "cycle", ""]
    )
    def test_not_where_one_does_not(self, devices: str) -> None:
        assert (
            weak_spot(NODE, cluster(level(devices)))
            == f"fencing level 1 of compute-1 ({devices.replace(',', ', ')})"
        )
        assert weak_spot(NODE, cluster(level("ipmi"), level(devices, 2)))
        assert weak_spot(
            NODE, cluster(level("own", target_pattern="comp"), level(devices, target_pattern="c"))
        )

    def test_without_levels_each_device_that_may_fence_it_counts(self) -> None:
        here = {"pcmk_host_list": "compute-1"}
        ipmi = Resource("ipmi", "stonith:fence_ipmilan", here)
        record = {"record_only": "1"}
        elsewhere = level("record", target="compute-2")
        for others in (
            {"pcmk_host_list": "compute-2, compute-3"},
            {"pcmk_host_map": "compute-2:compute-1.example.com"},
            {"pcmk_host_list": "compute-2", "pcmk_host_check": "static-list"},
        ):
            device = Resource("record", OUR_FENCING, {**record, **others})
            assert not weak_spot(NODE, cluster(elsewhere, devices=[ipmi, device])), others
        for mine in (
            {},
            here,
            {"pcmk_host_map": "Compute-1:c1.example.com;compute-2:c2"},
            {"pcmk_host_map": "compute-1=c1"},
            {"pcmk_host_list": "compute-2", "pcmk_host_check": "none"},
        ):
            device = Resource("record", OUR_FENCING, {**record, **mine})
            assert weak_spot(NODE, cluster(elsewhere, devices=[ipmi, device])) == "record", mine

    def test_a_device_that_is_gone_may_have_been_anything(self) -> None:
        assert weak_spot(NODE, cluster(devices=[])) == "a device that is not configured now"

    def test_the_watchdog_counts_where_there_is_no_level(self) -> None:
        for name in ("stonith-watchdog-timeout", "fencing-watchdog-timeout"):
            armed, idle = {name: "10s"}, {name: "0"}
            devices = DEVICES[:1]
            assert weak_spot(NODE, cluster(devices=devices, properties=armed)) == "the watchdog"
            assert not weak_spot(NODE, cluster(devices=devices, properties=idle))
            assert not weak_spot(NODE, cluster(level("ipmi"), devices=devices, properties=armed))

    def test_the_new_name_of_the_watchdogs_time_wins(self) -> None:
        both = {"stonith-watchdog-timeout": "10s", "fencing-watchdog-timeout": "0"}
        assert not weak_spot(NODE, cluster(devices=DEVICES[:1], properties=both))
