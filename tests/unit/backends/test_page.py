"""The page's server over real sockets: who is told what, what it costs at most, and what the files have in
them. A real browser looks at it in tests/browser."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.browser.shown import EVIL, PICTURES, instance
from vmha_ocf.backends.telling import answers, streams, web
from vmha_ocf.backends.telling.answers import Answers
from vmha_ocf.backends.telling.door import Door
from vmha_ocf.backends.telling.token_file import TokenFile
from vmha_ocf.backends.telling.web import Web
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.incidents.status import Picture

TOKEN = "0123456789abcdef"
PATIENCE = 20.0
BEGAN = 1_795_219_300.0
PAGE = Path(answers.__file__).with_name("page")
JSON = ("/v1/status", "/v1/hosts", "/v1/incidents", "/v1/policy")
Got = tuple[int, Mapping[str, str], bytes]


class Site:
    """A server, and the picture that it shows."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.token: Callable[[], str] = lambda: TOKEN
        found = Answers(lambda: self.picture, lambda _: ("text/plain", b"vmha_problems 0\n"))
        self.web = Web(("127.0.0.1", 0), Door("vip.example", lambda: self.token()), found)
        self.web.start()

    def get(self, path: str, method: str = "GET", **head: str) -> Got:
        connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=PATIENCE)
        with closing(connection):
            headers = {name.replace("_", "-"): value for name, value in head.items()}
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def follow(self, token: str = "") -> Followed:
        return Followed(self.web.port, token)


