from __future__ import annotations

import pytest

from vmha_ocf.backends.openstack.credentials import (
    Credentials,
    credentials_from,
    parse_auth_url,
    parse_interface,
)
from vmha_ocf.errors import ParameterError

PASSWORD = {
    "auth_url": "http://keystone:5000/v3",
    "username": "nova",
    "password": "s3cret",
    "project_name": "service",
}


def test_what_upstreams_agent_was_given() -> None:
    found = credentials_from(
        {
            "auth_url": "http://vip-keystone:35357/v2.0/",
            "username": "admin",
            "password": " s3cret ",
            "tenant_name": "admin",
            "user_domain": "Heat",
            "region_name": "",
            "endpoint_type": "internalURL",
            "insecure": "0",
        }
    )
    assert found.auth_url == "http://vip-keystone:35357/v3"
    assert found.password == " s3cret "
    assert (found.project_name, found.project_domain) == ("admin", "Default")
    assert (found.user_domain, found.region_name) == ("Heat", "")
    assert (found.interface, found.insecure) == ("internal", False)


def test_secrets_are_not_shown() -> None:
    secrets = {"password": "s3cret", "application_credential_secret": "s3cret"}
    shown = repr(credentials_from(PASSWORD | secrets | {"application_credential_id": "1"}))
    assert "s3cret" not in shown
    assert "nova" in shown


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://keystone:5000", "https://keystone:5000/v3"),
        ("https://keystone:5000/", "https://keystone:5000/v3"),
        ("https://keystone:5000/v3/", "https://keystone:5000/v3"),
        ("http://keystone:5000/v2.0", "http://keystone:5000/v3"),
        ("http://keystone:5000/v2//", "http://keystone:5000/v3"),
        ("http://keystone:5000//v3", "http://keystone:5000/v3"),
        ("http://keystone/HEX", "http://keystone/HEX/v3"),
        ("http://keystone/HEX/v3", "http://keystone/HEX/v3"),
        ("http://keystone/identity", "http://keystone/identity/v3"),
        ("http://keystone/identity/v3", "http://keystone/identity/v3"),
        ("http://[2001:db8::1]:5000/v3/auth/tokens", "http://[2001:db8::1]:5000/v3"),
    ],
)
def test_the_auth_url_is_always_of_version_3(text: str, url: str) -> None:
    assert parse_auth_url(text) == url


@pytest.mark.parametrize(
    "text", ["keystone:5000", "ftp://keystone", "http://", "http://[::1", "http://k:port/v3"]
)
def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(ParameterError, match="is not the address of a Keystone") as caught:
        parse_auth_url(text)
    assert "https://keystone:5000/v3" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["http://admin:s3cret@keystone:5000/v3", "x://a:s3cret@b", "x://a:b@s3cret@c"]
)
def test_an_address_with_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_auth_url(text)
    assert "s3cret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "interface"),
    [("internalURL", "internal"), ("publicurl", "public"), ("admin", "admin"), ("", "")],
)
def test_an_interface_with_or_without_url(text: str, interface: str) -> None:
    assert parse_interface(text) == interface


