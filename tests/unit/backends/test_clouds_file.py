"""clouds.yaml as people have it: on the wire it means what it says, or one sentence says what is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.http_nova import HttpCloud
from tests.fakes.web_server import DROP, Answer, Request
from vmha_ocf.backends.openstack.clouds_file import read_cloud
from vmha_ocf.backends.openstack.credentials import Credentials, credentials_from
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.backends.openstack.way import Way, way_of
from vmha_ocf.errors import LocalParameterError, NovaDenied, NovaUnavailable, VmhaError
from vmha_ocf.model import Instance, InstanceId, NovaHost

SECRET = "s3cret-word"


@pytest.fixture
def cloud() -> Iterator[HttpCloud]:
    with HttpCloud() as cloud:
        cloud.password = SECRET
        offer_versions(cloud, cloud.url)
        yield cloud


def offer_versions(cloud: HttpCloud, url: str) -> None:
    """keystoneauth asks the Keystone of most logins for its versions first."""
    links = [{"rel": "self", "href": f"{url}/identity/v3/"}]
    version = {"id": "v3.14", "status": "stable", "links": links}
    cloud.on("GET", "identity", Answer(200, {"version": version}))


class Clouds:
    """A clouds.yaml with one cloud ``home``, and what stands beside it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.path = folder / "clouds.yaml"
        auth = {
            "auth_url": f"{url}/identity/v3",
            "username": "admin",
            "password": SECRET,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        self.home: dict[str, Any] = {"auth": auth}
        self.write()

    def write(self, **home: object) -> None:
        self.home.update(home)
        self.text(yaml.safe_dump({"clouds": {"home": self.home}}))

    def auth(self, **changes: object) -> None:
        self.home["auth"].update(changes)
        self.write()

    def text(self, text: str) -> None:
        self.path.write_text(text)
        self.path.chmod(0o600)

    def beside(self, name: str, data: object) -> Path:
        path = self.path.with_name(name)
        path.write_text(yaml.safe_dump(data))
        path.chmod(0o600)
        return path

    def credentials(self, **more: str) -> Credentials:
        return credentials_from({"cloud": "home", "clouds_file": str(self.path), **more})

    def way(self, **more: str) -> Way:
        return way_of(self.credentials(**more))

    def nova(self, **more: str) -> OpenStackNova:
        return OpenStackNova(self.credentials(**more), 5.0)

    def refused(self, **more: str) -> str:
        with pytest.raises(LocalParameterError) as caught:
            self.way(**more)
        assert "s3cret" not in f"{caught.value} {caught.value!r}"
        return str(caught.value)


@pytest.fixture
def clouds(cloud: HttpCloud, tmp_path: Path) -> Clouds:
    return Clouds(tmp_path, cloud.url)


def test_a_user_without_a_domain_is_told(clouds: Clouds) -> None:
    del clouds.home["auth"]["user_domain_name"]
    clouds.write(auth_type="v3password")
    assert "user_domain_name" in clouds.refused()


def told(nova: OpenStackNova, kind: type[VmhaError]) -> str:
    with pytest.raises(kind) as caught:
        nova.services()
    assert "s3cret" not in f"{caught.value} {caught.value!r}"
    return str(caught.value)


def compute_of(cloud: HttpCloud) -> list[str]:
    """The first part of the paths that Nova was asked by."""
    return sorted({one.path.split("/")[1] for one in cloud.received if "os-services" in one.path})


# Which region


TWO = [{"name": "north"}, {"name": "south"}]


def test_two_regions_and_none_chosen_is_refused_with_both_names(clouds: Clouds) -> None:
    clouds.write(regions=["north", "south"])
    sentence = clouds.refused()
    assert "which region? cloud home in" in sentence
    assert "has north, south" in sentence
    assert "region_name=north" in sentence


@pytest.mark.parametrize("regions", [["north", "south"], TWO, "north,south"])
def test_a_region_that_the_cloud_has_is_the_one_that_is_asked(
    cloud: HttpCloud, clouds: Clouds, regions: object
) -> None:
    cloud.regions = ["north", "south"]
    cloud.path_of_region = True
    key = "region_name" if isinstance(regions, str) else "regions"
    clouds.write(**{key: regions})
    clouds.nova(region_name="south").services()
    assert compute_of(cloud) == ["south"]


def test_a_region_that_the_cloud_has_not_is_refused_with_those_that_it_has(clouds: Clouds) -> None:
    clouds.write(regions=TWO)
    sentence = clouds.refused(region_name="east")
    assert "region_name=east is not a region of cloud home" in sentence
    assert "north, south" in sentence


def test_one_region_needs_no_parameter(cloud: HttpCloud, clouds: Clouds) -> None:
    cloud.regions = ["north", "south"]
    cloud.path_of_region = True
    clouds.write(regions=["south"])
    clouds.nova().services()
    assert compute_of(cloud) == ["south"]


def test_the_parameter_takes_the_place_of_the_files_region_name(
    cloud: HttpCloud, clouds: Clouds
) -> None:
    clouds.write(region_name="RegionOne")
    assert clouds.nova().services().known == []
    assert "no region east" in told(clouds.nova(region_name="east"), NovaDenied)


def test_without_a_word_about_regions_the_catalog_may_have_one_only(
    cloud: HttpCloud, clouds: Clouds
) -> None:
    cloud.regions = ["north", "south"]
    assert "which region? compute is in north, south" in told(clouds.nova(), NovaDenied)


def test_a_regions_own_keystone_is_asked(cloud: HttpCloud, clouds: Clouds, tmp_path: Path) -> None:
    with HttpCloud() as south:
        south.password, south.regions = SECRET, ["south"]
        offer_versions(south, south.url)
        auth = {"auth_url": f"{south.url}/identity/v3"}
        clouds.write(
            regions=[{"name": "north"}, {"name": "south", "values": {"auth": auth}}],
        )
        clouds.nova(region_name="south").services()
        assert south.asked("GET", "os-services")
    assert not cloud.received


def test_a_regions_own_interface_is_used(cloud: HttpCloud, clouds: Clouds) -> None:
    cloud.path_of_interface = True
    clouds.write(
        regions=[{"name": "RegionOne", "values": {"interface": "public"}}, {"name": "south"}]
    )
    clouds.nova(region_name="RegionOne").services()
    assert compute_of(cloud) == ["public"]


# Which interface


@pytest.mark.parametrize(
    ("said", "parameter", "asked"),
    [
        ({}, "", "internal"),
        ({"interface": "public"}, "", "public"),
        ({"interface": "publicURL"}, "", "public"),
        ({"endpoint_type": "public"}, "", "public"),
        ({"interface": ["admin", "public"]}, "", "public"),
        ({"interface": "public"}, "internalURL", "internal"),
        ({"compute_interface": "public"}, "", "public"),
        ({"interface": "internal", "compute_interface": ["admin", "public"]}, "", "public"),
    ],
)
def test_the_interface_is_the_one_that_was_said(
    cloud: HttpCloud, clouds: Clouds, said: Mapping[str, object], parameter: str, asked: str
) -> None:
    cloud.path_of_interface = True
    clouds.write(**said)
    clouds.nova(endpoint_type=parameter).services()
    assert compute_of(cloud) == [asked]


def test_none_of_the_interfaces_is_there(cloud: HttpCloud, clouds: Clouds) -> None:
    clouds.write(interface=["admin"])
    sentence = told(clouds.nova(), NovaDenied)
    assert (
        "no admin endpoint in region RegionOne (endpoint_type can be internal, public" in sentence
    )


@pytest.mark.parametrize(
    ("said", "parameter"),
    [
        ({"compute_interface": "public"}, {"endpoint_type": "internal"}),
        ({"compute_region_name": "north"}, {"region_name": "south"}),
    ],
)
def test_a_parameter_against_nova_s_own_value_in_the_file_is_refused(
    clouds: Clouds, said: Mapping[str, object], parameter: Mapping[str, str]
) -> None:
    clouds.write(**said)
    sentence = clouds.refused(**parameter)
    assert "leave out one of the two" in sentence
    assert next(iter(said)) in sentence


def test_another_service_may_be_in_another_region(cloud: HttpCloud, clouds: Clouds) -> None:
    """One Glance for all regions."""
    cloud.regions = ["north", "south"]
    clouds.write(region_name="south", image_region_name="north")
    way = clouds.way()
    assert (way.place("compute").region, way.place("image").region) == ("south", "north")


# Addresses of services


@pytest.mark.parametrize(
    "path",
    ["/elsewhere", "/elsewhere/", "/elsewhere/v2.1", "/elsewhere/v2.1/%(project_id)s"],
)
def test_an_overridden_endpoint_takes_the_catalogs_place(
    cloud: HttpCloud, clouds: Clouds, path: str
) -> None:
    cloud.regions = ["north", "south"]  # of which none is chosen, and none needed
    clouds.write(compute_endpoint_override=cloud.url + path)
    clouds.nova().services()
    assert {one.path for one in cloud.asked("GET", "os-services")} == {
        "/elsewhere/v2.1/os-services"
    }


def test_a_service_may_have_another_name_in_the_catalog(cloud: HttpCloud, clouds: Clouds) -> None:
    cloud.services_offered = ["compute-two", "identity"]
    clouds.write(compute_service_type="compute-two")
    clouds.nova().services()
    assert compute_of(cloud) == ["compute-two"]
    clouds.write(compute_service_name="nova-of-cell-7")
    assert "catalog has no compute-two service" in told(clouds.nova(), NovaDenied)


def test_an_address_that_can_be_none_is_told(cloud: HttpCloud, clouds: Clouds) -> None:
    clouds.write(compute_endpoint_override="http://nova..example:8774/v2.1")
    assert "the address of Nova is none: http://nova..example" in told(
        clouds.nova(), NovaUnavailable
    )


# Ways to log in


def logins(cloud: HttpCloud) -> list[Any]:
    return [one.body["auth"]["identity"] for one in cloud.asked("POST", "auth/tokens")]


def accept_any(cloud: HttpCloud) -> None:
    """A Keystone that knows each kind of login."""

    def token(request: Request) -> Answer:
        right = {"password": {"user": {"name": "admin", "password": SECRET}}}
        auth = {"identity": right, "scope": {"project": {"name": "admin"}}}
        return cloud.usual(
            Request("POST", request.path, {}, {"auth": auth}, dict(request.headers))
        )

    cloud.on("POST", "identity", token)


@pytest.mark.parametrize(
    ("auth_type", "auth", "method"),
    [
        (
            "v3applicationcredential",
            {"application_credential_id": "i", "application_credential_secret": SECRET},
            "application_credential",
        ),
        ("v3token", {"token": SECRET}, "token"),
        ("token", {"token": SECRET}, "token"),
        (
            "v3password",
            {"username": "admin", "password": SECRET, "user_domain_name": "Default"},
            "password",
        ),
        (
            "v3totp",
            {"username": "admin", "passcode": "123456", "user_domain_id": "default"},
            "totp",
        ),
    ],
)
def test_each_login_of_keystoneauth_is_taken(
    cloud: HttpCloud, clouds: Clouds, auth_type: str, auth: Mapping[str, str], method: str
) -> None:
    accept_any(cloud)
    own = {"auth_url": f"{cloud.url}/identity/v3", **auth}
    if auth_type != "v3applicationcredential":
        own |= {"project_name": "admin", "project_domain_name": "Default"}
    clouds.home = {"auth_type": auth_type, "auth": own}
    clouds.write()
    assert clouds.nova().services().known == []
    assert [one["methods"] for one in logins(cloud)] == [[method]]


def test_openid_connect(cloud: HttpCloud, clouds: Clouds) -> None:
    def federated(request: Request) -> Answer:
        assert request.headers["Authorization"] == "Bearer access"
        cloud.tokens += 1
        return Answer(
            201, {"token": {"expires_at": "2099-01-01T00:00:00Z"}}, {"X-Subject-Token": "u"}
        )

    accept_any(cloud)
    cloud.on("POST", "OS-FEDERATION", federated)
    cloud.on("POST", "oidc/token", Answer(200, {"access_token": "access"}))
    own = {
        "auth_url": f"{cloud.url}/identity/v3",
        "identity_provider": "idp",
        "protocol": "openid",
        "client_id": "vmha",
        "client_secret": SECRET,
        "access_token_endpoint": f"{cloud.url}/oidc/token",
        "username": "admin",
        "password": SECRET,
        "project_name": "admin",
        "project_domain_name": "Default",
    }
    clouds.home = {"auth_type": "v3oidcpassword", "auth": own}
    clouds.write()
    assert clouds.nova().services().known == []


@pytest.mark.parametrize("auth_type", ["v3token", "token"])
def test_a_login_that_works_once_is_told(clouds: Clouds, auth_type: str) -> None:
    clouds.home = {"auth_type": auth_type, "auth": {"auth_url": "http://x", "token": SECRET}}
    clouds.write()
    [warning] = clouds.way().warnings
    assert f"auth_type={auth_type} of cloud home" in warning
    assert "when its token ends" in warning


@pytest.mark.parametrize("auth_type", ["none", "http_basic", "admin_token"])
def test_a_nova_without_keystone(cloud: HttpCloud, clouds: Clouds, auth_type: str) -> None:
    auth = {"endpoint": f"{cloud.url}/compute/v2.1"}
    if auth_type == "http_basic":
        auth |= {"username": "admin", "password": SECRET}
    if auth_type == "admin_token":
        auth |= {"token": SECRET}
    cloud.on("GET", "os-services", Answer(200, {"services": []}))
    cloud.on(
        "GET",
        "compute/v2.1/$",
        Answer(200, {"version": {"version": "2.90", "min_version": "2.1"}}),
    )
    clouds.home = {"auth_type": auth_type, "auth": auth}
    clouds.write()
    assert clouds.nova().services().known == []
    assert not cloud.asked("POST", "")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"auth_type": "v3kerberoz"}, "auth_type v3kerberoz is not known here"),
        ({"auth": None}, "cannot be used from"),
        ({"auth": ["a"]}, "something else stands where a mapping has to be"),
        ({"regions": "north"}, "regions of cloud home in"),
        ({"interface": "interna"}, "interface interna of cloud home in"),
        ({"interface": ["internal", "Public"]}, "interface Public of cloud home in"),
        ({"password": 83}, "password of cloud home in"),
        ({"auth_type": "v3oidcpassword"}, "access-token-endpoint"),
        ({"auth_type": "v3applicationcredential"}, "application credential"),
        ({"regions": [{"values": {}}]}, "cannot be used from"),
    ],
)
def test_what_is_wrong_with_the_entry_is_told(
    clouds: Clouds, change: Mapping[str, object], sentence: str
) -> None:
    clouds.write(**change)
    assert sentence in clouds.refused()


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("0123", "a number"),
        ("12:30:45", "a number"),
        ("1.10", "a number"),
        ("yes", "true or false"),
    ],
)
def test_a_password_that_yaml_reads_as_something_else_is_told(
    clouds: Clouds, text: str, read_as: str
) -> None:
    clouds.text(clouds.path.read_text().replace(SECRET, text))
    sentence = clouds.refused()
    assert (
        f"auth.password of cloud home in {clouds.path} is not text: YAML reads it as {read_as}"
        in sentence
    )
    assert "put it in quotes" in sentence


