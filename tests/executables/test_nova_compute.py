"""NovaCompute as a program on a real Pacemaker node, its nova-compute a real process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from tests.contract.one_node import NODE, OneNode
from tests.executables.installed import AGENTS
from tests.process_promises import failed_stops
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.process.command import Result
from vmha_ocf.proof import boots

pytestmark = pytest.mark.real
RUNNING, GENERIC, ARGUMENTS, INSTALLED, CONFIGURED, NOT_RUNNING, DEGRADED = 0, 1, 2, 5, 6, 7, 190
SECONDS = 10.0
"""What Pacemaker gives a start here."""
RECORD = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"


class Resource:
    """One NovaCompute on a node, run as Pacemaker's executor does."""

    def __init__(self, node: OneNode, folder: Path) -> None:
        self.node = node
        self.pid = folder / "pid"
        self.parameters = {
            "start_command": f"sh -c 'sleep 600 >/dev/null 2>&1 & echo $! >{self.pid}'",
            "stop_command": f"sh -c 'kill -KILL $(cat {self.pid}) && rm {self.pid}'",
            "status_command": f"sh -c 'kill -0 $(cat {self.pid})'",
            "nova_host": "compute-1",
        }

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Result:
        return self.node.run(argv, timeout=60, env=env)

    def do(self, action: str, interval: str = "10000", level: str = "0", **other: str) -> Result:
        environment = {
            "OCF_RESOURCE_INSTANCE": "nova-compute",
            "OCF_CHECK_LEVEL": level,
            "OCF_RESKEY_CRM_meta_interval": interval,
            "OCF_RESKEY_CRM_meta_timeout": f"{SECONDS * 1000:.0f}",
            "OCF_RESKEY_CRM_meta_on_node": NODE,
            **{f"OCF_RESKEY_{k}": v for k, v in {**self.parameters, **other}.items()},
        }
        before = time.monotonic()
        answer = self.run(f"{AGENTS}/NovaCompute", action, env=environment)
        assert time.monotonic() - before < SECONDS, answer
        return answer

    def probe(self, **other: str) -> Result:
        return self.do("monitor", interval="0", **other)

    def bare(self, action: str, interval: str = "0", **only: str) -> Result:
        """With no other parameters than these."""
        self.parameters = {}
        return self.do(action, interval, **only)

    def start_behind_our_back(self) -> None:
        started = self.run("sh", "-c", self.parameters["start_command"])
        assert started.rc == 0, started

    def flag(self, value: str) -> None:
        update = ["attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-1", "-U", value]
        assert self.run(*update).rc == 0
        query = ["attrd_updater", "-n", "evacuate", "-Q", "-A"]
        deadline = time.monotonic() + 10
        while f'value="{value}"' not in (said := self.run(*query).stdout):
            if not value and "nova:compute-1" not in said:
                return
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def record(self, text: str) -> None:
        attribute = ["crm_attribute", "--lifetime=forever", f"--node={NODE}", "--name=evacuation"]
        change = [f"--update={text}"] if text else ["--delete"]
        assert self.run(*attribute, *change).rc == 0

    def signal(self, name: str, daemon: str) -> None:
        self.run("pkill", f"-{name}", "-x", daemon[:15])

    def refused(self, **other: str) -> str:
        """A start that gives up at the gate, before Pacemaker's timeout; why."""
        answer = self.do("start", **other)
        assert answer.rc == GENERIC, answer
        assert self.do("monitor").rc == NOT_RUNNING
        return answer.stderr[answer.stderr.rindex("ocf-exit-reason:") :]


@pytest.fixture(name="resource")
def _resource(installed_node: OneNode, tmp_path: Path) -> Iterator[Resource]:
    made = Resource(installed_node, tmp_path)
    parameters = made.parameters
    yield made
    made.parameters = parameters
    made.flag("")
    made.record("")
    made.do("stop")


