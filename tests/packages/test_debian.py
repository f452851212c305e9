"""The Debian packages, from `make deb` to the purge, in clean roots."""

from __future__ import annotations

import pytest

from tests.packages.clean_root import CleanRoot
from tests.packages.conftest import NewRoot, install

pytestmark = pytest.mark.packages

FENCE = "/usr/sbin/fence_compute"
ASIDE = "/usr/lib/vmha-ocf/distrib/fence_compute"
OCF = "/usr/lib/ocf/resource.d/openstack"
SHARE = "/usr/share/vmha-ocf"
HOSTS = """
bmc: {username: fencing, password: swordfish}
hosts: [{name: compute-1, address: 192.0.2.11, bmc: {address: 198.51.100.11}}]
"""
EVENT = """{"host": "compute-1", "at": 1795219300, "text": "compute-1 is back",
"incident": {"state": "ended", "given_up": [], "moved": 1}}"""
COMPLETE = """
. /usr/share/bash-completion/bash_completion
_completion_loader vmha
COMP_LINE="vmha sta" COMP_POINT=8 COMP_TYPE=9 COMP_WORDS=(vmha sta) COMP_CWORD=1
$(complete -p vmha | sed 's/.* -F \\([^ ]*\\) .*/\\1/') vmha sta vmha
echo "${COMPREPLY[@]}"
"""
OURS = "from vmha_ocf.programs.fence_compute import main"


@pytest.fixture
def root(new_root: NewRoot, controller: CleanRoot) -> CleanRoot:
    """A controller of the test's own."""
    return new_root(controller, controller.shared)


def is_ours(root: CleanRoot, path: str) -> bool:
    return OURS in root.must("cat", path)


def diverted(root: CleanRoot) -> set[str]:
    lines = root.must("dpkg-divert", "--list").splitlines()
    return {line for line in lines if "vmha" in line or "fence_compute" in line}


def of_fence_agents(root: CleanRoot) -> str:
    """What of its files is not as the package has it."""
    return root.must("dpkg", "--verify", "fence-agents")


def test_lintian_has_nothing_to_say(built: CleanRoot) -> None:
    words = "--allow-root --fail-on error,warning --display-info"
    said = built.run("sh", "-c", f"lintian {words} /root/vmha-ocf/build/deb/*.changes")
    assert (said.rc, said.stdout) == (0, ""), said


def test_the_agents_answer_where_pacemaker_looks(root: CleanRoot) -> None:
    for agent in ("NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd"):
        assert f'<resource-agent name="{agent}"' in root.must(f"{OCF}/{agent}", "meta-data")
    assert "already off is recorded too" in root.must(FENCE, "-o", "metadata")


def test_pacemaker_lists_one_fence_compute(root: CleanRoot) -> None:
    listed = root.must("stonith_admin", "--list-installed").split()
    assert [name for name in listed if "fence_compute" in name] == ["fence_compute"]


def test_every_library_of_the_backends_is_there(root: CleanRoot) -> None:
    """NovaEvacuate gets as far as its credentials, fence_compute as far as the wire."""
    values = {"OCF_RESKEY_cloud": "vmha", "OCF_RESKEY_clouds_file": "/root/clouds.yaml"}
    cloud = "clouds: {vmha: {auth: {auth_url: 'http://127.0.0.1:1/v3', username: a, password: b}}}"
    root.must("tee", "/root/clouds.yaml", input=cloud)
    root.must(f"{OCF}/NovaEvacuate", "validate-all", env=values)
    for backend in (
        "openstack.nova",
        "openstack.glance",
        "openstack.clouds_file",
        "bmc.ipmi_child",
        "bmc.fence_library",
    ):
        root.must("/usr/bin/python3", "-c", f"import vmha_ocf.backends.{backend}")
    root.must("/usr/bin/python3", "-c", "import novaclient, pyghmi, openstack.config, lxml")
    asked = root.run(
        FENCE, "--ip=127.0.0.1", "--username=a", "--password=b", "-o", "status", "-n", "x"
    )
    assert "127.0.0.1" in asked.stderr, asked


def test_the_operators_command_answers(root: CleanRoot) -> None:
    for command in (["vmha"], ["python3", "-m", "vmha_ocf"]):
        assert {"check", "status", "history"} <= set(root.must(*command, "--help").split())
        said = root.run(*command, "status")
        assert (said.rc, said.stdout) == (3, ""), said
        assert said.stderr.startswith("vmha status: "), said
    root.must("tee", "/root/hosts.yaml", input=HOSTS)
    script = root.must("sh", "-c", "cd /root && vmha generate hosts.yaml")
    assert "192.0.2.11" in script
    assert root.must("stat", "-c", "%a", "/root/inventory.ini") == "600\n"


def test_the_operators_command_is_completed(root: CleanRoot) -> None:
    """As bash does it at the Tab key."""
    root.install("bash-completion", "python3-argcomplete")
    said = root.must("bash", "-c", COMPLETE)
    assert said.split() == ["status"]


def test_examples_are_there_and_run(root: CleanRoot) -> None:
    listed = root.must("ls", f"{SHARE}/examples").split()
    assert {"alert-rules.yaml", "grafana-dashboard.json", "policy.toml"} <= set(listed)
    root.must("touch", "/root/nagios.cmd")
    notify = f"{SHARE}/examples/notify-nagios"
    root.must(notify, input=EVENT, env={"NAGIOS_PIPE": "/root/nagios.cmd"})
    assert "PROCESS_SERVICE_CHECK_RESULT;compute-1;" in root.must("cat", "/root/nagios.cmd")


