"""What an operator reads when the way to Nova is wrong: one sentence for each cause, no secret."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from tests.fakes.http_nova import HttpCloud, connect
from tests.fakes.web_server import DROP, Answer
from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import (
    LocalParameterError,
    NovaBusy,
    NovaDenied,
    NovaUnreached,
    VmhaError,
)


@pytest.fixture
def cloud() -> Iterator[HttpCloud]:
    with HttpCloud() as cloud:
        cloud.password = "s3cret-word"
        yield cloud


def login(cloud: HttpCloud) -> Login:
    given = {"username": "admin", "password": cloud.password, "project_name": "admin"}
    return Login(credentials_from({"auth_url": f"{cloud.url}/identity", **given}), 5.0)


def told(nova: OpenStackNova, kind: type[VmhaError]) -> str:
    """The error's sentence, in which, like in all that led to it, there is no secret."""
    with pytest.raises(kind) as caught:
        nova.services()
    error: BaseException | None = caught.value
    while error is not None:
        assert "s3cret" not in f"{error} {error!r}"
        assert "token-" not in f"{error} {error!r}"
        error = error.__cause__
    assert type(caught.value) is kind
    return str(caught.value)


def test_a_wrong_password(cloud: HttpCloud) -> None:
    sentence = told(connect(cloud, password="s3cret-wrong"), NovaDenied)
    assert "does not accept user admin of domain Default with this password" in sentence


def test_an_unknown_project_is_not_a_wrong_password(cloud: HttpCloud) -> None:
    sentence = told(connect(cloud, project_name="nope"), NovaDenied)
    assert "accepts user admin, but not for project nope" in sentence


def test_a_wrong_password_is_asked_about_only_once(cloud: HttpCloud) -> None:
    nova = connect(cloud, password="s3cret-wrong")
    for _ in range(3):
        told(nova, NovaDenied)
    assert len(cloud.asked("POST", "identity")) == 4


def test_the_catalog_tells_which_services_there_are(cloud: HttpCloud) -> None:
    cloud.services_offered = ["compute", "image", "instance-ha"]
    assert login(cloud).offered() == {"compute", "image", "instance-ha"}


def test_a_catalog_that_makes_no_sense_offers_nothing_that_is_known(cloud: HttpCloud) -> None:
    token = {"methods": ["password"], "expires_at": "2099-01-01T00:00:00Z", "catalog": [7, "x"]}
    broken = Answer(201, {"token": token}, {"X-Subject-Token": "token-1"})
    cloud.on("POST", "identity", broken)
    with pytest.raises(VmhaError, match="is not a Keystone v3"):
        login(cloud).offered()


def test_an_unknown_region(cloud: HttpCloud) -> None:
    cloud.regions = ["north", "south"]
    sentence = told(connect(cloud, region_name="east"), NovaDenied)
    assert "no region east with a compute service (region_name can be north, south)" in sentence


def test_two_regions_and_none_named(cloud: HttpCloud) -> None:
    cloud.regions = ["north", "south"]
    assert "which region? compute is in north, south" in told(connect(cloud), NovaDenied)
    assert connect(cloud, region_name="south").services().known == []


def test_an_interface_that_the_catalog_lacks(cloud: HttpCloud) -> None:
    sentence = told(connect(cloud, endpoint_type="adminURL"), NovaDenied)
    assert "no admin endpoint in region RegionOne" in sentence
    assert "internal, public" in sentence


def test_a_catalog_without_nova(cloud: HttpCloud) -> None:
    cloud.services_offered = ["identity"]
    assert "catalog has no compute service" in told(connect(cloud), NovaDenied)


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (Answer(200, "<html>It works!</html>"), NovaUnreached, "is not a Keystone v3"),
        (Answer(201, {"token": {}}), NovaUnreached, "is not a Keystone v3"),
        (Answer(302, None, {"Location": "/"}), NovaUnreached, "is not a Keystone v3"),
        (Answer(404, "<html>"), NovaUnreached, "there is no Keystone v3 at"),
        (Answer(503, "<html>"), NovaUnreached, "answered 503"),
        (Answer(429, "<html>"), NovaBusy, "slow down"),
        (Answer(403, "<html>"), NovaDenied, "forbids"),
        (Answer(201, {}, delay=1.0), NovaUnreached, "did not answer within 0.4 s"),
        (DROP, NovaUnreached, "broke off the connection"),
    ],
)
def test_keystone_answers_otherwise(
    cloud: HttpCloud, answer: Answer, kind: type[VmhaError], sentence: str
) -> None:
    cloud.on("POST", "identity", answer)
    assert sentence in told(connect(cloud, timeout=0.4), kind)


def test_keystone_comes_back(cloud: HttpCloud) -> None:
    nova = connect(cloud)
    cloud.on("POST", "identity", Answer(503), cloud.usual)
    told(nova, NovaUnreached)
    assert nova.services().known == []


def test_nobody_listens(cloud: HttpCloud) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v3"
        sentence = told(connect(cloud, auth_url=url), NovaUnreached)
    assert "Keystone at http://127.0.0.1" in sentence
    assert "connection refused" in sentence


def test_a_name_that_does_not_resolve(cloud: HttpCloud) -> None:
    nova = connect(cloud, auth_url="http://keystone.invalid:5000/v3")
    assert "its name does not resolve here" in told(nova, NovaUnreached)


def test_a_ca_file_that_is_missing(cloud: HttpCloud) -> None:
    with pytest.raises(LocalParameterError, match="ca_file=/nowhere cannot be read"):
        connect(cloud, ca_file="/nowhere")


def test_not_a_trace_of_a_secret_in_the_libraries_debug_log(
    cloud: HttpCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect(cloud).services()
    assert "/identity/v3/auth/tokens" in caplog.text
    assert "s3cret" not in caplog.text
    assert "token-" not in caplog.text