class TestGate:
    @pytest.mark.parametrize("value", ["", "no"])
    def test_nothing_and_no_open(self, resource: Resource, value: str) -> None:
        resource.flag(value)
        for action in ("start", "start", "monitor"):
            assert resource.do(action).rc == RUNNING
        for action in ("stop", "stop"):
            assert resource.do(action).rc == 0
        assert resource.do("monitor").rc == NOT_RUNNING

    def test_the_boot_in_which_it_serves_is_noted_once(self, resource: Resource) -> None:
        query = [
            "crm_attribute",
            "--lifetime=forever",
            f"--node={NODE}",
            "--name=evacuation-served",
        ]
        noted = []
        for _ in range(2):
            assert resource.do("start").rc == RUNNING
            noted.append(resource.run(*query, "--query", "--quiet").stdout.strip())
            assert resource.do("stop").rc == 0
        [served] = boots.parse_served(noted[0])
        assert served.boot == probe.boot_id()
        assert served.at < served.since <= time.time()
        assert noted == [noted[0], noted[0]]

    def test_a_flag_closes(self, resource: Resource) -> None:
        resource.flag("yes")
        reason = resource.refused()
        assert "compute-1 is flagged and its evacuation has not begun" in reason
        assert "location rule" in reason

    def test_a_claim_closes(self, resource: Resource) -> None:
        resource.flag("ctl3@1700000000")
        assert "ctl3 evacuates compute-1" in resource.refused()

    def test_the_record_in_the_cib_closes_alone(self, resource: Resource) -> None:
        resource.record(RECORD)
        assert "compute-1 is flagged" in resource.refused()

    def test_it_closes_by_the_node_whatever_the_host_is_called(self, resource: Resource) -> None:
        resource.record(RECORD)
        assert "is flagged" in resource.refused(nova_host="another-name")

    def test_a_frozen_attrd_is_not_an_open_gate(self, resource: Resource) -> None:
        resource.signal("STOP", "pacemaker-attrd")
        try:
            reason = resource.refused()
        finally:
            resource.signal("CONT", "pacemaker-attrd")
        assert "whether compute-1 is flagged cannot be read" in reason

    def test_neither_is_a_dead_one(self, resource: Resource) -> None:
        resource.signal("STOP", "pacemakerd")  # it would start another one at once
        resource.signal("KILL", "pacemaker-attrd")
        try:
            reason = resource.refused()
        finally:
            resource.signal("CONT", "pacemakerd")
        assert "whether compute-1 is flagged cannot be read" in reason
        deadline = time.monotonic() + 20
        while resource.do("start").rc != RUNNING:
            assert time.monotonic() < deadline, "attrd did not come back"

    def test_it_opens_for_a_start_that_waits(self, resource: Resource) -> None:
        resource.flag("yes")
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(resource.do, "start")
            time.sleep(1.5)
            assert not waiting.done()
            resource.flag("no")
            answer = waiting.result()
        assert answer.rc == RUNNING, answer
        assert "waiting at the gate: compute-1 is flagged" in answer.stderr
        assert resource.do("monitor").rc == RUNNING


class TestBehindOurBack:
    def test_a_start_stops_it_first(self, resource: Resource) -> None:
        resource.flag("yes")
        resource.start_behind_our_back()
        answer = resource.do("start")
        assert answer.rc == GENERIC
        assert (
            "nova-compute runs, and Pacemaker has not started it: it is stopped" in answer.stderr
        )
        assert resource.do("monitor").rc == NOT_RUNNING

    def test_so_does_one_that_waits_already(self, resource: Resource) -> None:
        resource.flag("yes")
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(resource.do, "start")
            time.sleep(1.5)
            resource.start_behind_our_back()
            assert waiting.result().rc == GENERIC
        assert resource.do("monitor").rc == NOT_RUNNING

    def test_a_probe_of_a_flagged_host_fails_and_says_what_to_do(self, resource: Resource) -> None:
        resource.flag("yes")
        resource.start_behind_our_back()
        answer = resource.probe()
        assert answer.rc == GENERIC
        assert "something else than Pacemaker started it; systemctl disable" in answer.stderr

    def test_a_probe_that_cannot_tell_leaves_it_running(self, resource: Resource) -> None:
        resource.start_behind_our_back()
        resource.signal("STOP", "pacemaker-attrd")
        try:
            answer = resource.probe()
        finally:
            resource.signal("CONT", "pacemaker-attrd")
        assert answer.rc == DEGRADED
        assert "ocf-exit-reason:whether compute-1 is flagged cannot be read" in answer.stderr
        assert resource.do("monitor").rc == RUNNING

    def test_a_probe_of_any_other_host_is_content(self, resource: Resource) -> None:
        resource.start_behind_our_back()
        answer = resource.probe()
        assert (answer.rc, answer.stderr) == (RUNNING, "")

    def test_a_broken_nova_conf_does_not_make_it_not_installed(
        self, resource: Resource, tmp_path: Path
    ) -> None:
        (tmp_path / "nova.conf").write_text("[DEFAULT\n")
        resource.start_behind_our_back()
        answer = resource.probe(nova_host="", nova_conf=str(tmp_path / "nova.conf"))
        assert answer.rc == DEGRADED
        assert "nova.conf cannot be read" in answer.stderr


