"""NovaEvacuate as a program on a real Pacemaker node, with nobody at Keystone's address."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.one_node import OneNode, missing
from tests.lab.layout import REPOSITORY
from tests.process_promises import failed_stops, shown_secrets
from vmha_ocf.backends.process.command import Result

pytestmark = pytest.mark.real
PASSWORD = "kept-to-ourselves"
LOGIN = {
    "auth_url": "http://127.0.0.1:5999/v3",
    "username": "vmha",
    "password": PASSWORD,
    "project_name": "service",
    "request_timeout": "2",
}
RUNNING, DEGRADED, NOT_RUNNING, CONFIGURED, ARGUMENTS = 0, 190, 7, 6, 2


class Resource:
    """One NovaEvacuate resource, run as Pacemaker's executor does."""

    def __init__(self, node: OneNode) -> None:
        self._node = node
        self.run(["mkdir", "-p", "/run/resource-agents"])

    def run(self, argv: list[str], env: Mapping[str, str] | None = None) -> Result:
        return self._node.run(argv, timeout=40, env=env)

    def do(self, action: str, interval: str = "10000", **parameters: str) -> Result:
        environment = {
            "PYTHONPATH": str(REPOSITORY / "lib"),
            "OCF_RESOURCE_INSTANCE": "nova-evacuate",
            "HA_RSCTMP": "/run/resource-agents",
            "OCF_RESKEY_CRM_meta_interval": interval,
            "OCF_RESKEY_CRM_meta_timeout": "30000",
            **{f"OCF_RESKEY_{name}": value for name, value in parameters.items()},
        }
        return self.run([str(REPOSITORY / "ocf" / "NovaEvacuate"), action], environment)

    def monitor_until(self, wanted: int, **parameters: str) -> Result:
        deadline = time.monotonic() + 20
        while (answer := self.do("monitor", **parameters)).rc != wanted:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
        return answer


