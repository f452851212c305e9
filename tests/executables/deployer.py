"""A deployer with pcs-examples and pcs, on a CIB in a file; Pacemaker judges the result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from tests.executables.installed import AGENTS, Installed
from tests.executables.transition import Transition
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.process.command import Result

EXAMPLES = REPOSITORY / "pcs-examples"
CONTROLLERS = ("ctl1", "ctl2", "ctl3")
COMPUTES = ("compute-1", "compute-2")
EMPTY = (
    '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" have-quorum="1" admin_epoch="0" '
    'epoch="1" num_updates="0"><configuration><crm_config/><nodes/><resources/><constraints/>'
    "</configuration><status/></cib>"
)

PASSWORD = {"BMC_PASSWORD_SCRIPT": "/etc/vmha/bmc-password"}
SITE = {
    "HOSTS": "compute-1=192.0.2.11 compute-2=192.0.2.12",
    "BMCS": "compute-1=198.51.100.11 compute-2=198.51.100.12",
}
"""What a recipe is told where a test has nothing else to tell it."""
GIVEN: Mapping[str, Mapping[str, str]] = {
    "compute.sh": {
        "START_COMMAND": "podman start nova_compute",
        "STOP_COMMAND": "podman stop --time 20 nova_compute",
        "STATUS_COMMAND": "podman healthcheck run nova_compute",
    },
    "evacuate.sh": {"EXTRA": "storm_limit=3 untagged=none"},
    "fence-behind-other.sh": {"HOSTS": "compute-1", "OTHER": "redfish-"},
    "fence-inventory.sh": {"HOSTS": "compute-1 compute-2=192.0.2.12"},
    "fence-per-host.sh": {
        "BMCS": "compute-1=192.0.2.7",
        "NOVA_DOMAIN": ".example.com",
        **PASSWORD,
    },
    "hosts.sh": {"HOSTS": "compute-1=192.0.2.11 compute-3=192.0.2.13"},
    "instances.sh": {"EXTRA_INSTANCES": "agent_after=60 hung_after=20"},
    "libvirt.sh": {"EXTRA_LIBVIRT": "unit=virtqemud.service hung_after=20"},
    "network.sh": {"NETWORK": "tenant", "TARGETS": "192.0.2.1 192.0.2.2"},
    "power-devices.sh": {"BMCS": "compute-2=192.0.2.7", **PASSWORD},
    "recipe-behind-other.sh": {},
    "recipe-containers.sh": {},
    "recipe-inventory.sh": {},
    "recipe-per-host.sh": {},
    "recipe-untouched-hosts.sh": {},
    "remove.sh": {},
    "upgrade.sh": {},
}
"""What each script needs to be told, as its comment says."""
NOT_PCS = {"ensure.sh", "gate-host.sh", "remove-host.sh", "together.sh"}
"""What runs steps, or is told a host: with tests of its own."""


def node(name: str, role: str, kind: str) -> str:
    return (
        f'<node id="{name}" uname="{name}" {kind}><instance_attributes id="{name}-attributes">'
        f'<nvpair id="{name}-osprole" name="osprole" value="{role}"/>'
        "</instance_attributes></node>"
    )


def remote(name: str) -> str:
    return (
        f'<primitive id="{name}" class="ocf" provider="pacemaker" type="remote"><operations>'
        f'<op id="{name}-monitor" name="monitor" interval="20s" timeout="30s"/>'
        "</operations></primitive>"
    )


def other_device(name: str, host: str) -> str:
    hosts = f'<nvpair id="{name}-hosts" name="pcmk_host_list" value="{host}"/>'
    attributes = f'<instance_attributes id="{name}-attributes">{hosts}</instance_attributes>'
    return f'<primitive id="{name}" class="stonith" type="fence_redfish">{attributes}</primitive>'


def online(name: str) -> str:
    member = 'in_ccm="true" crmd="online" join="member" expected="member"'
    return f'<node_state id="{name}" uname="{name}" {member}/>'


def cib() -> str:
    """Controllers that are up, hosts that Pacemaker is to connect to, and devices of the site's."""
    nodes = [node(name, "controller", "") for name in CONTROLLERS]
    nodes += [node(name, "compute", 'type="remote"') for name in COMPUTES]
    others = [other_device(f"redfish-{name}", name) for name in ("compute-1", *CONTROLLERS)]
    resources = [*map(remote, COMPUTES), *others]
    return (
        '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" have-quorum="1" '
        'admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config/>'
        f"<nodes>{''.join(nodes)}</nodes><resources>{''.join(resources)}</resources>"
        "<constraints/></configuration>"
        f"<status>{''.join(map(online, CONTROLLERS))}</status></cib>"
    )