SYSTEMCTL = """#!/bin/sh
cd "$(dirname "$0")" || exit
echo "$*" >>calls
case $1 in
is-active) grep -qsx active state || exit 3 ;;
show)
    case $* in
    *=Id,*) [ ! -e shown ] || cat shown ;;
    *=MainPID*) if grep -qsx active state; then echo 4711; else echo 0; fi ;;
    *) echo loaded ;;
    esac ;;
start) echo active >state ;;
stop) echo inactive >state ;;
esac
"""


class Systemd:
    """A unit that the node's systemd starts at boot; systemctl is ours, in a folder of its own."""

    ENABLED = "/etc/systemd/system/multi-user.target.wants"

    def __init__(self, resource: Resource, folder: Path) -> None:
        self.calls = folder / "calls"
        self.shown = folder / "shown"
        """What systemd says of its units, if it is asked for that."""
        self._program = folder / "systemctl"
        self._program.write_text(SYSTEMCTL.replace('$(dirname "$0")', str(folder)))
        self._program.chmod(0o755)
        self._do = resource.run

    def mount(self) -> None:
        """Only in the node's own mount namespace."""
        assert self._do("mount", "--bind", str(self._program), "/usr/bin/systemctl").rc == 0
        assert self._do("mount", "-t", "tmpfs", "tmpfs", "/etc/systemd/system").rc == 0
        self._do("mkdir", "-p", self.ENABLED)
        self._do("ln", "-s", "/gone", f"{self.ENABLED}/nova-compute.service")

    def unmount(self) -> None:
        for place in ("/usr/bin/systemctl", "/etc/systemd/system"):
            assert self._do("umount", place).rc == 0

    def disable(self) -> None:
        self._do("rm", f"{self.ENABLED}/nova-compute.service")


class TestEnabledUnit:
    """systemd would start it at boot, past the gate. A probe may come before that."""

    @pytest.fixture(name="systemd")
    def _systemd(self, resource: Resource, tmp_path: Path) -> Iterator[Systemd]:
        resource.parameters = {"nova_host": "compute-1"}
        systemd = Systemd(resource, tmp_path)
        systemd.mount()
        yield systemd
        systemd.unmount()

    def test_it_is_told_before_it_does_harm(self, resource: Resource, systemd: Systemd) -> None:
        assert resource.do("start").rc == RUNNING
        answer = resource.do("monitor")
        assert answer.rc == DEGRADED
        assert "systemctl disable nova-compute.service" in answer.stderr
        systemd.disable()
        assert resource.do("monitor").rc == RUNNING

    def test_so_is_what_starts_guests_unless_the_gate_is_before_libvirt(
        self, resource: Resource, systemd: Systemd
    ) -> None:
        assert resource.do("start").rc == RUNNING
        systemd.disable()
        resource.run("ln", "-s", "/gone", f"{systemd.ENABLED}/libvirt-guests.service")
        resource.do("monitor")  # says 0 once where another reason was shown before
        answer = resource.do("monitor")
        assert answer.rc == DEGRADED
        assert "systemctl disable libvirt-guests" in answer.stderr
        gate = "/etc/systemd/system/libvirtd.service.d/vmha-gate.conf"
        assert resource.run("install", "-D", "/dev/null", gate).rc == 0
        assert resource.do("monitor").rc == RUNNING

    def test_a_start_is_refused_until_it_is_disabled(
        self, resource: Resource, systemd: Systemd
    ) -> None:
        unit = "Id=nova-compute.service\nLoadState=loaded\nActiveState=inactive\n"
        systemd.shown.write_text(f"{unit}UnitFileState=enabled\nWantedBy=multi-user.target\n")
        for action, level, code in (("start", "0", GENERIC), ("validate-all", "10", ARGUMENTS)):
            answer = resource.do(action, level=level)
            assert answer.rc == code
            assert "nova-compute.service starts nova-compute when this host boots" in answer.stderr
            assert "systemctl disable nova-compute.service" in answer.stderr
        assert "start -- " not in systemd.calls.read_text()
        noted = ["--lifetime=forever", f"--node={NODE}", "--name=evacuation-starters", "--query"]
        assert "enabled;nova-compute.service;" in resource.run("crm_attribute", *noted).stdout
        systemd.shown.write_text(f"{unit}UnitFileState=disabled\nWantedBy=\n")
        assert resource.do("start").rc == RUNNING
        assert "value=none" in resource.run("crm_attribute", *noted).stdout

    def test_one_that_runs_already_is_left_alone_and_told(
        self, resource: Resource, systemd: Systemd
    ) -> None:
        """Restart= of a unit that NovaCompute was not told of brings back what it stops."""
        commands = {
            "start_command": "docker start nova_compute",
            "stop_command": "true",
            "status_command": "true",
        }
        systemd.shown.write_text(
            "Id=kolla-nova_compute-container.service\nLoadState=loaded\nActiveState=active\n"
            "Restart=always\nExecStart={ path=/usr/bin/docker ; argv[]=/usr/bin/docker start -a "
            "nova_compute ; ignore_errors=no }\n"
        )
        answer = resource.probe(**commands)
        assert answer.rc == DEGRADED
        assert "give NovaCompute unit=kolla-nova_compute-container.service" in answer.stderr

    def test_a_probe_of_a_flagged_host_has_the_queued_start_cancelled(
        self, resource: Resource, systemd: Systemd
    ) -> None:
        resource.flag("yes")
        answer = resource.probe()
        assert answer.rc == GENERIC
        assert "nova-compute.service is enabled" in answer.stderr
        assert resource.do("stop").rc == 0
        assert "stop -- nova-compute.service" in systemd.calls.read_text()

    def test_so_has_one_that_cannot_tell(self, resource: Resource, systemd: Systemd) -> None:
        assert resource.do("stop").rc == 0
        resource.signal("STOP", "pacemaker-attrd")
        try:
            answer = resource.probe()
        finally:
            resource.signal("CONT", "pacemaker-attrd")
        assert answer.rc == GENERIC
        assert "cannot be read" in answer.stderr

    def test_a_probe_of_any_other_host_is_not_running(
        self, resource: Resource, systemd: Systemd
    ) -> None:
        assert resource.probe().rc == NOT_RUNNING
        resource.flag("yes")
        systemd.disable()
        assert resource.probe().rc == NOT_RUNNING


