"""Who is a compute host, and what they are called."""

from __future__ import annotations

import pytest

from tests.unit.operator.inventories.reads import PATH, hosts_of
from vmha_ocf.errors import ParameterError
from vmha_ocf.operator.inventories.choose import Chosen, Wishes, choose
from vmha_ocf.operator.inventories.details import completed, is_hidden
from vmha_ocf.operator.inventories.drivers import protocol_of, way_out
from vmha_ocf.operator.inventories.machine import Machine, Role
from vmha_ocf.operator.inventories.naming import check_pattern, named
from vmha_ocf.operator.inventories.words import Says, is_control, read_word


def machine(name: str, *roles: tuple[str, str], **more: str) -> Machine:
    return Machine(name, name or "node 1", roles=tuple(Role(*role) for role in roles), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        *((word, Says.COMPUTE) for word in (
            "compute", "Compute", "computeHCI", "ComputeOvsDpdkSriov", "compute-sriov", "osdcompute",
            "ceph-compute", "xyzcompute0001", "novacompute-0", "overcloud-novacompute-12", "cmpt1",
            "ospd-lab-cmpt1", "Hcomp00", "hci", "hypervisor7", "kvm-3", "network-compute",
            "ComputeDCN", "DistributedComputeHCI",
        )),
        *((word, Says.OTHER) for word in (
            "control", "controller-0", "ctrl01", "cont00", "cntrl", "ceph-storage", "CephAll", "osd3",
            "swift", "stor01", "networker", "block-storage", "database", "gw-1", "sbo-storage",
            "CellController", "undercloud", "mon1", "xyzceph0001",
        )),
        *((word, Says.EITHER) for word in (
            "computebaremetal", "ironic-compute", "controller-compute", "controlcompute",
        )),
        *((word, Says.NOTHING) for word in (
            "", "remote", "node1", "Server8", "r730-0", "gold", "R2B-2", "baremetal", "monday",
            "nettle", "director",
        )),
    ],
)  # fmt: skip
def test_a_word_says_what_people_mean_by_it(word: str, says: Says) -> None:
    assert read_word(word) is says


def test_who_is_a_controller() -> None:
    assert is_control("control")
    assert is_control("ctl")
    assert not is_control("compute")


def chosen(*machines: Machine, **wishes: tuple[str, ...]) -> Chosen:
    return choose(machines, Wishes(**wishes), PATH)


COMPUTE, CONTROL = ("profile", "compute"), ("profile", "control")


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (machine("a", COMPUTE), "profile compute"),
        (machine("controller-1", COMPUTE), "profile compute"),
        (machine("a", ("node capability", "compute-7"), ("flavor", "control")), "node capability c"),
        (machine("a", ("node capability", "r730"), ("flavor", "compute")), "flavor compute"),
        (machine("a", ("group", "rack"), ("group", "storage"), ("group", "compute")), "group compute"),
        (machine("a", ("resource class", "compute")), "resource class compute"),
        (machine("compute-1.control.example.com"), "its name"),
    ],
)  # fmt: skip
def test_the_reason_is_the_first_word_that_says_so(one: Machine, why: str) -> None:
    found = chosen(one, machine("b", CONTROL))
    assert [each.machine for each in found.hosts] == [one]
    assert found.hosts[0].why.startswith(why)
    assert [each.why for each in found.left_out] == ["profile control"]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (machine("compute-7", CONTROL), "profile control"),
        (machine("x", ("group", "storage"), ("group", "network")), "group storage, group network"),
        (machine("x"), "neither a profile nor its name says what it is"),
        (machine("baremetal-compute"), "neither a profile nor its name says what it is"),
        (machine(""), "neither a profile nor its name says what it is"),
        (machine("swift-1"), "its name"),
    ],
)
def test_who_is_left_out_and_why(one: Machine, why: str) -> None:
    found = chosen(machine("a", COMPUTE), one)
    assert [(each.machine, each.why) for each in found.left_out] == [(one, why)]


