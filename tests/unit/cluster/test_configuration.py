"""The values of Pacemaker's configuration, its reading out of a CIB, and who fences whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from vmha_ocf.backends.pacemaker.configuration import to_configuration, with_secrets
from vmha_ocf.cluster.configuration import Configuration, Resource, Result, find_evacuator
from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.names import learn
from vmha_ocf.fencing.request import Target
from vmha_ocf.fencing.topology import (
    ComputeHost,
    Inventories,
    compute_hosts,
    find,
    find_node,
    misled,
    plugs_of,
    words_about,
    words_of,
)
from vmha_ocf.model import NodeName, NovaHost

CIB = """
<cib><configuration>
 <crm_config><cluster_property_set id="cib-bootstrap-options">
  <nvpair id="a" name="concurrent-fencing" value="true"/>
  <nvpair id="b" name="stonith-enabled" value="perhaps"/>
 </cluster_property_set></crm_config>
 <nodes>
  <node id="1" uname="ctl1"><instance_attributes id="n1">
   <nvpair id="c" name="osprole" value="controller"/></instance_attributes></node>
  <node id="2" uname="compute-1" type="remote"><instance_attributes id="n2">
   <nvpair id="d" name="osprole" value="compute"/></instance_attributes></node>
 </nodes>
 <resources>
  <template id="evacuators" class="ocf" provider="openstack" type="NovaEvacuate">
   <instance_attributes id="t"><nvpair id="e" name="cloud" value="vmha"/>
    <nvpair id="f" name="storm_limit" value="9"/></instance_attributes>
   <operations><op id="g" name="start" interval="0s" timeout="30s"/></operations></template>
  <primitive id="nova-evacuate" template="evacuators">
   <instance_attributes id="p"><nvpair id="h" name="storm_limit" value="3"/></instance_attributes>
   <meta_attributes id="m"><nvpair id="i" name="resource-stickiness" value="100"/></meta_attributes>
  </primitive>
  <clone id="nova-compute-clone"><meta_attributes id="n"><nvpair id="n1" name="interleave"
   value="true"/><nvpair id="n2" name="target-role" value="Stopped"/></meta_attributes>
   <primitive id="nova-compute" class="ocf" provider="openstack" type="NovaCompute"><meta_attributes
   id="o"><nvpair id="o1" name="target-role" value="Started"/></meta_attributes></primitive></clone>
  <group id="g1"><primitive id="fence" class="stonith" type="fence_compute">
   <instance_attributes id="q"><nvpair id="j" name="pcmk_host_list" value="compute-1"/>
   <nvpair id="k" name="password" value="lrm://"/></instance_attributes></primitive></group>
 </resources>
 <constraints>
  <rsc_location id="l" rsc="nova-compute-clone"><rule id="r" score="-INFINITY">
   <expression id="x" attribute="evacuation" operation="defined"/></rule></rsc_location>
  <rsc_order id="o" first="a" then="b"/>
 </constraints>
 <fencing-topology><fencing-level id="fl" target="compute-1" index="1" devices="x,fence"/>
 </fencing-topology>
 <alerts><alert id="al" path="/usr/share/vmha-ocf/alert-wake"/></alerts>
</configuration><status>
 <node_state id="1" uname="ctl1"><lrm id="1"><lrm_resources>
  <lrm_resource id="nova-evacuate" class="ocf" type="NovaEvacuate">
   <lrm_rsc_op id="1" operation="start" call-id="12" rc-code="0" op-status="0"/>
   <lrm_rsc_op id="2" operation="monitor" call-id="14" rc-code="190" op-status="0"
    exit-reason="evacuation is held"/>
   <lrm_rsc_op id="3" operation="monitor" call-id="-1" rc-code="193" op-status="-1"/>
  </lrm_resource>
  <lrm_resource id="nova-compute:0" class="ocf" type="NovaCompute">
   <lrm_rsc_op id="4" operation="monitor" call-id="9" rc-code="7" op-status="0"/></lrm_resource>
  <lrm_resource id="fence" class="stonith" type="fence_compute">
   <lrm_rsc_op id="5" operation="monitor" call-id="-1" rc-code="193" op-status="-1"/>
  </lrm_resource>
 </lrm_resources></lrm></node_state>