APPLICATION = {"auth_url": "http://keystone:5000", "application_credential_secret": "s3cret"}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "neither auth_url nor cloud is given"),
        ({"auth_url": "http://keystone:5000"}, "username and password and project_name not given"),
        (PASSWORD | {"password": ""}, "password not given"),
        (PASSWORD | {"tenant_name": "admin"}, "project_name=service and tenant_name=admin"),
        (PASSWORD | {"endpoint_type": "private"}, "endpoint_type=private is not one of"),
        (PASSWORD | {"insecure": "maybe"}, "insecure='maybe' is neither yes nor no"),
        (PASSWORD | {"insecure": "1", "ca_file": "/ca"}, "insecure=true verifies no"),
        (PASSWORD | {"ca_file": "ca.pem"}, "ca_file=ca.pem is not an absolute path"),
        (PASSWORD | {"cloud": "home"}, "two ways to log in"),
        ({"clouds_file": "/etc/clouds.yaml"}, "not which of its clouds"),
        ({"cloud": "home", "clouds_file": "x"}, "clouds_file=x is not an absolute path"),
        (APPLICATION, "which application credential"),
        (APPLICATION | {"application_credential_name": "ha"}, "which application credential"),
        (
            APPLICATION | {"application_credential_secret": "", "application_credential_id": "1"},
            "application_credential_secret is not given",
        ),
    ],
)
def test_what_is_wrong(parameters: dict[str, str], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        credentials_from(parameters)
    assert sentence in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.hint


def test_complete_in_each_way() -> None:
    assert credentials_from({"cloud": "home", "user_domain": "Default"}).cloud == "home"
    by_id = APPLICATION | {"application_credential_id": "1"}
    assert credentials_from(by_id).application_credential_id == "1"
    by_name = {"application_credential_name": "ha", "username": "nova"}
    assert credentials_from(APPLICATION | by_name).application_credential_name == "ha"


def test_booleans_are_read_and_not_merely_seen() -> None:
    assert credentials_from(PASSWORD | {"insecure": "TRUE"}).insecure
    assert not credentials_from(PASSWORD | {"insecure": "no"}).insecure


def test_what_is_not_said_is_as_documented() -> None:
    assert credentials_from(PASSWORD) == Credentials(
        "http://keystone:5000/v3", "nova", "s3cret", "service", "Default", "Default"
    )


def test_everything_that_may_be_said() -> None:
    assert credentials_from(
        PASSWORD
        | {
            "user_domain": "heat",
            "project_domain": "ops",
            "region_name": "one",
            "endpoint_type": "admin",
            "insecure": "no",
            "ca_file": "/etc/ca.pem",
        }
    ) == Credentials(
        "http://keystone:5000/v3",
        "nova",
        "s3cret",
        "service",
        "heat",
        "ops",
        region_name="one",
        interface="admin",
        ca_file="/etc/ca.pem",
    )


def test_an_application_credential_is_kept_as_it_is() -> None:
    given = {
        "application_credential_id": " 1 ",
        "application_credential_name": "ha",
        "application_credential_secret": " s3cret ",
        "username": "nova",
    }
    assert credentials_from(APPLICATION | given) == Credentials(
        "http://keystone:5000/v3",
        "nova",
        application_credential_id="1",
        application_credential_name="ha",
        application_credential_secret=" s3cret ",
    )


def test_a_cloud_and_its_file() -> None:
    assert credentials_from({"cloud": "home", "clouds_file": "/etc/c.yaml"}) == Credentials(
        cloud="home", clouds_file="/etc/c.yaml"
    )


@pytest.mark.parametrize(
    "name", ["auth_url", "username", "password", "application_credential_secret"]
)
def test_a_cloud_says_all_of_the_login(name: str) -> None:
    with pytest.raises(ParameterError, match=f"cloud=home and {name} are two ways") as caught:
        credentials_from({"cloud": "home", name: "http://x"})
    assert "clouds.yaml" in caught.value.hint


def test_all_that_is_too_much_beside_a_cloud_is_named() -> None:
    with pytest.raises(ParameterError, match="cloud=home and auth_url, username, password, app"):
        credentials_from(
            PASSWORD | {"cloud": "home", "application_credential_id": "1", "project_name": "x"}
        )


def test_two_names_for_one_project_may_say_the_same() -> None:
    same = credentials_from(PASSWORD | {"tenant_name": "service"})
    assert same.project_name == "service"


@pytest.mark.parametrize("name", ["ca_file", "clouds_file"])
def test_a_path_that_is_none_is_told_with_an_example(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        credentials_from(PASSWORD | {name: "x"})
    assert f"for example {name}=/etc/openstack/{name}" in caught.value.hint