class Followed:
    """An open page."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        secret = f"X-Vmha-Token: {token}\r\n" if token else ""
        self.connection.sendall(
            f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n{secret}\r\n".encode()
        )
        self._read = self.connection.makefile("rb")
        self.head = [line.strip() for line in iter(self._read.readline, b"\r\n")]

    def event(self) -> tuple[str, Any]:
        """Raises EOFError at the end."""
        name, data, end = (self._read.readline() for _ in range(3))
        if not end:
            raise EOFError
        assert end == b"\n"
        return name.decode().strip().removeprefix("event: "), json.loads(
            data.removeprefix(b"data: ")
        )

    def to_the_end(self) -> None:
        with suppress(EOFError, ConnectionError):
            while True:
                self.event()

    def until(self, name: str) -> Any:
        while (found := self.event())[0] != name:
            pass
        return found[1]

    def close(self) -> None:
        self._read.close()
        self.connection.close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(streams, "PACE", 0.05)
    monkeypatch.setattr(web, "LOOK", 0.05)
    made = Site(PICTURES["recovery"](BEGAN + 9, BEGAN))
    yield made
    made.web.stop()


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:9179", "127.0.0.1.evil.example", "[evil]"]
    )
    def test_by_a_name_that_is_not_ours_nothing_is_told(self, site: Site, host: str) -> None:
        """A page of evil.example whose name is made to mean 127.0.0.1 would be of the same origin."""
        for path in ("/", "/page.js", *JSON, "/v1/events"):
            code, _, body = site.get(path, Host=host)
            assert code == 421
            assert b"a proxy in front has to send that as Host" in body

    @pytest.mark.parametrize(
        "host", ["127.0.0.1:9179", "[::1]:9179", "[::1]", "192.0.2.1", "localhost", "LOCALHOST.:80",
                 "vip.example", socket.gethostname()],
    )  # fmt: skip
    def test_by_addresses_and_names_of_ours_it_is(self, site: Site, host: str) -> None:
        assert site.get("/v1/status", Host=host)[0] == 200

    def test_a_scraper_may_call_the_controller_what_it_likes(self, site: Site) -> None:
        assert site.get("/metrics", Host="ctl1.example")[0] == 200

    @pytest.mark.parametrize("where", ["cross-site", "same-site"])
    def test_pages_of_others_cannot_take_the_room_of_streams(self, site: Site, where: str) -> None:
        assert site.get("/v1/events", Sec_Fetch_Site=where)[0] == 403
        assert site.get("/", Sec_Fetch_Site=where)[0] == 200  # a link to the page

    @pytest.mark.parametrize("path", ["/", "/v1/status", "/none", "/v1/events"])
    def test_each_answer_forbids_scripts_of_others(self, site: Site, path: str) -> None:
        head = site.get(path, "HEAD")[1]
        policy = head["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert (head["X-Content-Type-Options"], head["Cache-Control"]) == ("nosniff", "no-store")
        assert "Access-Control-Allow-Origin" not in head


class TestTheToken:
    def test_without_it_nothing_names_an_instance(self, site: Site) -> None:
        for path in JSON:
            body = site.get(path)[2]
            assert instance(7).encode() not in body
            for name in EVIL:
                assert json.dumps(name)[1:-1].encode() not in body

    def test_with_it_they_are_named(self, site: Site) -> None:
        body = site.get("/v1/incidents", X_Vmha_Token=TOKEN)[2]
        assert instance(7).encode() in body
        for name in EVIL:
            assert json.dumps(name)[1:-1].encode() in body

    @pytest.mark.parametrize("token", ["no", TOKEN[:-1], TOKEN + "x", "\u00e4" * 20])
    def test_a_wrong_one_is_said(self, site: Site, token: str) -> None:
        code, _, body = site.get("/v1/events", X_Vmha_Token=token)
        assert (code, body[:36]) == (403, b"this is not the token of this contro")

    def test_nothing_is_the_token_where_none_is_set(self, site: Site) -> None:
        site.token = TokenFile("")
        assert site.get("/v1/status", X_Vmha_Token=TOKEN)[0] == 403

    def test_a_file_that_is_gone_is_said_and_the_rest_goes_on(self, site: Site) -> None:
        site.token = TokenFile("/nowhere/token")
        code, _, body = site.get("/v1/status", X_Vmha_Token=TOKEN)
        assert (code, b"/nowhere/token cannot be read" in body) == (503, True)
        assert site.get("/v1/status")[0] == 200

    def test_a_proxys_own_login_is_no_token(self, site: Site) -> None:
        assert site.get("/v1/status", Authorization="Basic eDp5")[0] == 200

    @pytest.mark.parametrize(
        ("text", "mode", "told"),
        [
            (f"{TOKEN}\n", 0o600, ""),
            (f"{TOKEN}\n", 0o640, "can be read by others (mode 640)"),
            (f"{TOKEN}\n", 0o622, "can be written by others"),
            ("short\n", 0o600, "is not one line of 16 to 500"),
            ("", 0o600, "is not one line of 16 to 500"),
            (f"{TOKEN}\n{TOKEN}\n", 0o600, "is not one line of 16 to 500"),
            ("x" * 600, 0o600, "is not one line of 16 to 500"),
            ("\u00e4" * 20, 0o600, "is not one line of 16 to 500"),
        ],
    )
    def test_the_file(self, tmp_path: Path, text: str, mode: int, told: str) -> None:
        path = tmp_path / "token"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        found = TokenFile(str(path))
        assert told in found.problem()
        if told:
            with pytest.raises(LocalParameterError):
                found()
        else:
            assert (found(), found.problem()) == (TOKEN, "")

    def test_what_is_not_text_and_what_is_no_file(self, tmp_path: Path) -> None:
        path = tmp_path / "token"
        path.write_bytes(b"\xff" * 30)
        path.chmod(0o600)
        assert "is not one line" in TokenFile(str(path)).problem()
        os.mkfifo(tmp_path / "pipe", 0o600)
        assert "is not a file" in TokenFile(str(tmp_path / "pipe")).problem()


class TestOpenPages:
    def test_the_first_events_say_all_and_then_comes_what_has_changed(self, site: Site) -> None:
        page = site.follow()
        assert page.head[0].endswith(b"200 OK")
        assert b"Content-Type: text/event-stream" in page.head
        first = dict(page.event() for _ in range(5))
        assert list(first) == ["now", "status", "hosts", "incidents", "policy"]
        for path in JSON:
            told = json.loads(site.get(path)[2])
            told.pop("at", None)
            assert first[path.removeprefix("/v1/")] == told
        site.picture = replace(site.picture, at=BEGAN + 10)
        assert page.event() == ("now", {"at": BEGAN + 10})
        site.picture = replace(site.picture, sentence="another")
        assert page.until("status")["round"] == "another"
        page.close()

    def test_a_recovery_is_followed_while_it_happens(self, site: Site) -> None:
        page = site.follow(TOKEN)
        seen = [page.until("incidents")["incidents"][0]["moved"]]
        for second in range(10, 14):
            site.picture = PICTURES["recovery"](BEGAN + second, BEGAN)
            seen.append(page.until("incidents")["incidents"][0]["moved"])
        assert seen == sorted(seen)
        assert seen[-1] > seen[0]
        page.close()

    def test_names_are_for_the_page_that_has_the_token(self, site: Site) -> None:
        plain, named = site.follow(), site.follow(TOKEN)
        assert plain.until("status")["names"] is False
        assert "not evacuated" in str(named.until("status")["problems"])
        for page in (plain, named):
            page.close()

    def test_there_is_room_for_so_many(self, site: Site) -> None:
        pages = [site.follow() for _ in range(streams.OPEN_MOST)]
        for page in pages:
            page.until("policy")
        code, _, body = site.get("/v1/events")
        assert (code, body) == (503, b"too many pages are open: close some of them\n")
        assert site.get("/v1/status")[0] == 200
        pages.pop().close()
        until(lambda: site.web.streams.has_room)
        for page in pages:
            page.close()
        until(lambda: not site.web.streams.count)

    def test_one_that_never_reads_is_dropped_and_holds_up_nobody(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "STALLED", 0.5)
        site.picture = PICTURES["large"](BEGAN + 9, BEGAN)
        lazy, page = site.follow(), site.follow()
        until(lambda: site.web.streams.count == 2)
        began, dropped = time.monotonic(), False
        for number in range(100_000):
            # All of a large cloud is new each time, and more than the kernel keeps for the lazy one.
            site.picture = replace(
                site.picture, around=None if number % 2 else PICTURES["large"](BEGAN, BEGAN).around
            )
            page.until("hosts")
            dropped = site.web.streams.count == 1
            if dropped or time.monotonic() - began > PATIENCE:
                break
        assert dropped
        for each in (lazy, page):
            each.close()

    def test_one_that_has_been_open_for_long_comes_again(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "LONGEST", 0.2)
        page = site.follow()
        page.to_the_end()
        until(lambda: not site.web.streams.count)
        page.close()

    def test_a_stop_ends_them_at_once(self, site: Site) -> None:
        pages = [site.follow() for _ in range(10)]
        until(lambda: site.web.streams.count == 10)
        began = time.monotonic()
        site.web.stop()
        assert time.monotonic() - began < 3.0
        for page in pages:
            page.to_the_end()
            page.close()
        site.web = Site(site.picture).web

    def test_nobody_is_asked_for_pages_that_are_not_open(self, site: Site) -> None:
        asked: list[bool] = []
        parts = site.web.streams._parts

        def ask(names: bool) -> Mapping[str, bytes]:
            asked.append(names)
            return parts(names)

        site.web.streams._parts = ask
        time.sleep(0.3)
        assert asked == []
        page = site.follow()
        page.until("policy")
        assert set(asked) == {False}
        page.close()


class TestTheDocument:
    """openapi.json says what the server does, name by name."""

    DOCUMENT = json.loads((PAGE / "openapi.json").read_text())

    @pytest.mark.parametrize("kind", list(PICTURES))
    @pytest.mark.parametrize("token", ["", TOKEN])
    def test_each_answer_is_as_it_says(self, site: Site, kind: str, token: str) -> None:
        site.picture = PICTURES[kind](BEGAN + 9, BEGAN)
        head = {"X_Vmha_Token": token} if token else {}
        for path, about in self.DOCUMENT["paths"].items():
            if "application/json" not in about["get"]["responses"]["200"]["content"]:
                continue
            wanted = f"compute-3@{int(BEGAN)}" if kind != "well" else None
            if "{id}" in path and wanted is None:
                continue
            code, _, body = site.get(path.replace("{id}", wanted or ""), **head)
            assert code == 200, path
            schema = about["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            assert list(self._faults(json.loads(body), schema, path)) == []

    def test_it_leaves_no_path_out(self) -> None:
        events = {answers.EVENTS, "/metrics", "/openapi.json", "/v1/incidents/{id}"}
        assert set(self.DOCUMENT["paths"]) == {f"/v1/{name}" for name in answers.FOLLOWED} | events

    def test_a_wrong_answer_would_be_seen(self) -> None:
        schema = {"$ref": "#/components/schemas/Moment"}
        assert list(self._faults({"at": "now", "why": 1}, schema, "x")) == [
            "x: what is missing", "x: why is not documented", "x.at: 'now' is no number",
        ]  # fmt: skip

    def _faults(self, value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self.DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "oneOf" in schema:
            found = [list(self._faults(value, each, where)) for each in schema["oneOf"]]
            yield from [] if [] in found else found[0]
            return
        if not schema:
            return
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, kind) for kind in kinds) or value not in schema.get("enum", [value]):
            yield f"{where}: {value!r} is no {' or '.join(kinds)}"
        elif isinstance(value, dict):
            yield from self._of_object(value, schema, where)
        elif isinstance(value, list):
            for each in value:
                yield from self._faults(each, schema["items"], f"{where}[]")

    def _of_object(self, value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
        known = schema.get("properties", {})
        yield from (
            f"{where}: {name} is missing"
            for name in schema.get("required", ())
            if name not in value
        )
        more = schema.get("additionalProperties")
        if more is None and known:
            yield from (
                f"{where}: {name} is not documented" for name in value if name not in known
            )
        for name in value:
            yield from self._faults(value[name], known.get(name, more or {}), f"{where}.{name}")


def _is(value: object, kind: str) -> bool:
    kinds: Mapping[str, tuple[type, ...]] = {
        "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,),
        "boolean": (bool,), "null": (type(None),),
    }  # fmt: skip
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))


class TestTheFiles:
    def test_no_markup_is_ever_made_of_what_is_told(self) -> None:
        script = (PAGE / "page.js").read_text()
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|"
            r"createContextualFragment|DOMParser|setAttribute\(\"on|\.href\s*=|\.src\s*=", script,
        )  # fmt: skip
        assert found == []

    @pytest.mark.parametrize("name", ["index.html", "page.js", "page.css"])
    def test_nothing_comes_from_elsewhere(self, name: str) -> None:
        assert re.findall(r"https?://|url\(|@import|\bimport ", (PAGE / name).read_text()) == []

    def test_the_page_has_no_script_or_style_of_its_own_and_all_inputs_have_labels(self) -> None:
        page = _Tags()
        page.feed((PAGE / "index.html").read_text())
        for tag, about in page.tags:
            assert not [name for name in about if name.startswith("on") or name == "style"], tag
            assert tag != "style"
            assert tag != "script" or set(about) == {"src", "defer"}
        assert page.labelled == page.inputs == 2
        assert ("html", {"lang": "en"}) in page.tags
        assert page.headings == ["h1", *["h2"] * 6]

    def test_what_the_script_looks_for_is_there(self) -> None:
        page, script = (PAGE / "index.html").read_text(), (PAGE / "page.js").read_text()
        wanted = set(re.findall(r'one\("#([a-z]+)', script))
        assert {each for each in wanted if f'id="{each}"' not in page} == set()
        assert len(wanted) > 10

    def test_each_state_has_its_words(self) -> None:
        document = json.loads((PAGE / "openapi.json").read_text())["components"]["schemas"]
        script = (PAGE / "page.js").read_text()
        for name, table in (("Host", "HOST"), ("Incident", "INCIDENT"), ("Ailment", "AILMENT")):
            (text,) = re.findall(rf"const {table}_STATES = {{(.*?)\n}};", script, re.S)
            known = {each.strip('"') for each in re.findall(r'("?[a-z-]+"?): \[', text)}
            assert known == set(document[name]["properties"]["state"]["enum"])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inputs = self.labelled = 0
        self.headings: list[str] = []
        self._in_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_label = self._in_label or tag == "label"
        if tag == "input":
            self.inputs += 1
            self.labelled += self._in_label
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"
