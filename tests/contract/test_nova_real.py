"""The Nova contract on a real Nova; only the hypervisor is a fake one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from tests.contract.nova import DEAD, HOSTS, NovaContract
from tests.lab.cloud.cloud import Cloud, fresh_cloud
from tests.lab.cloud.identity import ADMIN, PLAIN, User
from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import NovaDenied
from vmha_ocf.model import ImageId, Instance, InstanceId, NovaHost
from vmha_ocf.operator.checks.engines import MASAKARI, WATCHER

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="the lab needs root"),
]


def connect(cloud: Cloud, user: User = ADMIN, timeout: float = 70.0) -> OpenStackNova:
    """Nova holds a disable of a host that just died for 60 s."""
    parameters = {
        "auth_url": cloud.site.url("keystone", "/v3"),
        "username": user.name,
        "password": user.password,
        "project_name": user.project,
        "endpoint_type": "publicURL",
    }
    return OpenStackNova(credentials_from(parameters), timeout)


class RealStage:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client()
        self.nova = connect(cloud)
        self._frozen = False
        self._cell_is_lost = False

    def boot(
        self,
        host: NovaHost,
        *,
        vm_state: str = "active",
        tags: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> InstanceId:
        [uuid] = self.client.boot("contract", host=host, tags=tags, metadata=metadata)
        actions = {"stopped": "os-stop", "paused": "pause", "suspended": "suspend"}
        action = actions.get(vm_state)
        if action:
            self.client.action(uuid, action).expect(202)
            self.client.wait([uuid], vm_state)
        return InstanceId(uuid)

    def image(self, *tags: str, **properties: str) -> ImageId:
        return ImageId(self.cloud.add_image("contract", tags=tags, properties=properties))

    def group(self, policy: str) -> None:
        self.client.create_group("contract", policy)

    def lose(self, host: NovaHost) -> None:
        self.cloud.kill_host(host)

    def return_host(self, host: NovaHost) -> None:
        self.cloud.start_compute(host, wait=False)

    def start(self, instance: InstanceId) -> None:
        self.client.action(instance, "os-start").expect(202)

    def live_migrate(self, instance: InstanceId, dest: NovaHost) -> None:
        self.cloud.knob(DEAD, "live_delay", "600")
        where = {"host": dest, "block_migration": "auto"}
        self.client.action(instance, "os-migrateLive", where).expect(202)

        def is_running() -> bool:
            found = self.client.migrations(instance_uuid=instance)
            return [one["status"] for one in found] == ["running"]

        self.until(is_running)

    def slow_reboots(self, seconds: float) -> None:
        self.cloud.knob(DEAD, "reboot_delay", f"{seconds:g}")

    def lose_cell(self, host: NovaHost) -> None:
        self.cloud.lose_cell(host)
        self._cell_is_lost = True

    def lose_nova(self) -> None:
        self.nova = connect(self.cloud, timeout=1)
        self.nova.services()
        self.cloud.freeze("nova-api")
        self._frozen = True

    def runs_on(self, instance: InstanceId) -> Sequence[str]:
        return [
            host
            for host, guests in self.cloud.guests().items()
            if instance in [guest.uuid for guest in guests]
        ]

    def until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not what():
            assert time.monotonic() < deadline, "it did not happen within 60 s"
            time.sleep(0.2)

    def clear(self) -> None:
        """As it was: three hosts up and enabled, no instances."""
        if self._frozen:
            self.cloud.thaw("nova-api")
        if self._cell_is_lost:
            self.cloud.forget_lost_cells()
        for knob in ("live_delay", "reboot_delay"):
            self.cloud.knob(DEAD, knob, None)
        self.cloud.start_compute(*HOSTS, wait=False)
        uuids = [server["id"] for server in self.client.servers()]
        self.client.delete(uuids)
        self.client.wait_deleted(uuids)
        for host, found in self.client.services().items():
            if found["forced_down"]:
                self.client.unforce(host)
            if found["status"] == "disabled":
                self.client.update_service(host, status="enabled").expect(200)
        # Up by an old heartbeat is not yet ready for work.
        self.cloud.start_compute(*HOSTS)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with fresh_cloud("127.98.0.2", HOSTS) as cloud:
        yield cloud


class TestRealNova(NovaContract):
    @pytest.fixture
    def stage(self, cloud: Cloud) -> Iterator[RealStage]:
        stage = RealStage(cloud)
        yield stage
        stage.clear()


def test_a_user_without_the_admin_role_is_denied(cloud: Cloud) -> None:
    nova = connect(cloud, PLAIN)
    for ask in (
        nova.services,
        lambda: nova.instances_on(DEAD),
        lambda: nova.evacuations_from(DEAD),
    ):
        with pytest.raises(NovaDenied, match="admin role"):
            ask()


def test_the_microversion_is_below_the_one_that_stops_what_it_evacuates(cloud: Cloud) -> None:
    nova = connect(cloud)
    nova.services()
    major, minor = map(int, nova.microversion.split("."))
    assert (2, 68) <= (major, minor) <= (2, 94)


def test_an_evacuation_is_one_request(cloud: Cloud) -> None:
    nova = connect(cloud)
    nova.services()
    before = nova.requests
    with pytest.raises(Exception, match="could not be found"):
        nova.evacuate(Instance(InstanceId("00000000-dead-4000-8000-000000000000"), DEAD))
    assert nova.requests == before + 1


@pytest.mark.parametrize("name", ["admin", "vmha", "vmha-credential"])
def test_a_cloud_of_clouds_yaml_logs_in(cloud: Cloud, name: str) -> None:
    parameters = {"cloud": name, "clouds_file": str(cloud.clouds_yaml)}
    nova = OpenStackNova(credentials_from(parameters))
    assert sorted(one.host for one in nova.services()) == sorted(HOSTS)


def test_the_catalog_tells_which_services_there_are(cloud: Cloud) -> None:
    parameters = {"cloud": "vmha", "clouds_file": str(cloud.clouds_yaml)}
    offered = Login(credentials_from(parameters), 10.0).offered()
    assert offered == {"identity", "compute", "placement", "image", "network"}
    assert not offered & (MASAKARI | WATCHER)


def test_an_application_credential_logs_in(cloud: Cloud) -> None:
    entry = json.loads(cloud.clouds_yaml.read_text())["clouds"]["vmha-credential"]["auth"]
    nova = OpenStackNova(credentials_from(entry))
    assert sorted(one.host for one in nova.services()) == sorted(HOSTS)
    assert list(nova.instances_on(DEAD)) == []


def test_a_wrong_application_credential_is_denied(cloud: Cloud) -> None:
    entry = json.loads(cloud.clouds_yaml.read_text())["clouds"]["vmha-credential"]["auth"]
    wrong = entry | {"application_credential_secret": "wrong"}
    with pytest.raises(NovaDenied, match="does not accept the application credential"):
        OpenStackNova(credentials_from(wrong)).services()
