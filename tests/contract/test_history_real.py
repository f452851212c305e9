"""The history in a real CIB, and a real worker that keeps it while its listeners misbehave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.contract.one_node import OneNode, missing
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.process.command import Result
from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.incidents.ailments import MOST as MOST_AILMENTS
from vmha_ocf.incidents.history import MOST
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.incidents.store import PROPERTIES, HistoryStore
from vmha_ocf.model import Epoch, InstanceId, NovaHost, Patient, Step, Turn

pytestmark = pytest.mark.real

INCIDENT = Incident(
    NovaHost("compute-1.example.com"),
    Epoch(1763695800.25),
    {Step.FENCED: Epoch(1763695800.25), Step.CLAIMED: Epoch(1763695801.5)},
    proof="BMC 192.0.2.7 answered \"off\" <&> 'é' = 100 %",
    given_up={InstanceId("one"): GivenUp("web <1>", "Nova does not evacuate it; while 'resized'")},
)


def _ailment(at: int) -> Ailment:
    since, why = Epoch(1763695800.0 + at), "'<&>' é ;=%," * 30
    patient = Patient(
        NovaHost("compute-1.example.com"), "é" * 60, InstanceId(f"{at:036}"), "p" * 32
    )
    turns = dict.fromkeys(Turn, Epoch(since + 0.125))
    return Ailment(patient, "unmanageable", since, since, turns, 3, why, why[:190])


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    assert not missing(), missing()
    started = OneNode.start(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()


class TestTheCib:
    def test_a_cluster_that_never_failed_has_none(self, node: OneNode) -> None:
        assert HistoryStore(Cib(node.run)).read() == {}

    def test_what_is_written_is_read(self, node: OneNode) -> None:
        store = HistoryStore(Cib(node.run))
        for place in (0, MOST - 1):
            store.write(place, INCIDENT)
        read = store.read()
        assert set(read) == {0, MOST - 1}
        assert read[0].given_up == INCIDENT.given_up
        assert read[0].proof == INCIDENT.proof
        assert read[0].milestones == INCIDENT.milestones

    def test_a_place_is_taken_over_not_added(self, node: OneNode) -> None:
        store = HistoryStore(Cib(node.run))
        store.write(0, INCIDENT)
        store.write(0, Incident(NovaHost("compute-2"), Epoch(5.0)))
        assert store.read()[0].host == "compute-2"
        assert len(Cib(node.run).properties(PROPERTIES)) <= 2

    def test_the_most_ailments_that_are_kept_are_one_property(self, node: OneNode) -> None:
        """Of the longest kind, written by one command."""
        store = HistoryStore(Cib(node.run))
        most = [_ailment(at) for at in range(MOST_AILMENTS[What.INSTANCE])]
        store.write_ailments(What.INSTANCE, {What.INSTANCE: most})
        store.write(0, INCIDENT)
        read = store.read_ailments()
        kept = list(read[What.INSTANCE])
        assert len(kept) > 20
        assert kept == most[-len(kept) :]
        assert read[What.PROCESS] == []
        assert 0 in store.read()

    def test_pacemaker_takes_no_offence(self, node: OneNode) -> None:
        HistoryStore(Cib(node.run)).write(0, INCIDENT)
        checked = node.run(["crm_verify", "--live-check", "-V"], timeout=20)
        assert "vmha" not in checked.stdout + checked.stderr
        own = node.run(
            ["crm_attribute", "-t", "crm_config", "-n", "stonith-enabled", "-G", "-q"], timeout=20
        )
        assert own.stdout.strip() == "true"


_ASK = "import urllib.request as u; print(u.urlopen('{url}', timeout=5).read().decode())"
_STUCK = (
    "import socket, time; stuck = []\n"
    "while True:\n"
    "    stuck.append(socket.create_connection(('127.0.0.1', 9179)))\n"
    "    stuck[-1].sendall(b'GET /metrics HTTP/1.0')\n"
    "    time.sleep(1)\n"
)
"""A scraper that comes every second, and neither ends its request nor reads."""


class Worker:
    """NovaEvacuate with nobody at Keystone's address, its log on a tmpfs of its own."""

    LOG = "/run/vmha-log"

    def __init__(self, node: OneNode) -> None:
        self._node = node
        self.parameters = {
            "auth_url": "http://127.0.0.1:5999/v3",
            "username": "vmha",
            "password": "secret",
            "project_name": "service",
            "request_timeout": "2",
            "log_file": f"{self.LOG}/evacuate.log",
            "listen": "127.0.0.1:9179",
            "notify_url": "http://127.0.0.1:9999/kept-to-ourselves",
        }
        made = f"mkdir -p /run/resource-agents {self.LOG} && mount -t tmpfs -o size=64k tmpfs {self.LOG}"
        assert self.run(["sh", "-c", made]).rc == 0

    def run(self, argv: list[str], env: Mapping[str, str] | None = None) -> Result:
        return self._node.run(argv, timeout=40, env=env)

    def do(self, action: str) -> Result:
        environment = {
            "PYTHONPATH": str(REPOSITORY / "lib"),
            "OCF_RESOURCE_INSTANCE": "nova-evacuate",
            "HA_RSCTMP": "/run/resource-agents",
            "OCF_RESKEY_CRM_meta_interval": "10000",
            "OCF_RESKEY_CRM_meta_timeout": "30000",
            **{f"OCF_RESKEY_{name}": value for name, value in self.parameters.items()},
        }
        return self.run([str(REPOSITORY / "ocf" / "NovaEvacuate"), action], environment)

    def ask(self, path: str) -> str:
        program = _ASK.format(url=f"http://127.0.0.1:9179{path}")
        return self.run(["/usr/bin/python3", "-c", program]).stdout

    def incident_until(self, what: str) -> str:
        def told() -> str:
            answer = self.ask("/v1/incidents")
            return answer if what in answer else ""

        return until(told)


