"""What an operator reads when the way to Nova is wrong: one sentence for each cause, no secret."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.http_nova import DROP, Answer, HttpCloud, connect
from vmha_ocf.backends.openstack.clouds_file import exposed_clouds_file
from vmha_ocf.backends.openstack.credentials import Credentials, credentials_from
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


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that it signed itself."""
    both = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(both), "-out", str(tmp_path / "ca.pem")]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    both.write_text(both.read_text() + (tmp_path / "ca.pem").read_text())
    return both


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


def test_a_certificate_that_nobody_trusts(certificate: Path) -> None:
    with HttpCloud(str(certificate)) as cloud:
        sentence = told(connect(cloud), NovaUnreached)
        assert "a certificate that is not trusted: self" in sentence
        assert "ca_file=" in sentence
        assert cloud.received == []
        assert connect(cloud, insecure="1").services().known == []
        trusting = connect(cloud, ca_file=str(certificate.with_name("ca.pem")))
        assert trusting.services().known == []


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


# clouds.yaml

CLOUDS = """
clouds:
  home:
    region_name: RegionOne
    interface: publicURL
    auth:
      auth_url: {url}/identity/v3
      username: admin
      password: s3cret-word
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
"""


@pytest.fixture
def clouds_file(cloud: HttpCloud, tmp_path: Path) -> Path:
    path = tmp_path / "clouds.yaml"
    path.write_text(CLOUDS.format(url=cloud.url))
    path.chmod(0o600)
    # keystoneauth asks such a cloud's Keystone for its versions first.
    versions = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": ""}]}
    versions["links"] = [{"rel": "self", "href": f"{cloud.url}/identity/v3/"}]
    cloud.on("GET", "identity", Answer(200, {"version": versions}))
    return path


def of_cloud(name: str, clouds_file: Path, **more: str) -> Credentials:
    return credentials_from({"cloud": name, "clouds_file": str(clouds_file), **more})


def test_a_cloud_of_clouds_yaml(
    cloud: HttpCloud, clouds_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the shell of whoever runs this says is another cloud's.
    monkeypatch.setenv("OS_AUTH_URL", "http://192.0.2.1")
    cloud.services = []
    assert OpenStackNova(of_cloud("home", clouds_file), 5.0).services().known == []
    region = of_cloud("home", clouds_file, region_name="east")
    assert "no region east" in told(OpenStackNova(region, 5.0), NovaDenied)


def test_a_cloud_that_is_not_in_the_file(clouds_file: Path) -> None:
    with pytest.raises(LocalParameterError, match="cloud=away cannot be used from /"):
        OpenStackNova(of_cloud("away", clouds_file))


def test_a_clouds_file_that_is_no_yaml(clouds_file: Path) -> None:
    clouds_file.write_text("clouds: {home: {auth: {password: s3cret")
    with pytest.raises(LocalParameterError) as caught:
        OpenStackNova(of_cloud("home", clouds_file))
    assert "s3cret" not in str(caught.value)


def test_a_clouds_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalParameterError, match="no such file"):
        OpenStackNova(of_cloud("home", tmp_path / "nowhere.yaml"))


def test_a_clouds_file_that_everyone_can_read_is_told(clouds_file: Path) -> None:
    credentials = of_cloud("home", clouds_file)
    assert exposed_clouds_file(credentials) == ""
    os.chmod(clouds_file, 0o644)
    assert f"chmod o-r {clouds_file}" in exposed_clouds_file(credentials)
    assert exposed_clouds_file(of_cloud("home", clouds_file.with_name("none"))) == ""