def test_manual_pages_tmpfiles_and_logrotate(root: CleanRoot) -> None:
    root.install("man-db", "logrotate", "systemd")
    for page in ("fence_compute", "ocf_openstack_NovaEvacuate", "ocf_openstack_NovaCompute"):
        assert "PARAMETERS" in root.must("man", "--pager=cat", page)
    assert "vmha status [--all]" in root.must("man", "--pager=cat", "vmha")
    root.must("systemd-tmpfiles", "--create", "vmha-ocf.conf")
    assert root.must("stat", "-c", "%a %U", "/var/log/vmha", "/etc/vmha").split("\n")[:2] == [
        "750 root",
        "700 root",
    ]
    root.must("logrotate", "--debug", "/etc/logrotate.d/vmha-ocf")


@pytest.mark.usefixtures("newer")
def test_an_upgrade_keeps_ours_and_so_does_one_of_fence_agents(root: CleanRoot) -> None:
    before = diverted(root)
    root.must("sh", "-c", "apt-get -q -y install /packages/newer/*.deb")
    assert "+newer" in root.must("dpkg-query", "-W", "-f=${Version}", "vmha-ocf")
    root.install("--reinstall", "fence-agents")
    assert is_ours(root, FENCE)
    assert not is_ours(root, ASIDE)
    assert (diverted(root), len(before)) == (before, 2)


def test_a_removal_gives_fence_agents_its_agent_back(root: CleanRoot) -> None:
    root.install("fence-agents")  # from Debian 13 on its library is a package without it
    assert is_ours(root, FENCE)
    root.must("apt-get", "-q", "-y", "remove", "vmha-ocf")
    assert not is_ours(root, FENCE)
    assert diverted(root) == set()
    assert of_fence_agents(root) == ""
    # and once more, on top of a fence-agents that has been there before
    install(root, "./vmha-ocf_")
    assert is_ours(root, FENCE)


def test_a_purge_leaves_nothing(root: CleanRoot) -> None:
    root.must(f"{OCF}/NovaEvacuate", "meta-data")
    root.must("sh", "-c", "apt-get -q -y purge vmha-ocf vmha-ocf-compute python3-vmha-ocf")
    places = "-path /proc -prune -o -path /packages -prune -o"
    left = root.must("sh", "-c", f"find / {places} -name '*vmha*' -print; ls -d {OCF} || true")
    assert left == ""
    assert diverted(root) == set()


def test_a_compute_host_gets_neither_openstack_nor_fence_agents(
    new_root: NewRoot, compute_host: CleanRoot
) -> None:
    root = new_root(compute_host)
    installed = root.must("dpkg-query", "-W", "-f=${Package}\n").split()
    assert "pacemaker-remote" in installed
    assert not {"pacemaker", "fence-agents", "python3-novaclient"} & set(installed)
    assert "NovaCompute" in root.must(f"{OCF}/NovaCompute", "meta-data")
    refused = root.run(f"{OCF}/NovaCompute", "validate-all", env={"OCF_RESKEY_start_command": "x"})
    assert refused.rc == 6, refused
    waiting = root.run("timeout", "15", "/usr/lib/vmha-ocf/nova-compute-gate", "--host=compute-1")
    assert waiting.rc == 124, waiting
    assert "waiting at the gate: whether compute-1 is flagged cannot be read" in waiting.stderr


def test_systemd_accepts_the_gate(new_root: NewRoot, compute_host: CleanRoot) -> None:
    """With what a compute host has, where docs/deploy.rst types it."""
    root = new_root(compute_host, compute_host.shared)
    root.install("systemd")
    unit = (
        "[Service]\nUser=nobody\nExecStart=/bin/sleep 600\n[Install]\nWantedBy=multi-user.target\n"
    )
    root.must("tee", "/etc/systemd/system/nova-compute.service", input=unit)
    # Nobody runs systemd here: what would be told to it is left out.
    root.must("ln", "-sf", "/bin/true", "/usr/local/sbin/systemctl")
    gate = "/usr/share/vmha-ocf/pcs-examples/gate-host.sh"
    root.must(gate)
    checked = root.run("systemd-analyze", "verify", "--man=no", "nova-compute.service")
    assert "vmha-gate" not in checked.stderr, checked
    shown = root.must("systemd-analyze", "cat-config", "systemd/system/nova-compute.service")
    assert "ExecStartPre=+/usr/lib/vmha-ocf/nova-compute-gate" in shown
    root.must(gate, env={"REMOVE": "1"})
    assert root.run("ls", "/etc/systemd/system/nova-compute.service.d").rc != 0
    libvirts = {"UNIT": "libvirtd.service"}
    root.must(gate, env=libvirts)
    for name in ("libvirtd", "libvirt-guests"):
        text = root.must("cat", f"/etc/systemd/system/{name}.service.d/vmha-gate.conf")
        (command,) = [line for line in text.splitlines() if line.startswith("ExecStartPre=+")]
        root.must(*command.removeprefix("ExecStartPre=+").split())
    root.must(gate, env=libvirts | {"REMOVE": "1"})
    assert root.run("ls", "/etc/systemd/system/libvirtd.service.d").rc != 0