@pytest.mark.parametrize("key", ["project_name", "password"])
@pytest.mark.parametrize("block", ["auth", "beside auth", "regions"])
def test_wherever_it_stands_it_is_what_was_typed(clouds: Clouds, key: str, block: str) -> None:
    if block == "auth":
        clouds.auth(**{key: "TYPED"})
    elif block == "regions":
        clouds.write(regions=[{"name": "north", "values": {"auth": {key: "TYPED"}}}])
    else:
        clouds.write(**{key: "TYPED"})
    clouds.text(clouds.path.read_text().replace("TYPED", "007"))
    sentence = clouds.refused()
    assert f"{key} of cloud home in" in sentence
    assert "YAML reads it as a number" in sentence


def test_a_secure_yaml_may_be_what_yaml_reads_otherwise(clouds: Clouds) -> None:
    path = clouds.beside("secure.yaml", {})
    path.write_text("clouds: {home: {auth: {project-id: 0x7}}}")
    assert "auth.project_id of cloud home" in clouds.refused()
    path.write_text("clouds: {home: {auth: {password: [s3cret]}}}")
    assert "auth.password of cloud home" in clouds.refused()


@pytest.mark.parametrize(
    ("again", "name"),
    [
        ("  home: {auth: {auth_url: 'http://other', password: s3cret}}\n", "home"),
        ("clouds: {home: {}}\n", "clouds"),
        ("  away: {region_name: south, region_name: north}\n", "region_name"),
    ],
)
def test_what_is_there_twice_could_be_another_site(clouds: Clouds, again: str, name: str) -> None:
    """YAML takes the last one, and says nothing."""
    text = clouds.path.read_text()
    clouds.text(f"{text}{again}")
    sentence = clouds.refused()
    assert str(clouds.path) in sentence
    assert f"has the name {name} again" in sentence
    assert "keep one" in sentence


