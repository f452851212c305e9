"""Masakari's own API and engine, on the lab's cloud; its notification is sent once the host is fenced.

Its monitor of hosts would send it later (it looks each 60 s as it is shipped), so this is its best time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.compare.engines import Engine
from tests.lab.cloud import processes
from tests.lab.cloud.config import PASSWORD
from tests.lab.cloud.rest import Answer, call, listens
from tests.lab.cloud.services import environment
from tests.lab.cloud.site import CACHE, PORTS, SERVICE_DOWN_TIME, Site
from tests.lab.cloud.venv import ensure_venv
from tests.lab.errors import LabError
from tests.lab.stage import Stage, Tell, configure

VENV = CACHE / "masakari-venv"
PINS = Path(__file__).with_suffix(".txt")
PORT = 15868
SEGMENT = "compare"


@dataclass(frozen=True)
class Service:
    """One of its two programs, in the network of the cloud."""

    site: Site
    name: str

    @property
    def record(self) -> Path:
        return self.site.home / "run" / f"masakari-{self.name}.json"

    def start(self, etc: Path) -> None:
        inside: list[str | Path] = (
            ["nsenter", f"--net=/run/netns/{self.site.netns}"] if self.site.netns else []
        )
        program = VENV / "bin" / f"masakari-{self.name}"
        command = [
            *inside,
            VENV / "bin" / "python",
            program,
            "--config-file",
            etc / "masakari.conf",
        ]
        log = self.site.logs / f"masakari-{self.name}.log"
        processes.start(self.record, command, log=log, env=environment(self.site))

    def kill(self) -> None:
        if process := processes.read_process(self.record):
            processes.end(process, patience=0)


class Masakari(Engine):
    def __init__(self, name: str, told: str, waits: float) -> None:
        self.name, self.told, self._waits = name, told, waits

    def configure(self, stage: Stage, tell: Tell) -> None:
        ensure_venv(VENV, PINS)
        configure(stage, tell)
        stage.cluster.pcs("resource", "disable", "nova-evacuate", "--wait=30")
        site = stage.cloud.site
        etc = site.home / "masakari"
        etc.mkdir()
        (etc / "masakari.conf").write_text(_configuration(site, etc, self._waits))
        manage = [VENV / "bin" / "python", VENV / "bin" / "masakari-manage"]
        _run([*manage, "--config-file", etc / "masakari.conf", "db", "sync"], site)
        for name in ("api", "engine"):
            Service(site, name).start(etc)
        if not processes.wait_for(lambda: listens(site.address, PORT, site.netns), 90):
            raise LabError("Masakari's API does not listen", f"see {site.logs}/masakari-api.log")
        self._segment(site, stage.hosts)
        tell("Masakari's API and engine run")

    def fenced(self, stage: Stage, host: str, uuids: Sequence[str]) -> None:
        event = {"event": "STOPPED", "host_status": "NORMAL", "cluster_status": "OFFLINE"}
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        notification = {
            "type": "COMPUTE_HOST", "hostname": host, "generated_time": now, "payload": event,
        }  # fmt: skip
        asked = _ask(stage.cloud.site, "POST", "/notifications", {"notification": notification})
        asked.expect(202)

    def interrupt(self, stage: Stage, host: str) -> None:
        """Its engine is killed and started again, as its unit would; what it does then is its own."""
        engine = Service(stage.cloud.site, "engine")
        engine.kill()
        time.sleep(1.0)
        engine.start(stage.cloud.site.home / "masakari")

    def _segment(self, site: Site, hosts: Sequence[str]) -> None:
        wanted = {"name": SEGMENT, "recovery_method": "auto", "service_type": "COMPUTE"}
        made = _ask(site, "POST", "/segments", {"segment": wanted}).expect(201)
        for host in hosts:
            path = f"/segments/{made['segment']['uuid']}/hosts"
            body = {"name": host, "type": "COMPUTE", "control_attributes": "SSH"}
            _ask(site, "POST", path, {"host": body}).expect(201)


def _ask(site: Site, method: str, path: str, body: object) -> Answer:
    url = f"http://{site.address}:{PORT}/v1{path}"
    headers = {"X-Auth-Token": "admin:admin", "OpenStack-API-Version": "instance-ha 1.0"}
    return call(method, url, body, headers=headers, netns=site.netns)


def _run(command: Sequence[str | Path], site: Site) -> None:
    record, log = site.home / "run" / "masakari-manage.json", site.logs / "masakari-manage.log"
    done = processes.start(record, command, log=log, env=environment(site))
    if not processes.wait_for(lambda: not processes.is_alive(done), 120):
        raise LabError("Masakari's database is not made", f"see {log}")


def _configuration(site: Site, etc: Path, waits: float) -> str:
    return f"""\
[DEFAULT]
host = masakari
auth_strategy = noauth2
masakari_api_listen = {site.address}
masakari_api_listen_port = {PORT}
masakari_api_workers = 1
transport_url = rabbit://guest:guest@{site.address}:{PORTS["rabbitmq"]}/
state_path = {etc}
use_stderr = true
os_privileged_user_name = nova
os_privileged_user_password = {PASSWORD}
os_privileged_user_tenant = service
os_privileged_user_auth_url = {site.url("keystone", "/v3")}
os_user_domain_name = Default
os_project_domain_name = Default
os_region_name = RegionOne
nova_catalog_admin_info = compute:nova-api:publicURL
wait_period_after_service_update = {waits:.0f}

[keystone_authtoken]
auth_type = password

[database]
connection = sqlite:///{etc}/masakari.sqlite

[taskflow]
connection = sqlite:///{etc}/taskflow.sqlite

[wsgi]
api_paste_config = {VENV}/etc/masakari/api-paste.ini

[coordination]
backend_url =

[oslo_concurrency]
lock_path = {etc}/lock
"""


MASAKARI = (
    Masakari("Masakari", "as it is shipped, told of the fencing at once", 180),
    Masakari(
        "Masakari, tuned",
        "told at once, wait_period_after_service_update at service_down_time and a heartbeat",
        SERVICE_DOWN_TIME + 2,
    ),
)
