"""What the Nova backend makes of lists: pages, filters, cells, policies."""

from __future__ import annotations

import pytest

from tests.fakes import nova_bodies as bodies
from tests.fakes.http_nova import HttpCloud, refusal
from tests.fakes.web_server import Answer
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import NovaDenied, NovaRefused, NovaUnavailable, VmhaError
from vmha_ocf.model import Action, ImageId, Instance, InstanceId, NovaHost, ServiceChange

HOST = NovaHost("compute-1")


# Services


def test_services(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [
        bodies.service("compute-1", state="down", forced_down=True),
        bodies.service("compute-2", status="disabled", disabled_reason="disk"),
        bodies.service("ctl", binary="nova-conductor"),
    ]
    first, second = nova.services()
    assert (first.host, first.up, first.enabled, first.forced_down) == (HOST, False, True, True)
    assert (second.up, second.enabled, second.disabled_reason) == (True, False, "disk")
    assert cloud.received[-1].query == {"binary": "nova-compute"}


def test_an_unknown_host_has_no_service(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    assert list(nova.services(NovaHost("Compute-1"))) == []
    cloud.filters_ignored = True
    assert list(nova.services(NovaHost("compute-9"))) == []


def test_of_a_down_cell_only_the_names_are_known(cloud: HttpCloud, nova: OpenStackNova) -> None:
    """The hosts of the others are told about all the same."""
    cloud.services = [bodies.service("compute-1"), bodies.down_cell_service("compute-2")]
    found = nova.services()
    assert [one.host for one in found] == [HOST]
    assert set(found.unknown) == {NovaHost("compute-2")}
    with pytest.raises(NovaUnavailable, match="cell is down"):
        nova.services(NovaHost("compute-2"))
    assert len(nova.services(HOST)) == 1


def test_update_service_is_one_put(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    [service] = nova.services()
    change = ServiceChange(forced_down=True, enabled=False, reason="vmha: fenced")
    after = nova.update_service(service, change)
    [put] = cloud.asked("PUT", service.id)
    assert put.body == {
        "forced_down": True,
        "status": "disabled",
        "disabled_reason": "vmha: fenced",
    }
    assert (after.forced_down, after.enabled, after.disabled_reason) == (
        True,
        False,
        "vmha: fenced",
    )


def test_a_change_itself_is_no_heartbeat(cloud: HttpCloud, nova: OpenStackNova) -> None:
    """Nova answers a PUT with a time that its database then rounds."""
    cloud.services = [bodies.service("compute-1", updated_at="2026-11-21T04:30:17.000000")]
    [service] = nova.services()
    exact = cloud.services[0] | {"updated_at": "2026-11-21T04:30:17.148098"}
    cloud.on("PUT", "os-services", Answer(200, {"service": exact}))
    after = nova.update_service(service, ServiceChange(forced_down=True))
    assert after.updated_at == nova.services()[0].updated_at


def test_unforcing_too_early_is_refused(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    [service] = nova.services()
    why = "Unable to force up host compute-1 as `done` evacuation migration records remain"
    cloud.on("PUT", "os-services", refusal(400, "badRequest", why))
    with pytest.raises(NovaRefused, match="Unable to force up") as told:
        nova.update_service(service, ServiceChange(forced_down=False))
    assert told.value.code == 400


# Instances


def test_an_instance(cloud: HttpCloud, nova: OpenStackNova) -> None:
    body = bodies.server(1, "compute-1", tags=["automatic-recovery"], metadata={"HA_Enabled": "1"})
    body["flavor"]["extra_specs"] = {"evacuable": "true"}
    body["OS-EXT-STS:task_state"] = "rebuilding"
    body["OS-EXT-STS:power_state"] = 4
    cloud.servers = [body, bodies.server(2, "compute-1", image="")]
    first, second = nova.instances_on(HOST)
    assert first == Instance(
        InstanceId(bodies.uuid(1)),
        HOST,
        "server-1",
        "active",
        "rebuilding",
        True,
        frozenset({"automatic-recovery"}),
        {"HA_Enabled": "1"},
        {"evacuable": "true"},
        ImageId(bodies.IMAGE),
        project="d8a4b5c0f6a14dd1a8cf1cbb3b3ad6bb",
    )
    assert (second.image, second.task_state, second.powered_off) == (None, None, False)


def test_instances_come_in_pages(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.page = 10
    cloud.servers = [bodies.server(number, "compute-1") for number in range(30)]
    cloud.servers += [bodies.server(99, "compute-2")]
    found = nova.instances_on(HOST)
    assert [one.id for one in found] == [bodies.uuid(number) for number in range(30)]
    asked = cloud.asked("GET", "servers/detail")
    assert [one.query.get("marker") for one in asked[:3]] == [
        None,
        bodies.uuid(9),
        bodies.uuid(19),
    ]
    assert {(one.query["host"], one.query["all_tenants"]) for one in asked} == {("compute-1", "1")}


def test_a_page_that_fails_fails_the_list(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.page = 10
    cloud.servers = [bodies.server(number, "compute-1") for number in range(30)]
    gone = refusal(400, "badRequest", "marker [...] not found")
    cloud.on("GET", "servers/detail", cloud.usual, gone)
    with pytest.raises(NovaUnavailable, match="marker"):
        nova.instances_on(HOST)


def test_a_page_that_repeats_itself_ends(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.servers = [bodies.server(1, "compute-1")]
    again = {"servers": cloud.servers, "servers_links": [{"rel": "next", "href": ""}]}
    cloud.on("GET", "servers/detail", Answer(200, again))
    with pytest.raises(NovaUnavailable, match="makes no sense"):
        nova.instances_on(HOST)


def test_an_ignored_filter_is_a_hard_error(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.filters_ignored = True
    cloud.servers = [bodies.server(1, "compute-1"), bodies.server(2, "compute-2")]
    with pytest.raises(NovaDenied, match="listed some of compute-2"):
        nova.instances_on(HOST)


def test_a_hidden_host_is_denied(cloud: HttpCloud, nova: OpenStackNova) -> None:
    body = bodies.server(1, "compute-1")
    del body["OS-EXT-SRV-ATTR:host"]
    cloud.on("GET", "servers/detail", Answer(200, {"servers": [body]}))
    with pytest.raises(NovaDenied, match="admin role"):
        nova.instances_on(HOST)


def test_a_stub_of_a_down_cell_is_unavailable(cloud: HttpCloud, nova: OpenStackNova) -> None:
    stub = {"servers": [bodies.server(1, "compute-1"), bodies.down_cell_server(2)]}
    cloud.on("GET", "servers/detail", Answer(200, stub))
    with pytest.raises(NovaUnavailable, match="cell is down"):
        nova.instances_on(HOST)


def test_an_empty_list_of_a_down_cell_is_unavailable(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    cloud.services = [bodies.down_cell_service("compute-1"), bodies.service("compute-2")]
    for ask in (nova.instances_on, nova.evacuations_from):
        with pytest.raises(NovaUnavailable, match="cell is down"):
            ask(HOST)
        assert ask(NovaHost("compute-2")) == []


def test_no_host_never_means_every_host(cloud: HttpCloud, nova: OpenStackNova) -> None:
    for ask in (nova.instances_on, nova.evacuations_from, nova.services):
        with pytest.raises(VmhaError, match="empty"):
            ask(NovaHost(""))
    assert cloud.received == []


def test_hidden_extra_specs_are_not_absent_ones(cloud: HttpCloud, nova: OpenStackNova) -> None:
    body = bodies.server(1, "compute-1")
    del body["flavor"]["extra_specs"]
    cloud.servers = [body]
    assert nova.instances_on(HOST)[0].extra_specs is None


def test_alike_instances_share_what_is_alike(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.servers = [
        bodies.server(number, "compute-1", tags=["a"], metadata={"k": "v"}) for number in (1, 2)
    ]
    first, second = nova.instances_on(HOST)
    assert first.tags is second.tags
    assert first.metadata is second.metadata
    assert first.extra_specs is second.extra_specs


# Evacuations


def test_evacuations_come_in_pages_newest_first(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.page = 10
    cloud.migrations = [bodies.migration(number, "compute-1") for number in range(25)]
    cloud.migrations += [bodies.migration(99, "compute-2")]
    cloud.migrations[3].update(status="done", dest_compute="compute-2")
    found = nova.evacuations_from(HOST)
    assert [one.id for one in found] == list(range(24, -1, -1))
    assert (found[-4].status, found[-4].dest, found[-4].instance) == (
        "done",
        "compute-2",
        bodies.uuid(3),
    )
    asked = cloud.asked("GET", "os-migrations")
    assert [one.query.get("marker") for one in asked] == [
        None,
        cloud.migrations[9]["uuid"],
        cloud.migrations[19]["uuid"],
    ]
    assert asked[0].query["migration_type"] == "evacuation"


def test_evacuations_of_another_host_are_a_hard_error(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    cloud.filters_ignored = True
    cloud.migrations = [bodies.migration(1, "compute-2")]
    with pytest.raises(NovaDenied, match="ignored"):
        nova.evacuations_from(HOST)


def test_evacuations_of_the_whole_cloud_since_a_time(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    cloud.migrations = [bodies.migration(1, "compute-1"), bodies.migration(2, "compute-2")]
    found = nova.evacuations_since(1_795_219_200.0)
    assert [(one.id, one.source) for one in found] == [(2, "compute-2"), (1, "compute-1")]
    [asked] = cloud.asked("GET", "os-migrations")
    assert asked.query["migration_type"] == "evacuation"
    assert asked.query["changes-since"] == "2026-11-21T00:00:00Z"


@pytest.mark.parametrize("strange", [{"migration_type": "resize"}, {"source_compute": None}])
def test_other_moves_among_them_are_a_hard_error(
    cloud: HttpCloud, nova: OpenStackNova, strange: dict[str, object]
) -> None:
    cloud.migrations = [bodies.migration(1, "compute-1", **strange)]
    with pytest.raises(NovaDenied):
        nova.evacuations_since(1_795_219_200.0)


# Moves


MOVING = Instance(InstanceId(bodies.uuid(1)), HOST)


def move(number: int, **about: object) -> dict[str, object]:
    usual = {"instance_uuid": MOVING.id, "migration_type": "live-migration", "status": "running"}
    return {**bodies.migration(number, "compute-1"), **usual, **about}


def test_the_moves_of_an_instance_are_no_evacuations(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    cloud.migrations = [
        move(1, migration_type="migration", status="confirmed", dest_compute="compute-9"),
        move(2, migration_type="evacuation", status="completed"),
        move(3, dest_compute="compute-2"),
        bodies.migration(4, "compute-1"),
    ]
    newest, oldest = nova.moves_of(MOVING)
    assert (newest.id, newest.kind, newest.source) == (3, "live-migration", "compute-1")
    assert (newest.dest, newest.status, newest.instance) == ("compute-2", "running", MOVING.id)
    assert (oldest.id, oldest.kind, oldest.status) == (1, "migration", "confirmed")
    [asked] = cloud.asked("GET", "os-migrations")
    assert asked.query["instance_uuid"] == MOVING.id
    assert asked.microversion >= "2.59"


def test_a_move_has_no_destination_at_first(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.migrations = [move(1, dest_compute=None)]
    assert nova.moves_of(MOVING)[0].dest is None


def test_moves_of_another_instance_are_a_hard_error(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.filters_ignored = True
    cloud.migrations = [move(1, instance_uuid=bodies.uuid(2))]
    with pytest.raises(NovaDenied, match="listed another's"):
        nova.moves_of(MOVING)


def test_moves_without_their_hosts_are_a_hard_error(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.migrations = [move(1, source_compute=None)]
    with pytest.raises(NovaDenied, match="which hosts"):
        nova.moves_of(MOVING)


def test_the_moves_at_a_host_since_a_time(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.migrations = [
        move(1, instance_uuid=bodies.uuid(2)),
        move(2, source_compute="compute-9", dest_compute="compute-1"),
        move(3, migration_type="evacuation"),
    ]
    found = nova.moves_since(HOST, 1_795_219_200.0)
    assert [(one.id, one.instance, one.source) for one in found] == [
        (2, MOVING.id, "compute-9"),
        (1, bodies.uuid(2), "compute-1"),
    ]
    [asked] = cloud.asked("GET", "os-migrations")
    assert (asked.query["host"], asked.query["changes-since"]) == (HOST, "2026-11-21T00:00:00Z")


def test_moves_at_another_host_are_a_hard_error(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.filters_ignored = True
    cloud.migrations = [move(1, source_compute="compute-8", dest_compute="compute-9")]
    with pytest.raises(NovaDenied, match="listed another's"):
        nova.moves_since(HOST, 1_795_219_200.0)


ACTIONS = "os-instance-actions$"


def asked(name: str, at: str, user: str | None, instance: str = MOVING.id) -> dict[str, object]:
    return {"action": name, "start_time": at, "user_id": user, "instance_uuid": instance}


def test_what_was_asked_of_an_instance_is_told_newest_first_and_by_whom(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    items = [
        asked("create", "2026-11-27T09:00:00.000000", "ann"),
        asked("stop", "2026-11-27T11:00:00.000000", None),
        asked("start", "2026-11-27T10:00:00.000000", "ann"),
        asked("migrate", "2026-11-27T12:00:00.000000", "1"),
    ]
    cloud.on("GET", ACTIONS, Answer(200, {"instanceActions": items}))
    assert nova.actions_of(MOVING) == [
        Action("migrate", "2026-11-27T12:00:00", "1", is_ours=True),
        Action("stop", "2026-11-27T11:00:00", "", is_ours=False),
        Action("start", "2026-11-27T10:00:00", "ann", is_ours=False),
        Action("create", "2026-11-27T09:00:00", "ann", is_ours=False),
    ]
    [request] = cloud.asked("GET", ACTIONS)
    assert MOVING.id in request.path


def test_what_was_asked_of_another_instance_is_a_hard_error(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    items = [asked("stop", "2026-11-27T11:00:00.000000", None, bodies.uuid(2))]
    cloud.on("GET", ACTIONS, Answer(200, {"instanceActions": items}))
    with pytest.raises(NovaDenied, match="listed another's"):
        nova.actions_of(MOVING)


def test_an_action_without_a_word_of_its_user_is_not_understood(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    item = asked("stop", "2026-11-27T11:00:00.000000", None)
    del item["user_id"]
    cloud.on("GET", ACTIONS, Answer(200, {"instanceActions": [item]}))
    with pytest.raises(NovaUnavailable, match="user_id"):
        nova.actions_of(MOVING)