def test_a_clouds_json_is_read(clouds: Clouds) -> None:
    clouds.path = clouds.path.with_suffix(".json")
    clouds.text(json.dumps({"clouds": {"home": clouds.home}}))
    assert clouds.way().trust.verify is True


@pytest.mark.parametrize(
    ("missing", "empty"), [("password", None), ("password", ""), ("username", None)]
)
def test_a_login_without_what_a_terminal_would_ask_for_is_told(
    clouds: Clouds, missing: str, empty: str | None
) -> None:
    clouds.auth(**{missing: empty})
    sentence = clouds.refused()
    assert f"auth.{missing} of cloud home in {clouds.path} is missing or empty" in sentence
    assert "secure.yaml" in sentence


def test_a_user_by_id_is_one(clouds: Clouds) -> None:
    del clouds.home["auth"]["username"], clouds.home["auth"]["user_domain_name"]
    clouds.auth(user_id="u-1")
    assert clouds.way().trust.verify is True


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "keystone:5000/v3",
            "auth_url=keystone:5000/v3 is not the address of a Keystone, of cloud",
        ),
        ("https://admin:s3cret@keystone/v3", "auth_url=keystone/v3 holds a user name or a pass"),
    ],
)
def test_an_address_of_keystone_that_is_none_is_told(clouds: Clouds, url: str, says: str) -> None:
    clouds.auth(auth_url=url)
    assert says in clouds.refused()