</status></cib>
"""


@pytest.fixture
def read() -> Configuration:
    return to_configuration(fromstring(CIB))


def test_resources_with_their_templates_and_clones(read: Configuration) -> None:
    evacuator, compute, fence = read.resources
    assert evacuator.kind == "ocf:openstack:NovaEvacuate"
    assert evacuator.parameters == {"cloud": "vmha", "storm_limit": "3"}
    assert evacuator.operations["start"]["timeout"] == "30s"
    assert evacuator.meta == {"resource-stickiness": "100"}
    assert (compute.kind, compute.clone) == ("ocf:openstack:NovaCompute", "nova-compute-clone")
    assert compute.meta == {"interleave": "true", "target-role": "Started"}
    assert (fence.kind, fence.is_fencing) == ("stonith:fence_compute", True)
    assert read.devices == [fence]


def test_of_which_resources_an_action_is_under_way(read: Configuration) -> None:
    assert read.under_way == {"nova-evacuate", "fence"}


def test_how_often_a_resource_has_failed_where() -> None:
    state = """<node_state uname="compute-1"><transient_attributes><instance_attributes>
      <nvpair name="fail-count-nova-compute#monitor_10000" value="2"/>
      <nvpair name="fail-count-nova-compute:0#stop_0" value="1"/>
      <nvpair name="fail-count-libvirt#start_0" value="INFINITY"/>
      <nvpair name="fail-count-fence#start_0" value="odd"/><nvpair name="x" value="9"/>
    </instance_attributes></transient_attributes></node_state>"""
    found = to_configuration(fromstring(CIB.replace("</status>", f"{state}</status>"))).failures
    node = NodeName("compute-1")
    assert found == {
        ("nova-compute", node): 3,
        ("libvirt", node): 1_000_000,
        ("fence", node): 0,
    }


def test_constraints_levels_alerts_properties_and_attributes(read: Configuration) -> None:
    assert [(one.resource, one.score, one.expressions) for one in read.locations] == [
        ("nova-compute-clone", "-INFINITY", [("evacuation", "defined", "")])
    ]
    assert [(one.first, one.then, one.kind) for one in read.orders] == [("a", "b", "Mandatory")]
    assert read.levels[0]["devices"] == "x,fence"
    assert read.alerts == ["/usr/share/vmha-ocf/alert-wake"]
    assert read.has("concurrent-fencing", default=False)
    assert read.has("stonith-enabled", default=True)  # unreadable: as Pacemaker's default
    assert not read.has("maintenance-mode", default=False)
    assert read.has("maintenance-mode", default=True)
    assert read.attributes[NodeName("compute-1")] == {"osprole": "compute"}


def test_the_last_result_counts_and_a_pending_one_does_not(read: Configuration) -> None:
    assert read.runs_on("nova-evacuate") == [
        Result(NodeName("ctl1"), "monitor", 190, "evacuation is held")
    ]
    assert read.runs_on("nova-compute") == []
    assert read.results["nova-compute"][0].code == 7
    assert read.runs_on("fence") == []


@pytest.mark.parametrize(
    ("action", "code", "runs"),
    [("start", 0, True), ("monitor", 8, True), ("stop", 0, False), ("start", 1, False)],
)
def test_what_counts_as_running(action: str, code: int, runs: bool) -> None:
    assert Result(NodeName("ctl1"), action, code).runs is runs


def test_secrets_that_cibsecret_keeps(read: Configuration, tmp_path: Path) -> None:
    fence = read.devices[0]
    with pytest.raises(LocalParameterError, match="cannot be read"):
        with_secrets(fence, str(tmp_path))
    (tmp_path / "fence").mkdir()
    (tmp_path / "fence" / "password").write_text("sword fish\n")
    assert with_secrets(fence, str(tmp_path)).parameters["password"] == "sword fish"
    assert "lrm" not in repr(fence)


def test_the_evacuator_is_found_or_it_is_said_why_not(read: Configuration) -> None:
    assert find_evacuator(read).name == "nova-evacuate"
    assert find_evacuator(read, "nova-evacuate").name == "nova-evacuate"
    with pytest.raises(ParameterError, match="no resource of the type"):
        find_evacuator(Configuration())
    one = find_evacuator(read)
    two = Configuration(resources=[one, Resource("other", one.kind)])
    with pytest.raises(ParameterError, match="There are nova-evacuate, other"):
        find_evacuator(two)
    assert find_evacuator(two, "other").name == "other"


REMOTE = Resource("compute-1", "ocf:pacemaker:remote")


def hosts_of(
    configuration: Configuration, inventories: Inventories, domain: str = ""
) -> Sequence[ComputeHost]:
    """While Nova does not answer."""
    words = words_about(configuration, inventories, domain)
    return compute_hosts(configuration, inventories, words, learn(words))


class TestTopology:
    def device(self, **parameters: str) -> Resource:
        return Resource("fence", "stonith:fence_compute", parameters)

    def test_a_map_names_the_host_and_a_list_the_node(self) -> None:
        mapped = self.device(pcmk_host_map="compute-1:one.example.com;compute-2:two")
        assert plugs_of(mapped, {}) == {"compute-1": "one.example.com", "compute-2": "two"}
        both = self.device(pcmk_host_map="a:b c:d", pcmk_host_list="a,e f")
        assert plugs_of(both, {}) == {"a": "b", "c": "d", "e": "e", "f": "f"}

    def test_hosts_of_devices_remotes_and_roles(self) -> None:
        configuration = Configuration(
            resources=[
                REMOTE,
                Resource("storage-1", REMOTE.kind),
                self.device(pcmk_host_map="compute-2:two", domain="example.com"),
                Resource("ipmi", "stonith:fence_ipmilan", {"pcmk_host_list": "compute-1"}),
            ],
            attributes={
                NodeName("storage-1"): {"osprole": "storage"},
                NodeName("compute-3"): {"osprole": "compute"},
            },
        )
        assert hosts_of(configuration, {}, "lab.example.com") == [
            ComputeHost(NodeName("compute-1"), NovaHost("compute-1.lab.example.com"), ("ipmi",)),
            ComputeHost(NodeName("compute-2"), NovaHost("two.example.com"), ("fence",)),
            ComputeHost(NodeName("compute-3"), NovaHost("compute-3.lab.example.com"), ()),
        ]

    def test_an_inventory_lists_and_names_its_hosts(self) -> None:
        target = Target(NovaHost("one.example.com"), NodeName("compute-1"), None)
        other = Target(NovaHost("two.example.com"), NodeName("compute-2"), None)
        configuration = Configuration(resources=[self.device(inventory="/etc/x")])
        found = hosts_of(configuration, {"fence": [target, other]})
        assert [(one.node, one.host) for one in found] == [
            ("compute-1", "one.example.com"),
            ("compute-2", "two.example.com"),
        ]
        mapped = self.device(inventory="/etc/x", pcmk_host_list="compute-2 compute-9")
        found = hosts_of(Configuration(resources=[mapped]), {"fence": [target, other]})
        assert [(one.node, one.host) for one in found] == [
            ("compute-2", "two.example.com"),
            ("compute-9", "compute-9"),
        ]

    def test_an_inventory_names_what_is_mapped_by_either_name(self) -> None:
        """The plug is the host's name or the node's; where it is neither, the node is known."""
        target = Target(NovaHost("one.example.com"), NodeName("compute-1"), None)
        for mapped in ("n:one.example.com", "n:compute-1", "compute-1:7"):
            device = self.device(pcmk_host_map=mapped, compute_domain="lab")
            (found,) = hosts_of(Configuration(resources=[device]), {"fence": [target]})
            assert found.host == "one.example.com"
        device = self.device(pcmk_host_map="n:two", compute_domain="lab")
        (found,) = hosts_of(Configuration(resources=[device]), {"fence": [target]})
        assert found.host == "two.lab"

    def test_names_that_nova_lists_come_before_what_would_be_flagged(self) -> None:
        listed = [NovaHost("compute-1"), NovaHost("compute-1-b"), NovaHost("compute-2")]
        target = Target(listed[0], NodeName("compute-1"), None, (listed[1],))
        configuration = Configuration(
            resources=[self.device(inventory="/etc/x"), Resource("compute-2", REMOTE.kind)]
        )
        words = words_about(configuration, {"fence": [target]}, "example.com", listed)
        found = compute_hosts(configuration, {"fence": [target]}, words, learn(words))
        assert [(one.node, one.host) for one in found] == [
            ("compute-1", "compute-1"),
            ("compute-1", "compute-1-b"),
            ("compute-2", "compute-2"),
        ]

    def test_a_host_that_is_called_like_another_node_is_the_one_of_its_own_node(self) -> None:
        crossed = [
            Target(NovaHost("compute-1"), NodeName("compute-0"), None),
            Target(NovaHost("compute-2"), NodeName("compute-1"), None),
        ]
        assert words_of(self.device(inventory="/etc/x"), crossed) == {
            "compute-0": ("compute-1",),
            "compute-1": ("compute-2",),
        }
        hosts = [ComputeHost(one.node, one.host) for one in crossed]
        assert find(hosts, "compute-2") is hosts[1]
        assert find(hosts, "compute-0:compute-1") is hosts[0]
        with pytest.raises(ParameterError) as caught:
            find(hosts, "compute-1")
        assert caught.value.hint == "say which: compute-0:compute-1, compute-1:compute-2"
        with pytest.raises(ParameterError):
            find_node(hosts, "compute-1")

    def test_a_machine_with_two_hosts_is_one_machine(self) -> None:
        hosts = [ComputeHost(NodeName("compute-1"), NovaHost(f"cell-{n}")) for n in (1, 2)]
        assert find(hosts, "cell-2") is hosts[1]
        assert find_node(hosts, "compute-1") is hosts[0]
        assert find_node(hosts, "cell-2") is hosts[1]
        with pytest.raises(ParameterError):
            find(hosts, "compute-1")
        with pytest.raises(ParameterError, match="is not a compute host"):
            find_node(hosts, "compute-2")

    def test_finding_one(self) -> None:
        hosts = [ComputeHost(NodeName(f"c{n}"), NovaHost(f"c{n}.example.com")) for n in range(9)]
        assert find(hosts, "c3") is hosts[3]
        assert find(hosts, "c4.example.com") is hosts[4]
        for known, told in (
            (hosts, "c0, c1, c2, c3, c4, c5, c6, c7, ..."),
            (hosts[:8], "c0, c1, c2, c3, c4, c5, c6, c7"),
            ([], "none"),
        ):
            with pytest.raises(ParameterError) as caught:
                find(known, "d1")
            assert caught.value.hint == f"it has {told}"

    @pytest.mark.parametrize("name", ["C3", "C3.example.COM"])
    def test_letters_of_the_other_case_are_another_name(self, name: str) -> None:
        hosts = [ComputeHost(NodeName("c3"), NovaHost("c3.example.com"))]
        for search in (find, find_node):
            with pytest.raises(ParameterError) as caught:
                search(hosts, name)
            assert "did you mean c3 (c3.example.com in Nova)?" in caught.value.hint

    def test_a_map_against_the_inventory_is_told(self) -> None:
        targets = [Target(NovaHost(name), NodeName(name), None) for name in ("c1", "c2")]
        device = self.device(inventory="/etc/x", pcmk_host_map="c1:c2;c2:c2")
        other = replace(self.device(ip="192.0.2.7", pcmk_host_map="c1:c2"), name="single")
        configuration = Configuration(resources=[device, other])
        assert misled(configuration, {device.name: targets}) == [
            f"{device.name} cannot fence c1: c1 is the node [c1] of /etc/x, and c2 is [c2]: nothing is "
            "done to either"
        ]


@pytest.mark.parametrize(
    ("set_to", "name", "value"),
    [
        ({}, "fencing-enabled", ""),
        ({"stonith-enabled": "false"}, "stonith-enabled", "false"),
        ({"fencing-enabled": "false"}, "fencing-enabled", "false"),
        ({"fencing-enabled": "true", "stonith-enabled": "false"}, "fencing-enabled", "true"),
        ({"fencing-enabled": "", "stonith-enabled": "false"}, "stonith-enabled", "false"),
    ],
)
def test_a_property_by_its_new_name_and_by_its_older_one(
    set_to: dict[str, str], name: str, value: str
) -> None:
    read = Configuration(properties=set_to)
    assert (read.named("fencing-enabled"), read.said("fencing-enabled")) == (name, value)
    assert read.has("fencing-enabled", default=True) is (value != "false")
