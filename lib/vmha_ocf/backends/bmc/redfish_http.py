"""The Redfish child's way to a BMC: sushy's connector and login, without the liberties that they take.

The only importer of sushy, and imported by ``redfish_child.py`` alone, in its process: a stand-in that
saves time is put before a library here.
"""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Mapping
from urllib.parse import urlsplit

CONNECT = 5.0  # seconds; who does not answer a SYN by then is silent
KEPT = 3.0  # seconds; many web servers end a connection that was quiet for five
REDIRECTS = 3


def stand_ins() -> Mapping[str, types.ModuleType]:
    """For what sushy imports and we never come to use: setuptools' for the files of its registries (its
    newer releases do without), pbr for its version's name. Both take as long as all the rest of it."""
    resources, pbr, version = map(types.ModuleType, ("pkg_resources", "pbr", "pbr.version"))
    vars(version)["VersionInfo"] = lambda _name: version
    vars(version)["version_string"] = str
    vars(pbr)["version"] = version
    return {one.__name__: one for one in (resources, pbr, version)}


def load_sushy() -> None:
    """Without them, if it takes that. Raises ImportError."""
    before = {name: sys.modules.get(name) for name in stand_ins()}
    sys.modules.update(stand_ins())
    try:
        import sushy  # noqa: F401
    except Exception:  # noqa: BLE001 - whatever it misses: the next import finds all
        for name in [one for one in sys.modules if one.partition(".")[0] == "sushy"]:
            del sys.modules[name]
    for name, module in before.items():
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module


load_sushy()

import requests  # noqa: E402
import sushy  # noqa: E402
from sushy import auth, connector, exceptions  # noqa: E402

__all__ = ["Login", "StrictConnector", "exceptions", "requests", "sushy", "within"]


class StrictConnector(connector.Connector):  # type: ignore[misc]
    """sushy's way to a BMC, without the liberties that it takes: it waits without end, repeats what
    failed (requests that change something, too), logs in again when a session is lost, and follows the
    BMC's word to whatever host that names. Here each is sent once, to the one address.

    A connection is kept for the next look, as each new one costs a handshake that a BMC's processor
    takes long for. One that the BMC has ended without a word fails as it is used: what only reads is then
    asked once more on a new one, and no connection is kept from then on. What changes something begins a
    new one in the first place, so that it fails as it always did: before it was sent, or without a
    clear answer.

    The overridden method is a private one: the contract tests run it on sushy as installed.
    """

    def __init__(self, url: str, verify: bool | str) -> None:
        super().__init__(url, verify=verify)
        self._base = url
        self._http = self._session
        self._http.verify = verify
        self._http.trust_env = False  # no proxy, no ~/.netrc, no other CAs than those said
        self._keeps = True
        self._used: float | None = None
        """When the connection that is kept was last answered on."""

    def _op(
        self,
        method: str,
        path: str = "",
        data: object = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> requests.Response:
        told = {"OData-Version": "4.0", "Accept-Encoding": "identity", **(headers or {})}
        for _hop in range(REDIRECTS):
            response = self._send(method, self._base + within(path), told, data)
            if method != "GET" or not response.is_redirect:
                break
            path = response.headers["Location"]
        exceptions.raise_for_response(method, path, response)
        return with_location(method, response)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], data: object
    ) -> requests.Response:
        if self._is_old() or method not in ("GET", "DELETE"):
            self._renew()
        try:
            return self._send_once(method, url, headers, data)
        except requests.exceptions.ConnectTimeout:
            raise
        except requests.exceptions.ConnectionError:
            if self._used is None:
                raise
            self._keeps = False
            self._renew()
            return self._send_once(method, url, headers, data)

    def _send_once(
        self, method: str, url: str, headers: Mapping[str, str], data: object
    ) -> requests.Response:
        response = self._http.request(
            method,
            url,
            json=data,
            headers={**headers, "Connection": "keep-alive" if self._keeps else "close"},
            timeout=(CONNECT, None),
            allow_redirects=False,
        )
        self._used = time.monotonic() if self._keeps else None
        return response

    def _is_old(self) -> bool:
        return self._used is not None and time.monotonic() - self._used > KEPT

    def _renew(self) -> None:
        """The next request begins a connection of its own."""
        self._http.close()
        self._used = None


class Login(auth.SessionAuth):  # type: ignore[misc]
    """A session, or Basic authentication where the BMC has none to give. A wrong password is tried once:
    accounts are locked for less."""

    sessionless = False

    def _do_authenticate(self) -> None:
        root = self._root_resource.json
        if "SessionService" not in root and "Sessions" not in (root.get("Links") or {}):
            return self._go_without()
        try:
            super()._do_authenticate()
        except exceptions.AccessError:
            raise
        except exceptions.HTTPError:  # the limit is reached, the service is off, ...
            self.reset_session_attrs()
            self._go_without()

    def _go_without(self) -> None:
        self.sessionless = True
        self._connector.set_http_basic_auth(self._username, self._password)


def within(path: str) -> str:
    """What a BMC calls itself is often a name that nobody else knows: only the path counts."""
    parts = urlsplit(path)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def with_location(method: str, response: requests.Response) -> requests.Response:
    """A new session says where it is in its body, too, and some only there."""
    if method == "POST" and "X-Auth-Token" in response.headers:
        try:
            found = response.json().get("@odata.id")
        except (ValueError, AttributeError):
            found = None
        if found:
            response.headers.setdefault("Location", found)
    return response