def test_an_application_credential_without_its_kind_is_told(clouds: Clouds) -> None:
    clouds.home["auth"] = {
        "auth_url": "https://keystone/v3",
        "application_credential_id": "i",
        "application_credential_secret": SECRET,
    }
    clouds.write()
    sentence = clouds.refused()
    assert "auth.application_credential_id does not belong to its auth_type" in sentence
    assert "v3applicationcredential" in sentence


@pytest.mark.parametrize("text", ["", "clouds: {}\n", "home: {}\n", "clouds: {defaults: {}}\n"])
def test_a_file_without_clouds_is_told(clouds: Clouds, text: str) -> None:
    clouds.text(text)
    assert "it is not there (it has: none, under clouds:)" in clouds.refused()


def test_a_profile_that_openstacksdk_would_fetch_is_told(clouds: Clouds) -> None:
    clouds.write(profile="vexxhost")
    assert "profile=https://vexxhost.com of cloud home" in clouds.refused()


def test_a_project_whose_name_is_a_number_is_taken(cloud: HttpCloud, clouds: Clouds) -> None:
    cloud.projects = ["2024"]
    clouds.auth(project_name=2024)
    assert clouds.nova().services().known == []


# The files


def test_secure_yaml_has_the_secrets(cloud: HttpCloud, clouds: Clouds) -> None:
    clouds.home["auth"].pop("password")
    clouds.write()
    clouds.beside("secure.yaml", {"clouds": {"home": {"auth": {"password": SECRET}}}})
    assert clouds.nova().services().known == []