class TestProbeWithoutNova:
    """7 or 5: 6 would ban the resource on all nodes, 1 would have it stopped where it never was."""

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"unit": "nova-kvm.service"},
            {"unit": "--nonsense"},
            {"status_command": "/no/such/podman ps"},
            {"status_command": "sh -c 'open"},
            {"status_command": "''"},
            {"start_command": "one of three"},
            {"nova_conf": "/no/such/nova.conf"},
            {"nova_conf": "relative", "nova_host": "two words"},
        ],
    )
    def test_it_is_not_here(self, resource: Resource, parameters: dict[str, str]) -> None:
        answer = resource.bare("monitor", **parameters)
        assert answer.rc in (NOT_RUNNING, INSTALLED), answer

    def test_a_status_command_that_says_no_is_not_running(self, resource: Resource) -> None:
        assert resource.bare("monitor", status_command="false").rc == NOT_RUNNING


class TestStop:
    """A stop that fails gets a healthy host fenced, with all its guests."""

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"unit": "--nonsense"},
            {"start_command": "only this"},
            {"stop_command": "sh -c 'open"},
            {"stop_command": "/no/such/podman stop", "status_command": "true"},
            {"status_command": "sh -c 'open", "stop_command": "false"},
            {"nova_conf": "/no/such/nova.conf"},
        ],
    )
    def test_broken_configuration_is_no_failure(
        self, resource: Resource, parameters: dict[str, str]
    ) -> None:
        assert failed_stops({str(parameters): resource.bare("stop", **parameters).rc}) == []

    def test_what_is_left_of_the_configuration_is_used(self, resource: Resource) -> None:
        resource.do("start")
        assert resource.do("stop", start_command="", status_command="", nova_host="a b").rc == 0
        assert resource.do("monitor").rc == NOT_RUNNING

    def test_it_needs_no_attrd(self, resource: Resource) -> None:
        resource.do("start")
        resource.signal("STOP", "pacemaker-attrd")
        try:
            assert resource.do("stop").rc == 0
            assert resource.do("monitor").rc == NOT_RUNNING
        finally:
            resource.signal("CONT", "pacemaker-attrd")

    @pytest.mark.parametrize("command", ["sleep 600", "true", "false"])
    def test_a_process_that_does_not_end_is_told_in_time(
        self, resource: Resource, command: str
    ) -> None:
        resource.do("start")
        answer = resource.do("stop", stop_command=command)
        assert answer.rc == 0
        assert "is taken for stopped, although it may not be" in answer.stderr

    def test_a_status_that_hangs_does_not_keep_it_from_stopping(self, resource: Resource) -> None:
        resource.do("start")
        assert resource.do("stop", status_command="sleep 600").rc == 0
        assert resource.do("monitor").rc == NOT_RUNNING


