"""python3 -m tests.lab.cloud.record: write tests/recorded/nova anew, from a Nova of its own."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.lab.cloud.client import MICROVERSION, Client
from tests.lab.cloud.cloud import Cloud, fresh_cloud
from tests.lab.cloud.identity import PLAIN
from tests.lab.cloud.venv import REPOSITORY, REQUIREMENTS

FOLDER = REPOSITORY / "tests/recorded/nova"
HOSTS = ("compute-1", "compute-2", "compute-3")
_NOBODY = "00000000-0000-4000-8000-000000000000"
_FROM_1 = "migration_type=evacuation&source_compute=compute-1"


class Recorder:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client()
        self.services = {host: found["id"] for host, found in self.client.services().items()}
        pins = REQUIREMENTS.read_text().splitlines()
        self._version = next(pin for pin in pins if pin.startswith("nova==")).partition("==")[2]

    def record(self, name: str, method: str, path: str, body: object = None, **how: Any) -> None:
        client: Client = how.get("client", self.client)
        answer = client.call(method, path, body)
        facts = {
            "nova": self._version,
            "microversion": MICROVERSION,
            "request": {"method": method, "path": f"/v2.1{path}", "body": body},
            "status": answer.status,
            "body": answer.body,
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
        print(f"{answer.status} {name}", flush=True)

    def put_service(self, name: str, host: str, **body: object) -> None:
        self.record(name, "PUT", f"/os-services/{self.services[host]}", body)

    def evacuate(self, name: str, uuid: str, **body: object) -> None:
        self.record(name, "POST", f"/servers/{uuid}/action", {"evacuate": body})


def boot(cloud: Cloud) -> dict[str, str]:
    client = cloud.client()
    flavor = client.create_flavor("ha-flavor", extra_specs={"evacuable": "true"})
    image = cloud.add_image("tagged", tags=["evacuable"], properties={"evacuable": "true"})
    (tagged,) = client.boot(
        "web-1",
        host="compute-1",
        flavor=flavor,
        image=image,
        tags=["automatic-recovery", "evacuable"],
        metadata={"evacuable": "true", "HA_Enabled": "True"},
    )
    servers = {"tagged": tagged}
    for name in ("plain", "paused", "stopped"):
        (servers[name],) = client.boot(name, host="compute-1", metadata={"evacuable": "false"})
    client.action(servers["paused"], "pause").expect(202)
    client.action(servers["stopped"], "os-stop").expect(202)
    client.wait([servers["paused"]], "paused")
    client.wait([servers["stopped"]], "stopped")
    return servers


def before(take: Recorder, servers: dict[str, str]) -> None:
    take.record("versions", "GET", "/")
    take.record("services-up", "GET", "/os-services?binary=nova-compute")
    take.record("services-of-unknown-host", "GET", "/os-services?host=nohost")
    plain = take.cloud.client(PLAIN)
    take.record("services-403-not-admin", "GET", "/os-services", client=plain)
    listing = "/servers/detail?all_tenants=1&host=compute-1"
    take.record("servers-of-a-host", "GET", listing)
    take.record("servers-page-of-two", "GET", f"{listing}&limit=2")
    take.record("servers-filter-not-admin", "GET", "/servers/detail?host=compute-1", client=plain)
    take.evacuate("evacuate-400-host-still-in-use", servers["tagged"])


def refused(take: Recorder, servers: dict[str, str]) -> None:
    take.cloud.kill_host("compute-1")
    take.evacuate("evacuate-400-host-dead-not-forced-down", servers["tagged"])
    reason = "vmha: evacuating compute-1"
    claim = {"status": "disabled", "disabled_reason": reason, "forced_down": True}
    take.put_service("claim", "compute-1", **claim)
    take.put_service("claim-400-reason-alone", "compute-1", disabled_reason=reason)
    take.put_service(
        "claim-400-enabled-with-reason", "compute-1", status="enabled", disabled_reason=reason
    )
    take.record("claim-404-unknown-service", "PUT", f"/os-services/{_NOBODY}", claim)
    take.record("services-claimed", "GET", "/os-services?binary=nova-compute&host=compute-1")
    take.evacuate("evacuate-409-paused", servers["paused"])
    take.evacuate("evacuate-404-unknown-server", _NOBODY)
    take.evacuate("evacuate-404-unknown-host", servers["tagged"], host="nohost")
    take.evacuate("evacuate-400-own-host", servers["tagged"], host="compute-1")


def under_way(take: Recorder, servers: dict[str, str]) -> None:
    for host in HOSTS[1:]:
        take.cloud.knob(host, "spawn_delay", "4")
    take.evacuate("evacuate-200", servers["tagged"])
    take.record("migrations-accepted", "GET", f"/os-migrations?{_FROM_1}")
    time.sleep(2)
    take.record("migrations-pre-migrating", "GET", f"/os-migrations?{_FROM_1}")
    take.record("servers-rebuilding", "GET", "/servers/detail?all_tenants=1&host=compute-1")
    actions = f"/servers/{servers['tagged']}/os-instance-actions"
    take.record("instance-actions-rebuilding", "GET", actions)
    take.put_service("unforce-200-while-pre-migrating", "compute-1", forced_down=False)
    take.client.update_service("compute-1", forced_down=True).expect(200)
    take.client.wait_evacuated([servers["tagged"]], "compute-1")
    take.record("migrations-done", "GET", f"/os-migrations?{_FROM_1}")
    take.record("instance-actions-evacuated", "GET", actions)
    take.put_service("unforce-400-done-records", "compute-1", forced_down=False)
    take.put_service("return-400-done-records", "compute-1", status="enabled", forced_down=False)
    take.evacuate("evacuate-400-after-it-moved", servers["tagged"])
    for host in HOSTS[1:]:
        take.cloud.knob(host, "spawn_delay", None)


def failing(take: Recorder, servers: dict[str, str]) -> None:
    uuid = servers["plain"]
    for host in HOSTS[1:]:
        take.client.update_service(host, status="disabled", disabled_reason="full").expect(200)
    take.evacuate("evacuate-200-no-valid-host", uuid)
    take.client.wait([uuid], "error")
    take.record("migrations-error-no-valid-host", "GET", f"/os-migrations?instance_uuid={uuid}")
    take.record("server-error-no-valid-host", "GET", f"/servers/{uuid}")
    for host in HOSTS[1:]:
        take.client.update_service(host, status="enabled").expect(200)
        take.cloud.knob(host, "spawn_fail", "")
    take.evacuate("evacuate-200-spawn-fails", uuid)
    time.sleep(3)
    take.record("migrations-failed-spawn", "GET", f"/os-migrations?instance_uuid={uuid}")
    for host in HOSTS[1:]:
        take.cloud.knob(host, "spawn_fail", None)
    state = {"os-resetState": {"state": "error"}}
    take.record("reset-state-202", "POST", f"/servers/{servers['paused']}/action", state)


def returning(take: Recorder) -> None:
    take.cloud.start_compute("compute-1", wait=False)
    deadline = time.monotonic() + 60
    while any(row.status == "done" for row in take.cloud.migrations()):
        if time.monotonic() > deadline:
            raise TimeoutError("nova-compute did not complete its records")
        time.sleep(0.2)
    take.record("migrations-completed", "GET", f"/os-migrations?{_FROM_1}")
    time.sleep(10)
    take.put_service("unforce", "compute-1", forced_down=False)
    take.put_service("enable", "compute-1", status="enabled")


def main() -> None:
    with fresh_cloud("127.97.0.1", HOSTS) as cloud:
        FOLDER.mkdir(parents=True, exist_ok=True)
        servers = boot(cloud)
        take = Recorder(cloud)
        for part in (before, refused, under_way, failing):
            part(take, servers)
        returning(take)


if __name__ == "__main__":
    main()