def test_what_an_operator_says_comes_first() -> None:
    machines = [machine("a", CONTROL), machine("b", COMPUTE), machine("", COMPUTE, host="c.lan")]
    found = chosen(*machines, hosts=("a", "c.*"))
    assert [one.why for one in found.hosts] == ["--hosts a", "--hosts c.*"]
    assert [one.why for one in found.left_out] == ["not among --hosts"]
    found = chosen(*machines, hosts=("*",), excepted=("a",))
    assert [one.why for one in found.left_out] == ["--except a"]
    found = chosen(machine("a", ("profile", "gold")), *machines, profiles=("gold",))
    assert [one.machine.name for one in found.hosts] == ["a", "b", ""]


@pytest.mark.parametrize(
    ("machines", "wishes", "says", "hint"),
    [
        ([machine("a", ("profile", "gold"))], {}, "whether a is a compute host", "--profile"),
        (
            [machine("a", COMPUTE, CONTROL)],
            {},
            "not certain by profile compute, profile c",
            "--hosts",
        ),
        (
            [machine(f"n{number}", ("profile", "gold")) for number in range(9)],
            {},
            "by profile gold (so with n1, n2, n3, n4, n5, n6 and 2 more)",
            "--except",
        ),
        (
            [machine("a", ("group", "compute"), ("group", "control"))],
            {},
            "group compute and",
            "--",
        ),
        ([machine("a"), machine("b")], {}, "which are compute hosts of a, b", "--hosts"),
        ([machine("")], {}, "node 1: no name says which host that is", "letters"),
        ([machine("a", CONTROL)], {}, "no compute host (a: profile control)", "--hosts"),
        ([], {}, "it has no compute host", "--hosts"),
        ([machine("a", COMPUTE)], {"hosts": ("b",)}, "--hosts b fits no machine", "it has a"),
        ([machine("", COMPUTE)], {"excepted": ("b",)}, "--except b fits no machine", "no names"),
        (
            [machine("a", COMPUTE)],
            {"profiles": ("x",)},
            "--profile x is no profile",
            "has compute",
        ),
        ([machine("a")], {"profiles": ("x",)}, "--profile x is no profile", "it has none"),
        ([machine("a", COMPUTE)], {"excepted": ("a",)}, "no compute host (a: --except a)", "--"),
    ],
)
def test_a_person_is_asked(
    machines: list[Machine], wishes: dict[str, tuple[str, ...]], says: str, hint: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        chosen(*machines, **wishes)
    assert says in caught.value.message
    assert hint in caught.value.hint


class TestNames:
    @pytest.mark.parametrize(
        ("one", "pattern", "domain", "names"),
        [
            (machine("c-7"), "", "", ("", "")),
            (machine("c-7"), "", "lan", ("", "c-7.lan")),
            (machine("c-7"), "oc-%index%.lan", "", ("oc-7", "oc-7.lan")),
            (machine("c-007"), "oc-%index%", "lan", ("oc-7", "oc-7.lan")),
            (machine("c-000"), "oc-%index%", "", ("oc-0", "oc-0")),
            (machine("c-7", ("node capability", "x-3")), "oc-%index%", "", ("oc-3", "oc-3")),
            (machine("c-7", ("node capability", "x")), "oc-%index%", "", ("oc-7", "oc-7")),
            (machine("c"), "%name%.lan", "", ("c", "c.lan")),
            (machine("c", host="oc-1"), "", "lan", ("oc-1", "oc-1.lan")),
            (machine("c", host="oc-1", node="n"), "", "", ("n", "oc-1")),
        ],
    )
    def test_what_they_are_called(
        self, one: Machine, pattern: str, domain: str, names: tuple[str, str]
    ) -> None:
        (found,) = named([one], pattern, domain, PATH)
        assert (found.node, found.host) == names

    def test_a_host_that_a_person_has_named_keeps_its_name(self) -> None:
        one = Machine("c-1", "c-1", host="x.lan", said=True)
        assert named([one], "oc-%index%", "org", PATH) == [one]

    def test_a_machine_without_a_number_has_no_index(self) -> None:
        with pytest.raises(ParameterError, match="c has no number that could be the %index%"):
            named([machine("c")], "oc-%index%", "", PATH)

    @pytest.mark.parametrize("pattern", ["", "compute", "c-%x%", "50%-%index%"])
    def test_a_pattern_has_a_place_for_what_differs(self, pattern: str) -> None:
        with pytest.raises(ParameterError, match="is no pattern of names"):
            check_pattern(pattern)

    def test_good_patterns(self) -> None:
        assert check_pattern("%name%-%index%.lan") == "%name%-%index%.lan"


class TestDetails:
    def test_of_one_host_before_the_inventory_and_for_all_where_that_is_silent(self) -> None:
        machines = [
            Machine("a", "a", {"ip": "1", "password": "******", "username": "own"}),
            Machine("b", "b", {"ip": "2"}, node="n", host="h", address="x"),
        ]
        told = Machine("b", "b", {"password": "B"}, node="N", host="H", said=True)
        one, two = completed(machines, {"password": "all", "username": "all"}, [told], ("i", "d"))
        assert one.options == {"ip": "1", "password": "all", "username": "own"}
        assert two.options == {"ip": "2", "password": "B", "username": "all"}
        assert (two.node, two.host, two.address, two.said) == ("N", "H", "x", True)

    @pytest.mark.parametrize(
        ("names", "says"),
        [(["b"], "d: b is not in i"), (["a", "a"], "d: a is there twice")],
    )
    def test_who_is_not_there_or_twice_is_told(self, names: list[str], says: str) -> None:
        with pytest.raises(ParameterError, match=says):
            completed([Machine("a", "a")], {}, [Machine(one, one) for one in names], ("i", "d"))

    def test_an_inventory_without_names_has_nobody_to_say_more_of(self) -> None:
        with pytest.raises(ParameterError) as caught:
            completed([Machine("", "node 1")], {}, [Machine("a", "a")], ("i", "d"))
        assert "it has no names" in caught.value.hint

    @pytest.mark.parametrize(
        "value",
        [
            "***",
            "******",
            "{{ x }}",
            "{{ a\nb }}",
            "$ANSIBLE_VAULT;1\nab",
            "x{{ y }}z",
            "{% if x %}y",
        ]
        + ["${BMC_PASSWORD}", "<ipmi password>", "<BMC_IP>"],
    )
    def test_what_is_hidden(self, value: str) -> None:
        assert is_hidden(value)

    @pytest.mark.parametrize(
        "value", ["", "**", "a***", "x{{ y", "swordfish", "$ANSIBLE", "${a", "<word>", "$x"]
    )
    def test_what_is_not(self, value: str) -> None:
        assert not is_hidden(value)


class TestDrivers:
    @pytest.mark.parametrize(
        ("driver", "protocol"),
        [
            ("", "ipmi"),
            ("pxe_ipmitool", "ipmi"),
            ("IPMI", "ipmi"),
            ("redfish", "redfish"),
            ("idrac-redfish", "redfish"),
            ("idrac", ""),
            ("pxe_drac", ""),
            ("ilo5", ""),
        ],
    )
    def test_what_they_speak(self, driver: str, protocol: str) -> None:
        assert protocol_of(driver, {}) == protocol
        assert protocol_of("x", {"x": driver}) == protocol

    @pytest.mark.parametrize(
        ("driver", "says"),
        [
            ("fake_pxe", "leave it out"),
            ("pxe_ssh", "virtual BMC"),
            ("snmp", "fence-behind-other.sh"),
            ("ilo5", "--driver ilo5=redfish"),
        ],
    )
    def test_the_way_out(self, driver: str, says: str) -> None:
        assert says in way_out(driver)

    def test_many_that_are_driven_alike_are_counted(self) -> None:
        text = "[compute]\n" + "".join(f"c{number} bmc_type=ilo5\n" for number in range(8))
        with pytest.raises(
            ParameterError, match="c0, c1, c2, c3, c4, c5 and 2 more are driven by"
        ):
            hosts_of(text)