def older_cib() -> str:
    """The same cluster as TripleO's scripts configured it, with upstream's agents."""
    older = (Path(__file__).parent / "older.xml").read_text()
    inside = older.partition("<resources>")[2].partition("</resources>")[0]
    constraints = (
        '<constraints><rsc_order id="order-compute-evacuate" first="nova-compute-clone" '
        'then="nova-evacuate"/></constraints><fencing-topology><fencing-level id="level-1" '
        'target="compute-1" index="1" devices="redfish-compute-1,fence-nova"/></fencing-topology>'
    )
    text = cib().replace("</resources>", f"{inside}</resources>")
    return text.replace("<constraints/>", constraints)


class Deployer:
    def __init__(self, installed: Installed, folder: Path, content: str | None = None) -> None:
        self.installed = installed
        self._graph = folder / "graph.xml"
        self.cib = folder / "cib.xml"
        self.cib.write_text(content or cib())

    def run(self, *argv: str, **env: str) -> Result:
        answer = self.installed.run(argv, timeout=600, env=env)
        assert answer.rc == 0, answer
        return answer

    def example(self, name: str, **given: str) -> Result:
        told = {**(SITE if name.startswith("recipe-") else {}), **given}
        return self.run(str(EXAMPLES / name), PCS=f"pcs -f {self.cib}", **told)

    def attempt(self, name: str, **given: str) -> Result:
        """An example that may fail."""
        env = {"PCS": f"pcs -f {self.cib}", **given}
        return self.installed.run([str(EXAMPLES / name)], timeout=600, env=env)

    def configured(self) -> set[str]:
        """The ids of resources, constraints, levels and alerts."""
        tags = ("primitive", "clone", "rsc_location", "rsc_order", "fencing-level", "alert")
        return {str(one.get("id")) for one in etree.parse(self.cib).iter(*tags)}

    def pcs(self, *words: str) -> Result:
        return self.run("pcs", "-f", str(self.cib), *words)

    def verify(self) -> None:
        """Without an error or a warning."""
        self.run("crm_verify", f"--xml-file={self.cib}", "-VVV")

    def validate(self, resource: str, agent: str) -> None:
        """The agent accepts its parameters, if the resource is configured at all."""
        found = etree.parse(self.cib).iterfind(f".//primitive[@id='{resource}']//nvpair")
        given = {f"OCF_RESKEY_{one.get('name')}": str(one.get("value")) for one in found}
        self.run(f"{AGENTS}/{agent}", "validate-all", **given)

    def simulate(self) -> str:
        """What Pacemaker would do."""
        return self.run("crm_simulate", f"--xml-file={self.cib}", "--simulate").stdout

    def carry_out(self, *happened: str) -> Transition:
        """Let something happen, and Pacemaker's answer to it succeed. ``happened`` are options of
        crm_simulate."""
        output = [f"--save-output={self.cib}", f"--save-graph={self._graph}"]
        self.run("crm_simulate", f"--xml-file={self.cib}", "--simulate", *output, *happened)
        return Transition(self._graph.read_bytes())

    def settle(self) -> None:
        """Until nothing is left to do."""
        for _ in range(5):
            if not self.carry_out().actions:
                return
        raise AssertionError(f"Pacemaker does not come to rest: {self.simulate()}")
