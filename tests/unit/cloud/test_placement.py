"""What Placement says of the hosts' room, over HTTP on loopback."""

from __future__ import annotations

import pytest

from tests.fakes.http_nova import HttpCloud
from tests.fakes.web_server import Answer
from vmha_ocf.backends.openstack.credentials import Credentials, credentials_from
from vmha_ocf.backends.openstack.placement import read_room
from vmha_ocf.errors import NovaDenied, NovaUnavailable

MEMORY = {"total": 1000, "reserved": 100, "allocation_ratio": 1.5}
VCPU = {"total": 8, "reserved": 0, "allocation_ratio": 4.0}


def credentials(cloud: HttpCloud) -> Credentials:
    return credentials_from(
        {
            "auth_url": f"{cloud.url}/identity",
            "username": "admin",
            "password": cloud.password,
            "project_name": "admin",
        }
    )


@pytest.fixture
def placement(cloud: HttpCloud) -> HttpCloud:
    """Two hosts, and a pool of disks that both use."""
    cloud.services_offered = [*cloud.services_offered, "placement"]
    names = {"a": "compute-1", "b": "compute-2", "c": "disks"}
    providers = [{"uuid": uuid, "name": name} for uuid, name in names.items()]
    cloud.on("GET", "/resource_providers$", Answer(200, {"resource_providers": providers}))
    for uuid in "ab":
        both = {"MEMORY_MB": MEMORY, "VCPU": VCPU}
        cloud.on("GET", f"/{uuid}/inventories", Answer(200, {"inventories": both}))
        used = {"MEMORY_MB": 512, "VCPU": 2}
        cloud.on("GET", f"/{uuid}/usages", Answer(200, {"usages": used}))
    disks = {"DISK_GB": {"total": 9}}
    cloud.on("GET", "/c/inventories", Answer(200, {"inventories": disks}))
    cloud.on("GET", "/c/usages", Answer(200, {"usages": {"DISK_GB": 1}}))
    return cloud


def test_capacity_with_ratios_and_without_what_is_reserved(placement: HttpCloud) -> None:
    one, two = read_room(credentials(placement), 5.0)
    assert (one.host, two.host) == ("compute-1", "compute-2")
    assert one.capacity == {"MEMORY_MB": 1350, "VCPU": 32}
    assert one.used == {"MEMORY_MB": 512, "VCPU": 2}


def test_a_user_that_may_not_look(placement: HttpCloud) -> None:
    placement.on("GET", "/resource_providers$", Answer(403, {"errors": [{"status": 403}]}))
    with pytest.raises(NovaDenied, match="Placement does not let us"):
        read_room(credentials(placement), 5.0)


def test_a_catalog_without_placement(cloud: HttpCloud) -> None:
    with pytest.raises(NovaDenied, match="no placement service"):
        read_room(credentials(cloud), 5.0)


@pytest.mark.parametrize("strange", [{"VCPU": {}}, {"VCPU": {"total": "many"}}])
def test_an_answer_that_makes_no_sense(placement: HttpCloud, strange: object) -> None:
    placement.on("GET", "/a/inventories", Answer(200, {"inventories": strange}))
    with pytest.raises(NovaUnavailable, match="cannot be understood"):
        read_room(credentials(placement), 5.0)
