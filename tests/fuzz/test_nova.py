"""What answers in Nova's, Keystone's or Glance's place: broken, of another make, or hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import nova_bodies as bodies
from tests.fakes.http_nova import HttpCloud, connect
from tests.fakes.web_server import Answer
from tests.fuzz.hostile import any_texts, as_sent, each_piece, json_values, spoiled
from vmha_ocf.agent.settings import Settings
from vmha_ocf.backends.openstack import nova_values
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.backends.openstack.nova_api import choose_microversion
from vmha_ocf.cloud import records, tagging
from vmha_ocf.errors import NovaUnavailable, VmhaError
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.model import Epoch, ImageId, InstanceId, NovaHost, ServiceChange

HOST = NovaHost("compute-1")
SERVICE = bodies.service("compute-1", id=bodies.uuid(1))
SERVER = bodies.server(7, "compute-1")
MIGRATION = {
    "id": 3,
    "uuid": bodies.uuid(4),
    "instance_uuid": bodies.uuid(7),
    "source_compute": "compute-1",
    "dest_compute": "compute-2",
    "status": "done",
    "created_at": "2026-11-21T04:08:39.000000",
    "updated_at": "2026-11-21T04:08:40.000000",
}
GROUP = {"id": bodies.uuid(5), "policy": "affinity", "members": [bodies.uuid(7)]}
slow = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=10)
some = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)


@pytest.fixture(scope="module")
def cloud() -> Iterator[HttpCloud]:
    with HttpCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def nova(cloud: HttpCloud) -> OpenStackNova:
    nova = connect(cloud)
    nova.services()
    return nova


def calls(nova: OpenStackNova) -> list[Callable[[], object]]:
    instance = nova_values.to_instance(SERVER, HOST, nova_values.Pool())
    [service] = nova_values.to_services([SERVICE])
    return [
        nova.services,
        lambda: nova.services(HOST),
        lambda: nova.instances_on(HOST),
        lambda: nova.evacuations_from(HOST),
        lambda: nova.evacuate(instance),
        lambda: nova.reset_to_error(instance),
        lambda: nova.actions_of(instance),
        lambda: nova.stop(instance),
        lambda: nova.start(instance),
        lambda: nova.reboot(instance),
        lambda: nova.image_marks([ImageId(bodies.IMAGE)]),
        lambda: nova.anything_marked(["evacuable"]),
        lambda: nova.update_service(service, ServiceChange(forced_down=True)),
        nova.server_groups,
    ]


@some
@given(spoiled(SERVICE).map(as_sent))
def test_a_service_is_understood_or_not(item: Any) -> None:
    with suppress(VmhaError):
        for service in nova_values.to_services([item]):
            assert "/" not in service.id


@some
@given(spoiled(SERVER).map(as_sent))
def test_an_instance_is_understood_or_not_and_can_be_judged(item: Any) -> None:
    with suppress(VmhaError):
        instance = nova_values.to_instance(item, HOST, nova_values.Pool())
        assert "/" not in instance.id
        hash(instance.image)
        chosen = Settings()
        tagging.choose(instance, chosen, {}, None)
        assert order_key(instance, chosen)


@some
@given(spoiled(MIGRATION).map(as_sent))
def test_an_evacuation_is_understood_or_not_and_can_be_judged(item: Any) -> None:
    with suppress(VmhaError):
        record = nova_values.to_evacuation(item, HOST)
        records.by_instance([record])
        assert records.is_since(record, Epoch(5.0)) in (True, False)


@some
@given(spoiled(GROUP).map(as_sent))
def test_a_group_is_understood_or_not(item: Any) -> None:
    with suppress(VmhaError):
        nova_values.to_group(item)


@slow
@given(answer=json_values())
def test_any_json_gives_a_value_or_an_error_of_ours(
    cloud: HttpCloud, nova: OpenStackNova, answer: object
) -> None:
    _all_calls_end_well(cloud, nova, Answer(200, answer))


@slow
@given(
    spoiled(
        {
            "services": [SERVICE],
            "servers": [SERVER],
            "migrations": [MIGRATION],
            "server_groups": [],
            "flavors": [{"id": "1", "extra_specs": {"evacuable": "no"}}],
            "images": [{"id": bodies.IMAGE, "tags": []}],
        }
    )
)
def test_any_list_gives_a_value_or_an_error_of_ours(
    cloud: HttpCloud, nova: OpenStackNova, answer: object
) -> None:
    _all_calls_end_well(cloud, nova, Answer(200, answer))


@slow
@given(st.sampled_from([200, 202, 300, 400, 403, 404, 406, 409, 413, 429, 500, 503]), any_texts())
def test_any_refusal_is_told_short_and_without_control_characters(
    cloud: HttpCloud, nova: OpenStackNova, status: int, message: str
) -> None:
    retry = {"Retry-After": "9" * 400}
    for body in ({"badRequest": {"message": message}}, {"message": [message]}, message):
        for told in _all_calls_end_well(cloud, nova, Answer(status, body, retry)):
            assert len(told) < 1000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"services":' * 50_000,
        '{"services": ' + "9" * 5000 + "}",
        '{"services": [{"host": "\\ud800"}]}',
        "\x00",
        "{}",
    ],
    ids=["depth", "deep objects", "long number", "half a pair", "nul", "empty"],
)
def test_json_that_breaks_parsers(cloud: HttpCloud, nova: OpenStackNova, text: str) -> None:
    _all_calls_end_well(cloud, nova, Answer(200, text))


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "a?b=c", "a#b", "\ud800", "", "a b", 5])
def test_no_id_leads_to_another_address(name: object) -> None:
    """An id becomes part of the address of what we send next."""
    with pytest.raises(VmhaError):
        nova_values.to_services([{**SERVICE, "id": name}])
    with pytest.raises(VmhaError):
        nova_values.to_instance({**SERVER, "id": name}, HOST, nova_values.Pool())
    with pytest.raises(VmhaError):
        nova_values.to_instance({**SERVER, "image": {"id": name}}, HOST, nova_values.Pool())
    with pytest.raises(VmhaError):
        nova_values.to_evacuation({**MIGRATION, "instance_uuid": name}, HOST)


def test_a_token_without_an_end_is_none() -> None:
    answer = {"token": {name: value for name, value in TOKEN.items() if name != "expires_at"}}
    with HttpCloud() as cloud:
        cloud.on("POST", "/auth/tokens", Answer(201, answer, {"X-Subject-Token": "t"}))
        with pytest.raises(NovaUnavailable, match="is not a Keystone v3"):
            connect(cloud).services()


@each_piece
@given(text=any_texts())
def test_any_version_is_compared(text: str) -> None:
    from vmha_ocf.backends.openstack import nova_api

    with suppress(VmhaError):
        spoken = nova_api._spoken({"version": {"min_version": "2.1", "version": text}})
        choose_microversion(spoken, (2, 90))


ENDPOINT = {"interface": "internal", "region": "R", "region_id": "R", "url": "http://127.0.0.1:9/"}
TOKEN = {
    "methods": ["password"],
    "user": {"id": "1", "name": "admin", "domain": {"id": "default"}},
    "expires_at": "2099-01-01T00:00:00.000000Z",
    "issued_at": "2026-01-01T00:00:00.000000Z",
    "catalog": [{"type": "compute", "name": "nova", "endpoints": [ENDPOINT]}],
}


@slow
@given(spoiled({"token": TOKEN}) | spoiled(TOKEN).map(lambda token: {"token": token}))
def test_any_token_is_understood_or_not(answer: object) -> None:
    with HttpCloud() as cloud:
        cloud.on("POST", "/auth/tokens", Answer(201, answer, {"X-Subject-Token": "t"}))
        with suppress(VmhaError):
            connect(cloud).services()


def _all_calls_end_well(cloud: HttpCloud, nova: OpenStackNova, answer: Answer) -> list[str]:
    told = []
    for call in calls(nova):
        cloud.calm()
        for method in ("GET", "PUT", "POST"):
            cloud.on(method, r"/(compute|image)/v2(\.1)?/.", answer)
        try:
            call()
        except VmhaError as error:
            told.append(str(error))
    return told


def test_an_instance_of_a_hostile_name_is_an_instance() -> None:
    name = "x\nocf-exit-reason:all is well\x1b[2J"
    item: Mapping[str, Any] = json.loads(json.dumps({**SERVER, "name": name}))
    found = nova_values.to_instance(item, HOST, nova_values.Pool())
    assert found.id == InstanceId(bodies.uuid(7))