class TestMonitor:
    def test_a_killed_nova_compute_is_not_running(self, resource: Resource) -> None:
        resource.do("start")
        resource.run("kill", "-KILL", resource.pid.read_text().strip())
        assert resource.do("monitor").rc == NOT_RUNNING

    def test_a_status_that_hangs_is_neither_running_nor_not(self, resource: Resource) -> None:
        answer = resource.do("monitor", status_command="sleep 600")
        assert answer.rc == GENERIC
        assert "status_command did not end in 5 s" in answer.stderr

    def test_a_start_that_starts_nothing_fails(self, resource: Resource) -> None:
        answer = resource.do("start", start_command="true")
        assert answer.rc == GENERIC
        assert "status_command does not see nova-compute running" in answer.stderr


class TestValidation:
    def test_the_commands_go_together(self, resource: Resource) -> None:
        for name in ("start_command", "stop_command", "status_command"):
            answer = resource.do("validate-all", **{name: ""})
            assert answer.rc == CONFIGURED
            assert f"{name} is missing" in answer.stderr

    @pytest.mark.parametrize(
        ("parameters", "told"),
        [
            ({"status_command": "sh -c 'open"}, "every quote closed"),
            ({"unit": "--now"}, "the name of a unit"),
            ({"nova_host": "two words"}, "one word"),
            ({"nova_conf": "nova.conf"}, "an absolute path"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, resource: Resource, parameters: dict[str, str], told: str
    ) -> None:
        for action in ("validate-all", "start"):
            answer = resource.do(action, **parameters)
            assert answer.rc == CONFIGURED
            assert told in answer.stderr

    def test_only_the_deep_one_looks_at_the_node(self, resource: Resource, tmp_path: Path) -> None:
        (tmp_path / "nova.conf").write_text("[DEFAULT\n")
        broken = {"nova_host": "", "nova_conf": str(tmp_path / "nova.conf")}
        absent = {"nova_host": "", "nova_conf": "/no/such/nova.conf"}
        missing = {"start_command": "/no/such/podman start nova_compute"}
        for parameters, code in ((broken, ARGUMENTS), (absent, ARGUMENTS), (missing, INSTALLED)):
            assert resource.do("validate-all", **parameters).rc == 0
            assert resource.do("validate-all", level="10", **parameters).rc == code
        assert resource.do("validate-all", level="10").rc == 0

    def test_parameters_of_the_older_agent_are_accepted(self, resource: Resource) -> None:
        older = {"auth_url": "http://x", "password": "p", "insecure": "0", "domain": "d"}
        assert resource.do("validate-all", **older).rc == 0


class TestUnderPacemaker:
    @pytest.fixture(name="configured")
    def _configured(self, resource: Resource) -> Iterator[Resource]:
        resource.run("crm_attribute", "--name=stonith-enabled", "--update=false")
        yield resource
        delete = ["cibadmin", "--delete", "--xpath=//primitive[@id='nova-compute']"]
        resource.run(*delete)
        resource.run("crm_resource", "--wait", "--timeout=30")
        resource.run("crm_attribute", "--name=stonith-enabled", "--update=true")

    def test_what_runs_behind_its_back_on_a_flagged_host_is_stopped_and_gated(
        self, configured: Resource
    ) -> None:
        configured.flag("ctl3@1700000000")
        configured.start_behind_our_back()
        self._create(configured)
        self._await(configured, "something else than Pacemaker started it")
        deadline = time.monotonic() + 20
        while configured.do("monitor").rc == RUNNING:
            assert time.monotonic() < deadline, "it was not stopped"
            time.sleep(0.2)
        configured.flag("no")
        self._await(configured, "ocf:openstack:NovaCompute):\t Started ctl1")
        assert configured.do("monitor").rc == RUNNING

    def _create(self, resource: Resource) -> None:
        values = "".join(
            f'<nvpair id="n-{name}" name="{name}" value={quoteattr(text)}/>'
            for name, text in resource.parameters.items()
        )
        xml = (
            '<primitive id="nova-compute" class="ocf" provider="openstack" type="NovaCompute">'
            f'<instance_attributes id="n">{values}</instance_attributes><operations>'
            '<op id="n-start" name="start" interval="0" timeout="30s"/></operations></primitive>'
        )
        made = resource.run("cibadmin", "--create", "-o", "resources", f"--xml-text={xml}")
        assert made.rc == 0, made

    def _await(self, resource: Resource, words: str) -> None:
        deadline = time.monotonic() + 60
        while words not in (said := resource.run("crm_mon", "-1", "--inactive").stdout):
            assert time.monotonic() < deadline, said
            time.sleep(0.3)