@pytest.fixture(name="resource")
def _resource(node: OneNode) -> Iterator[Resource]:
    made = Resource(node)
    yield made
    made.do("stop")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    assert not missing(), missing()
    started = OneNode.start(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()


def test_one_that_pacemaker_has_not_started_says_so_and_does_nothing(resource: Resource) -> None:
    """As debug-start leaves it."""
    assert resource.do("start", **LOGIN).rc == RUNNING
    answer = resource.monitor_until(DEGRADED, **LOGIN)
    assert "Pacemaker does not say yet that NovaEvacuate runs on ctl1" in answer.stderr


def test_it_starts_and_runs_while_keystone_is_down_and_says_so(
    resource: Resource, node: OneNode
) -> None:
    with node.with_evacuator():
        assert resource.do("start", **LOGIN).rc == RUNNING
        answer = resource.monitor_until(DEGRADED, **LOGIN)
        assert "ocf-exit-reason:Keystone at http://127.0.0.1:5999/v3" in answer.stderr


def test_start_and_stop_can_be_repeated(resource: Resource) -> None:
    for action in ("start", "start", "stop", "stop"):
        assert resource.do(action, **LOGIN).rc == 0
    assert resource.do("monitor", **LOGIN).rc == NOT_RUNNING


def test_a_killed_worker_is_not_running(resource: Resource) -> None:
    resource.do("start", **LOGIN)
    resource.run(["pkill", "-KILL", "-f", "vmha_ocf.worker"])
    resource.monitor_until(NOT_RUNNING, **LOGIN)


def test_a_worker_that_is_killed_while_it_starts_is_started_again(resource: Resource) -> None:
    """A start that fails bans the resource from its node; after one on each controller nobody is left."""
    early = "until pkill -KILL -f '[v]mha_ocf.worker'; do sleep 0.02; done"
    with ThreadPoolExecutor(1) as pool:
        killer = pool.submit(resource.run, ["sh", "-c", early])
        assert resource.do("start", **LOGIN).rc == RUNNING
        assert killer.result().rc == 0
    assert resource.do("monitor", **LOGIN).rc in (RUNNING, DEGRADED)


def test_a_frozen_worker_is_stopped_all_the_same(resource: Resource) -> None:
    resource.do("start", **LOGIN)
    resource.run(["pkill", "-STOP", "-f", "vmha_ocf.worker"])
    assert resource.do("stop", **LOGIN).rc == 0
    assert resource.do("monitor", **LOGIN).rc == NOT_RUNNING


def test_stop_needs_no_configuration(resource: Resource) -> None:
    resource.do("start", **LOGIN)
    answer = resource.do("stop", auth_url="nonsense", storm_limit="many")
    assert failed_stops({"a broken configuration": answer.rc}) == []
    assert resource.do("monitor").rc == NOT_RUNNING


def test_a_probe_of_a_node_without_it_is_not_running(resource: Resource) -> None:
    assert resource.do("monitor", interval="0").rc == NOT_RUNNING


@pytest.mark.parametrize(
    ("parameters", "code", "told"),
    [
        ({}, CONFIGURED, "auth_url"),
        ({**LOGIN, "storm_limit": "many"}, CONFIGURED, "storm_limit"),
        ({**LOGIN, "auth_url": "keystone"}, CONFIGURED, "auth_url"),
        ({**LOGIN, "untagged": "some"}, CONFIGURED, "untagged"),
        ({**LOGIN, "ca_file": "/no/such/file"}, ARGUMENTS, "ca_file"),
        ({"cloud": "vmha", "clouds_file": "/no/such/file"}, ARGUMENTS, "clouds_file"),
    ],
)
def test_what_is_wrong_is_said_at_the_start(
    resource: Resource, parameters: dict[str, str], code: int, told: str
) -> None:
    for action in ("validate-all", "start"):
        answer = resource.do(action, **parameters)
        assert answer.rc == code, answer
        assert told in answer.stderr
        assert PASSWORD not in answer.stderr


def test_no_process_shows_the_password(resource: Resource) -> None:
    resource.do("start", **LOGIN)
    resource.monitor_until(DEGRADED, **LOGIN)
    seen = resource.run(["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; true"])
    assert "vmha_ocf.worker" in seen.stdout
    files = resource.run(["sh", "-c", "cat /run/resource-agents/NovaEvacuate-*.err; true"])
    shown = {"/proc": seen.stdout, "the worker's last words": files.stdout}
    assert shown_secrets(PASSWORD, shown) == []


def test_nobody_else_can_open_what_it_writes(resource: Resource) -> None:
    """Under any umask, and the log also after it was rotated. Alerts run in the group of the FIFO."""
    parameters = {**LOGIN, "log_file": "/run/vmha-log/evacuate.log"}
    environment = {f"OCF_RESKEY_{name}": value for name, value in parameters.items()}
    agent = str(REPOSITORY / "ocf" / "NovaEvacuate")
    started = ["sh", "-c", f"umask 0; exec {agent} start"]
    library = {"PYTHONPATH": str(REPOSITORY / "lib")}
    assert resource.run(started, {**environment, **library}).rc == RUNNING
    resource.run(["mv", "/run/vmha-log/evacuate.log", "/run/vmha-log/evacuate.log.1"])
    assert resource.run([agent, "stop"], {**environment, **library, "HA_RSCTMP": ""}).rc == 0
    shown = resource.run(
        ["sh", "-c", "cd /run; stat -c '%a %n' vmha-log/*; stat -c '%a %n' resource-agents/*"]
    )
    lines = (line.partition(" ") for line in shown.stdout.splitlines())
    modes = {name: mode for mode, _, name in lines}
    assert {modes[f"vmha-log/evacuate.log{end}"] for end in ("", ".1")} == {"600"}
    assert modes["resource-agents/NovaEvacuate-NovaEvacuate.lock"] == "600"
    assert modes["resource-agents/NovaEvacuate-NovaEvacuate.err"] == "600"


def test_an_alert_ends_the_workers_pause(resource: Resource) -> None:
    resource.do("start", **LOGIN)
    fifo = "/run/resource-agents/NovaEvacuate-nova-evacuate.wake"
    assert resource.run(["test", "-p", fifo]).rc == 0
    environment = {"CRM_alert_kind": "fencing", "CRM_alert_node": "compute-1"}
    script = str(REPOSITORY / "pcs-examples" / "alert-wake")
    assert resource.run([script], environment).rc == 0
    as_pacemaker = ["setpriv", "--reuid=hacluster", "--regid=haclient", "--clear-groups", script]
    assert resource.run(as_pacemaker, environment).rc == 0
    assert resource.run(["test", "-p", fifo]).rc == 0


def test_the_alert_harms_nobody_where_no_worker_is(resource: Resource) -> None:
    environment = {"CRM_alert_kind": "fencing", "CRM_alert_node": "compute-1"}
    answer = resource.run([str(REPOSITORY / "pcs-examples" / "alert-wake")], environment)
    assert answer.rc == 0