def test_a_secure_yaml_that_is_not_there_any_more_is_told_at_once(clouds: Clouds) -> None:
    clouds.path.with_name("secure.yaml").symlink_to("/nowhere")
    assert "secure.yaml cannot be read: no such file" in clouds.refused()


def test_a_secure_yaml_that_is_no_yaml_is_told_by_its_line(clouds: Clouds) -> None:
    clouds.path.with_name("secure.yaml").write_text("clouds:\n  home: {auth: [s3cret\n")
    assert "line 3 of it, or of secure.yaml, is no YAML" in clouds.refused()


@pytest.mark.parametrize("which", ["clouds.yaml", "secure.yaml", "client.key"])
def test_a_file_with_secrets_that_everyone_can_read_is_told(
    clouds: Clouds, client: Callable[[str], Path], which: str
) -> None:
    clouds.beside("secure.yaml", {"clouds": {}})
    pair = client("client")
    clouds.write(cert=str(pair.with_suffix(".pem")), key=str(pair.with_suffix(".key")))
    assert clouds.way().exposed == []
    path = clouds.path.with_name(which)
    os.chmod(path, 0o644)
    assert clouds.way().exposed == [
        f"{path} can be read by every user of this node: chmod o-r {path}"
    ]


def test_a_vendor_file_beside_it_has_the_profile(cloud: HttpCloud, clouds: Clouds) -> None:
    url = clouds.home["auth"].pop("auth_url")
    clouds.write(profile="ours")
    profile = {"auth": {"auth_url": url}, "interface": "public"}
    clouds.beside("clouds-public.yaml", {"public-clouds": {"ours": profile}})
    cloud.path_of_interface = True
    clouds.nova().services()
    assert compute_of(cloud) == ["public"]