def until(what: Callable[[], str]) -> str:
    deadline = time.monotonic() + 40
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


@pytest.fixture(name="worker")
def _worker(node: OneNode) -> Iterator[Worker]:
    made = Worker(node)
    with node.with_evacuator():
        yield made
        made.do("stop")


def test_a_full_disk_a_dead_webhook_and_a_stuck_scraper_harm_no_worker(worker: Worker) -> None:
    """The log's disk is full before it begins; the flag is seen, the incident kept and told."""
    fill = f"dd if=/dev/zero of={Worker.LOG}/fill bs=1k count=1000 2>/dev/null; df {Worker.LOG}"
    assert "100%" in worker.run(["sh", "-c", fill]).stdout
    assert worker.do("start").rc == 0
    worker.run(["sh", "-c", f'setsid /usr/bin/python3 -c "{_STUCK}" >/dev/null 2>&1 &'])
    record = "host=compute-1 at=1763695800.250 by=ctl1 proof=BMC 192.0.2.7 answered off"
    worker.run(
        ["crm_attribute", "-N", "compute-1", "-l", "forever", "-n", "evacuation", "-v", record]
    )
    worker.run(["attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-1", "-U", "yes"])
    # Nova does not answer, so nobody knows whether the host lives again, and it is not claimed.
    told = worker.incident_until("compute-1@1763695800")
    assert '"host": "compute-1"' in told
    metrics = until(lambda: worker.ask("/metrics"))
    assert 'vmha_worker_info{controller="ctl1"}' in metrics
    kept = worker.run(["cibadmin", "-Q", "--xpath", f"//cluster_property_set[@id='{PROPERTIES}']"])
    assert "host=compute-1" in kept.stdout
    assert worker.do("monitor").rc in (0, 190)
    shown = worker.run(
        ["sh", "-c", "cat /proc/[0-9]*/cmdline /run/resource-agents/*.err; true"]
    ).stdout
    assert "vmha_ocf.worker" in shown
    assert "kept-to-ourselves" not in shown
    assert worker.do("stop").rc == 0


def test_the_next_worker_goes_on_with_the_incident_of_the_last(worker: Worker) -> None:
    worker.do("start")
    before = worker.incident_until("compute-1@1763695800")
    worker.run(["pkill", "-KILL", "-f", "vmha_ocf.worker"])
    worker.do("start")
    after = worker.incident_until("compute-1@1763695800")
    assert (
        after.count('"id": "compute-1@1763695800"')
        == before.count('"id": "compute-1@1763695800"')
        == 1
    )
