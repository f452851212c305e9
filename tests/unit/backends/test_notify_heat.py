"""The example that has Heat replace what the policy leaves alone, against a server that answers as
Keystone's and Heat's sources say."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.metadata import ROOT
from vmha_ocf.incidents.as_json import notification
from vmha_ocf.incidents.incident import advance, opened
from vmha_ocf.model import Epoch, Event, InstanceId, NovaHost, Step

HOST = NovaHost("compute-1")
FENCED = Event(Step.FENCED, HOST, Epoch(1795219300.0), detail="BMC answered off")
LEFT = Event(
    Step.LEFT_ALONE,
    HOST,
    Epoch(1795219310.0),
    detail="by line 3",
    instances={InstanceId("one"): "web-1", InstanceId("unknown"): "db"},
    project="a-project",
    stack="a stack/..",
)
CREDENTIAL = {"id": "an-id", "secret": "a-secret"}
INNER = "/stacks/group-inner/22/resources/member"


class Cloud:
    """Keystone and Heat of one project."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.busy = False
        """The stack is being changed."""
        self.url = ""

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        if path == "/v3/auth/tokens":
            how = body["auth"]["identity"]["application_credential"]
            return (201, self._token()) if how == CREDENTIAL else (401, None)
        assert token == "a-token"
        self.asked.append((method, path, body))
        if method == "PATCH":
            return (409, None) if self.busy else (202, None)
        if path == "/heat/stacks?id=a%20stack%2F..":
            return 200, {"stacks": [{"stack_name": "web", "id": "11"}]}
        assert path == "/heat/stacks/web/11/resources?nested_depth=5"
        links = [
            {"rel": "stack", "href": "x"},
            {"rel": "self", "href": f"http://other/v1/p{INNER}"},
        ]
        return 200, {
            "resources": [
                {"physical_resource_id": "22", "links": []},
                {"physical_resource_id": "one", "links": links},
            ]
        }

    def _token(self) -> Mapping[str, Any]:
        public = {"interface": "public", "url": f"{self.url}/heat/"}
        others = {"type": "compute", "endpoints": [public]}
        heat = {"type": "orchestration", "endpoints": [{"interface": "admin", "url": "x"}, public]}
        return {"token": {"catalog": [others, heat]}}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("X-Auth-Token")
            code, said = cloud.answer(self.command, self.path, body, token)
            self.send_response(code)
            self.send_header("X-Subject-Token", "a-token")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode() if said else b"")

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield cloud
        server.shutdown()


def notified(cloud: Cloud, folder: Path, event: Event = LEFT) -> subprocess.CompletedProcess[str]:
    given = {"auth_url": f"{cloud.url}/v3", **CREDENTIAL}
    (folder / "a-project.json").write_text(json.dumps(given))
    message = notification(event, advance(opened(FENCED), event), "ctl1")
    return subprocess.run(
        [str(ROOT / "examples" / "notify-heat")],
        input=json.dumps(message),
        env={"PATH": os.defpath, "VMHA_HEAT": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_is_marked_where_it_is_and_its_stack_updated(cloud: Cloud, tmp_path: Path) -> None:
    done = notified(cloud, tmp_path)
    assert done.returncode == 0, done.stderr
    why = "its host is off, and it is not evacuated"
    assert [one for one in cloud.asked if one[0] == "PATCH"] == [
        ("PATCH", f"/heat{INNER}", {"mark_unhealthy": True, "resource_status_reason": why}),
        ("PATCH", "/heat/stacks/web/11", {"existing": True}),
    ]


def test_a_stack_that_is_being_changed_is_tried_again(cloud: Cloud, tmp_path: Path) -> None:
    cloud.busy = True
    done = notified(cloud, tmp_path)
    assert done.returncode != 0
    assert done.stderr == "HTTP Error 409: Conflict: tried again\n"


@pytest.mark.parametrize(
    "event", [FENCED, Event(Step.LEFT_ALONE, HOST, Epoch(1.0), project="b", stack="s")]
)
def test_what_is_not_about_a_stack_that_we_may_change_asks_nobody(
    cloud: Cloud, tmp_path: Path, event: Event
) -> None:
    assert notified(cloud, tmp_path, event).returncode == 0
    assert not cloud.asked


def test_an_instance_that_is_in_no_stack_changes_none(cloud: Cloud, tmp_path: Path) -> None:
    event = Event(
        Step.LEFT_ALONE,
        HOST,
        Epoch(1.0),
        instances={InstanceId("other"): ""},
        project="a-project",
        stack="a stack/..",
    )
    assert notified(cloud, tmp_path, event).returncode == 0
    assert [one[0] for one in cloud.asked] == ["GET", "GET"]