def test_a_profile_that_is_not_found_is_told(clouds: Clouds) -> None:
    clouds.write(profile="ours")
    [warning] = clouds.way().warnings
    assert "vendor profile 'ours'" in warning


def test_no_web_server_is_asked_for_a_profile(cloud: HttpCloud, clouds: Clouds) -> None:
    clouds.write(profile=cloud.url)
    assert "would be asked from a web server" in clouds.refused()
    assert not cloud.received


def test_a_cloud_that_is_not_in_the_file_is_told_with_those_that_are(clouds: Clouds) -> None:
    with pytest.raises(LocalParameterError, match="it is not there") as caught:
        way_of(credentials_from({"cloud": "away", "clouds_file": str(clouds.path)}))
    assert caught.value.hint == "it has: home"


@pytest.mark.parametrize(
    "text", ["clouds: {home: {auth: {password: s3cret", "- 1", "", "clouds: 5"]
)
def test_a_file_that_is_none_is_told_without_its_words(clouds: Clouds, text: str) -> None:
    clouds.text(text)
    assert "cloud=home cannot be used from" in clouds.refused()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    with pytest.raises(LocalParameterError, match="no such file"):
        way_of(credentials_from({"cloud": "home", "clouds_file": str(path)}))


def test_json_is_read(cloud: HttpCloud, clouds: Clouds, tmp_path: Path) -> None:
    path = tmp_path / "clouds.json"
    path.write_text(json.dumps({"clouds": {"home": clouds.home}}))
    way_of(credentials_from({"cloud": "home", "clouds_file": str(path)}))


def test_only_etc_openstack_is_looked_at_without_a_path(
    clouds: Clouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where the person stands nor their home is the worker's."""
    etc = tmp_path / "etc"
    etc.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    credentials = credentials_from({"cloud": "home"})
    with pytest.raises(LocalParameterError, match=f"there is no {etc}/clouds.yaml on this node"):
        read_cloud(credentials, str(etc))
    (etc / "clouds.yml").write_text(clouds.path.read_text())
    assert read_cloud(credentials, str(etc)).files == (f"{etc}/clouds.yml",)


# What the libraries would do by themselves


def test_nothing_is_sent_twice_whatever_the_file_says(cloud: HttpCloud, clouds: Clouds) -> None:
    clouds.write(
        connect_retries=5,
        status_code_retries=5,
        compute_connect_retries=5,
        compute_status_code_retries=5,
    )
    nova = clouds.nova()
    nova.services()
    instance = Instance(InstanceId("00000000-0000-0000-0000-000000000007"), NovaHost("compute-1"))
    for fault in (DROP, Answer(503), Answer(307, None, {"Location": f"{cloud.url}/elsewhere"})):
        before = len(cloud.asked("POST", "action|elsewhere"))
        cloud.on("POST", "action", fault)
        with pytest.raises(NovaUnavailable):
            nova.evacuate(instance)
        assert len(cloud.asked("POST", "action|elsewhere")) == before + 1


def test_the_environment_says_nothing(
    cloud: HttpCloud, clouds: Clouds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login leaked password s3cret-of-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    proxy = "http://127.0.0.1:9"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OS_AUTH_URL", "http://192.0.2.1")
    monkeypatch.setenv("OS_CLOUD", "other")
    monkeypatch.setenv("OS_REGION_NAME", "other")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nowhere")
    assert clouds.nova().services().known == []
    assert cloud.received
    assert not [one for one in cloud.received if "Authorization" in one.headers]
