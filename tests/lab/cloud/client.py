"""Use the cloud as its users do: boot, stop, evacuate, delete, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.lab.cloud import observe
from tests.lab.cloud.identity import ADMIN, User, token
from tests.lab.cloud.rest import Answer, call
from tests.lab.cloud.site import Site

MICROVERSION = "2.90"


class Client:
    def __init__(self, site: Site, user: User = ADMIN, microversion: str = MICROVERSION) -> None:
        self._site = site
        self._token = token(site, user)[0]
        self._microversion = microversion

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        microversion: str | None = None,
        timeout: float = 90,
    ) -> Answer:
        """Any request to Nova, whatever it answers."""
        headers = {
            "X-Auth-Token": self._token,
            "OpenStack-API-Version": f"compute {microversion or self._microversion}",
        }
        url = self._site.url("nova-api", f"/v2.1{path}")
        return call(method, url, body, headers=headers, netns=self._site.netns, timeout=timeout)

    def boot(
        self,
        name: str,
        count: int = 1,
        *,
        image: str = "c0ffee00-0000-4000-8000-000000000001",
        flavor: str = "1",
        host: str | None = None,
        tags: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
        hints: Mapping[str, str] | None = None,
        wait: float | None = 120,
    ) -> list[str]:
        """Boot servers in one request; their uuids, once ACTIVE unless wait is None."""
        server: dict[str, object] = {
            "name": name,
            "imageRef": image,
            "flavorRef": flavor,
            "networks": "none",
            "metadata": dict(metadata or {}),
            "min_count": count,
            "max_count": count,
            "return_reservation_id": True,
        }
        server |= {"host": host} if host else {}
        server |= {"tags": list(tags)} if tags else {}
        body: dict[str, object] = {"server": server}
        body |= {"os:scheduler_hints": dict(hints)} if hints else {}
        batch = self.call("POST", "/servers", body).expect(202)["reservation_id"]
        listed = self.call("GET", f"/servers?all_tenants=1&reservation_id={batch}").expect(200)
        uuids = [str(server["id"]) for server in listed["servers"]]
        if wait is not None:
            self.wait(uuids, "active", seconds=wait)
        return uuids

    def wait(self, uuids: Iterable[str], vm_state: str, *, seconds: float = 120) -> None:
        """Until Nova's database says so and nothing is under way for any of them."""
        wanted = set(uuids)
        deadline = time.monotonic() + seconds
        while True:
            rows = [row for row in observe.instances(self._site) if row.uuid in wanted]
            there = [row for row in rows if row.vm_state == vm_state and row.task_state is None]
            if len(there) == len(wanted):
                return
            failed = [row for row in rows if row.vm_state == "error" and vm_state != "error"]
            if time.monotonic() > deadline or failed:
                others = failed or [row for row in rows if row not in there]
                known = observe.faults(self._site)
                told = [(row, known.get(row.uuid)) for row in others[:5]]
                raise TimeoutError(f"not {vm_state}: {told} ({len(others)} in all)")
            time.sleep(0.2)

    def wait_deleted(self, uuids: Iterable[str], *, seconds: float = 120) -> None:
        wanted = set(uuids)
        deadline = time.monotonic() + seconds
        while wanted & {row.uuid for row in observe.instances(self._site)}:
            if time.monotonic() > deadline:
                raise TimeoutError("not deleted")
            time.sleep(0.2)

    def servers(self, **filters: str) -> list[dict[str, Any]]:
        query = urlencode({"all_tenants": "1", **filters})
        found = self.call("GET", f"/servers/detail?{query}").expect(200)["servers"]
        return list(found)

    def server(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/servers/{uuid}").expect(200)["server"]
        return found

    def action(self, uuid: str, name: str, body: object = None, **more: Any) -> Answer:
        """pause, suspend, os-stop, rescue, lock, os-resetState, evacuate ... as Nova names it."""
        return self.call("POST", f"/servers/{uuid}/action", {name: body}, **more)

    def evacuate(self, uuid: str, host: str | None = None) -> Answer:
        return self.action(uuid, "evacuate", {"host": host} if host else {})

    def wait_evacuated(self, uuids: Iterable[str], source: str, *, seconds: float = 120) -> None:
        """Until none is on the source, nothing is under way, and Nova's records are closed."""
        wanted = set(uuids)
        deadline = time.monotonic() + seconds
        while left := self._not_evacuated(wanted, source):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not evacuated: {sorted(left)[:5]} ({len(left)} in all)")
            time.sleep(0.2)

    def _not_evacuated(self, wanted: set[str], source: str) -> set[str]:
        rows = observe.instances(self._site)
        gone = {row.uuid for row in rows if row.host != source and row.task_state is None}
        records = observe.migrations(self._site)
        under_way = ("accepted", "pre-migrating")
        open_ones = {row.instance_uuid for row in records if row.status in under_way}
        return wanted - (gone - open_ones)

    def unforce(self, host: str, *, seconds: float = 30) -> None:
        """Once Nova agrees: it refuses as long as records of evacuations are `done`."""
        deadline = time.monotonic() + seconds
        while (answer := self.update_service(host, forced_down=False)).status != 200:
            if time.monotonic() > deadline:
                answer.expect(200)
            time.sleep(0.5)

    def delete(self, uuids: Iterable[str]) -> None:
        for uuid in uuids:
            self.call("DELETE", f"/servers/{uuid}").expect(204)

    def create_flavor(
        self,
        name: str,
        *,
        flavor_id: str | None = None,
        extra_specs: Mapping[str, str] | None = None,
    ) -> str:
        flavor = {"name": name, "id": flavor_id, "ram": 128, "vcpus": 1, "disk": 1}
        made = self.call("POST", "/flavors", {"flavor": flavor}).expect(200)["flavor"]
        if extra_specs:
            specs = {"extra_specs": dict(extra_specs)}
            self.call("POST", f"/flavors/{made['id']}/os-extra_specs", specs).expect(200)
        return str(made["id"])

    def create_group(self, name: str, policy: str) -> str:
        """A server group; boot with hints={"group": its id}."""
        body = {"server_group": {"name": name, "policy": policy}}
        return str(self.call("POST", "/os-server-groups", body).expect(200)["server_group"]["id"])

    def services(self) -> dict[str, dict[str, Any]]:
        """nova-compute's services by host, as the API shows them."""
        found = self.call("GET", "/os-services?binary=nova-compute").expect(200)["services"]
        return {service["host"]: service for service in found}

    def providers(self) -> list[str]:
        """The names of Placement's resource providers: the hosts that registered."""
        url = self._site.url("placement", "/resource_providers")
        headers = {"X-Auth-Token": self._token}
        found = call("GET", url, headers=headers, netns=self._site.netns).expect(200)
        return [provider["name"] for provider in found["resource_providers"]]

    def update_service(self, host: str, **changes: object) -> Answer:
        """One PUT with any of status, disabled_reason, forced_down."""
        return self.call("PUT", f"/os-services/{self.services()[host]['id']}", changes)

    def migrations(self, **filters: str) -> list[dict[str, Any]]:
        query = urlencode(filters)
        return list(self.call("GET", f"/os-migrations?{query}").expect(200)["migrations"])

    def wait_up(self, hosts: Iterable[str], *, seconds: float = 60) -> None:
        """Until Nova can place servers on these hosts. What has just stopped is called up for a while: a
        heartbeat counts that came since."""
        wanted = set(hosts)
        before = {host: service["updated_at"] for host, service in self.services().items()}
        deadline = time.monotonic() + seconds
        while not wanted <= (ready := self._ready_hosts(before)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not up: {sorted(wanted - ready)}")
            time.sleep(0.2)

    def _ready_hosts(self, before: Mapping[str, object]) -> set[str]:
        up = {
            host
            for host, service in self.services().items()
            if service["state"] == "up" and service["updated_at"] != before.get(host)
        }
        # The driver names its node after the host; Nova lists it once the host is in a cell.
        found = self.call("GET", "/os-hypervisors").expect(200)["hypervisors"]
        mapped = {hypervisor["hypervisor_hostname"] for hypervisor in found}
        return up & mapped & set(self.providers())
