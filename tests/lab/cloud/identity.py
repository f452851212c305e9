"""Users, projects, the catalogue, and the clouds.yaml that names them all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.lab.cloud.config import PASSWORD
from tests.lab.cloud.rest import call
from tests.lab.cloud.site import Site

REGION = "RegionOne"
# Every other password is told apart from these, so that tests can search logs for them.
VMHA_PASSWORD = "secret-password-of-vmha"
PLAIN_PASSWORD = "secret-password-of-plain"
VMHA_CREDENTIAL_SECRET = "secret-of-the-application-credential"
_CATALOG = {
    "keystone": ("identity", "/v3"),
    "nova-api": ("compute", "/v2.1"),
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "neutron": ("network", ""),
}


@dataclass(frozen=True)
class User:
    name: str
    password: str
    project: str


ADMIN = User("admin", PASSWORD, "admin")
VMHA = User("vmha", VMHA_PASSWORD, "service")
PLAIN = User("plain", PLAIN_PASSWORD, "tenant")
USERS = {user.name: user for user in (ADMIN, VMHA, PLAIN)}


def token(site: Site, user: User) -> tuple[str, str]:
    """A token, and the id of its user."""
    who = {"name": user.name, "domain": {"name": "Default"}, "password": user.password}
    scope = {"project": {"name": user.project, "domain": {"name": "Default"}}}
    identity = {"methods": ["password"], "password": {"user": who}}
    body = {"auth": {"identity": identity, "scope": scope}}
    url = site.url("keystone", "/v3/auth/tokens")
    answer = call("POST", url, body, netns=site.netns)
    return answer.headers.get("x-subject-token", ""), answer.expect(201)["token"]["user"]["id"]


def check_token(site: Site, value: str) -> None:
    """What every service asks of Keystone for every request that it gets."""
    headers = {"X-Auth-Token": value, "X-Subject-Token": value}
    url = site.url("keystone", "/v3/auth/tokens")
    call("GET", url, headers=headers, netns=site.netns).expect(200)


class Keystone:
    """The few calls that fill an empty Keystone."""

    def __init__(self, site: Site, user: User = ADMIN) -> None:
        self._site = site
        self._token, self.user_id = token(site, user)

    def create(self, kind: str, path: str, **body: object) -> Any:
        return self._call("POST", path, {kind: body}).expect(201)[kind]

    def find(self, kind: str, name: str) -> str:
        found = self._call("GET", f"/{kind}?name={name}").expect(200)[kind]
        return str(found[0]["id"])

    def grant(self, project: str, user: str, role: str) -> None:
        self._call("PUT", f"/projects/{project}/users/{user}/roles/{role}").expect(204)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        url = self._site.url("keystone", f"/v3{path}")
        headers = {"X-Auth-Token": self._token}
        return call(method, url, body, headers=headers, netns=self._site.netns)


def fill(site: Site) -> str:
    """Make it all in a Keystone that knows its administrator only.

    The id of the application credential of vmha is returned.
    """
    keystone = Keystone(site)
    admin, member = (keystone.find("roles", name) for name in ("admin", "member"))
    service = keystone.create("project", "/projects", name="service")["id"]
    tenant = keystone.create("project", "/projects", name="tenant")["id"]
    wanted = [
        ("nova", PASSWORD, service, admin),
        ("placement", PASSWORD, service, admin),
        (VMHA.name, VMHA.password, service, admin),
        (PLAIN.name, PLAIN.password, tenant, member),
    ]
    for name, password, project, role in wanted:
        user = keystone.create("user", "/users", name=name, password=password)["id"]
        keystone.grant(project, user, role)
    # Nova accepts a service token only from a user with this role.
    keystone.grant(service, keystone.find("users", "nova"), keystone.find("roles", "service"))
    _fill_catalog(site, keystone)
    return _application_credential(site)


def _fill_catalog(site: Site, keystone: Keystone) -> None:
    for service, (kind, path) in _CATALOG.items():
        made = keystone.create("service", "/services", type=kind, name=service)["id"]
        for interface in ("public", "internal", "admin"):
            keystone.create(
                "endpoint",
                "/endpoints",
                service_id=made,
                interface=interface,
                region_id=REGION,
                url=site.url(service, path),
            )


def _application_credential(site: Site) -> str:
    vmha = Keystone(site, VMHA)
    path = f"/users/{vmha.user_id}/application_credentials"
    made = vmha.create("application_credential", path, name="vmha", secret=VMHA_CREDENTIAL_SECRET)
    return str(made["id"])


def clouds_yaml(site: Site, credential_id: str) -> str:
    """JSON is YAML: entries admin, vmha, plain (without the admin role) and vmha-credential."""
    url = site.url("keystone", "/v3")
    common = {"region_name": REGION, "identity_api_version": 3}
    clouds: dict[str, object] = {}
    for user in USERS.values():
        auth = {
            "auth_url": url,
            "username": user.name,
            "password": user.password,
            "project_name": user.project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        clouds[user.name] = {**common, "auth": auth}
    secret = {
        "auth_url": url,
        "application_credential_id": credential_id,
        "application_credential_secret": VMHA_CREDENTIAL_SECRET,
    }
    kind = "v3applicationcredential"
    clouds["vmha-credential"] = {**common, "auth_type": kind, "auth": secret}
    return json.dumps({"clouds": clouds}, indent=2) + "\n"
