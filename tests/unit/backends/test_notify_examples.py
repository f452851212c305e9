"""The examples for those who watch: each is run, or read, against what is really sent and served."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml

from tests.metadata import ROOT
from vmha_ocf.backends.telling.metrics import metrics
from vmha_ocf.incidents import ailment as ailing
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import ailing_notification, notification
from vmha_ocf.incidents.incident import Incident, advance, opened
from vmha_ocf.incidents.status import Deliveries, Picture
from vmha_ocf.model import LOST, Ailing, Epoch, Event, InstanceId, NovaHost, Patient, Step, Turn

EXAMPLES = ROOT / "examples"
HOST = NovaHost("compute-1.example.com")
FENCED = Event(Step.FENCED, HOST, Epoch(1795219300.0), by="ctl1", detail="BMC answered off")
BACK = Event(Step.IN_SERVICE, HOST, Epoch(1795219400.0))
WEB = Patient(HOST, "web-1", InstanceId("one"), "a-project")
CRASHED = Ailing(Turn.FAILED, WEB, "crashed", Epoch(1795219300.0), Epoch(1795219300.4))
STUCK = replace(CRASHED, turn=Turn.TOLD, detail="it was restarted 3 times within 30 min")
HEALED = replace(CRASHED, turn=Turn.HEALED, at=Epoch(1795219304.0))
LEFT = Event(
    Step.GIVEN_UP,
    HOST,
    Epoch(1795219350.0),
    instances={InstanceId("one"): "web;1\n"},
    detail="full",
)


def ailment(*turns: Ailing) -> Ailment:
    return reduce(ailing.advance, turns, ailing.opened(turns[0]))


def sent(event: Event | Ailing) -> str:
    if isinstance(event, Ailing):
        return json.dumps(
            ailing_notification(event, ailment(replace(event, turn=Turn.FAILED), event), "ctl1")
        )
    incident = advance(opened(FENCED), event)
    return json.dumps(notification(event, incident, "ctl1"))


def notify(name: str, event: Event | Ailing, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(EXAMPLES / name)],
        input=sent(event),
        env={"PATH": os.defpath, **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


Posted = Callable[[str, Event | Ailing, str], Any]


@pytest.fixture
def posted() -> Iterator[Posted]:
    """Runs an example against a receiver on loopback; the path and the body that it got."""
    got: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    def post(name: str, event: Event | Ailing, variable: str) -> Any:
        done = notify(name, event, **{variable: f"http://127.0.0.1:{server.server_address[1]}"})
        assert done.returncode == 0, done.stderr
        return got.pop()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield post
        server.shutdown()


class TestPosted:
    def test_alertmanager_has_an_alert_until_the_host_is_back(self, posted: Posted) -> None:
        path, (alert,) = posted("notify-alertmanager", FENCED, "ALERTMANAGER")
        assert path == "/api/v2/alerts"
        assert alert["labels"]["host"] == HOST
        assert alert["startsAt"] < alert["endsAt"]
        _, (resolved,) = posted("notify-alertmanager", BACK, "ALERTMANAGER")
        assert resolved["labels"] == alert["labels"]
        assert resolved["endsAt"] < alert["endsAt"]

    def test_alertmanager_has_one_for_a_guest_until_it_is_well(self, posted: Posted) -> None:
        _, (alert,) = posted("notify-alertmanager", STUCK, "ALERTMANAGER")
        assert alert["labels"]["alertname"] == "InstanceFailed"
        assert alert["labels"]["project"] == "a-project"
        _, (resolved,) = posted("notify-alertmanager", HEALED, "ALERTMANAGER")
        assert resolved["labels"] == alert["labels"]
        assert resolved["endsAt"] < alert["endsAt"]

    @pytest.mark.parametrize(
        ("name", "kind", "alert_name"),
        [
            ("nova-compute", "hung", "ProcessFailed"),
            ("tenant-network", LOST, "NetworkLost"),
        ],
    )
    def test_alertmanager_has_one_for_what_is_a_host_s(
        self, posted: Posted, name: str, kind: str, alert_name: str
    ) -> None:
        event = replace(STUCK, patient=Patient(HOST, name), kind=kind)
        _, (alert,) = posted("notify-alertmanager", event, "ALERTMANAGER")
        assert alert["labels"]["alertname"] == alert_name
        assert alert["labels"]["severity"] == "critical"

    def test_sensu_has_a_check_for_each_guest(self, posted: Posted) -> None:
        event = posted("notify-sensu", STUCK, "SENSU_AGENT")[1]
        assert event["check"]["metadata"]["name"] == "vmha-one"
        assert event["check"]["status"] == 2
        assert posted("notify-sensu", HEALED, "SENSU_AGENT")[1]["check"]["status"] == 0

    def test_sensu_gets_a_check_result(self, posted: Posted) -> None:
        path, event = posted("notify-sensu", FENCED, "SENSU_AGENT")
        assert path == "/events"
        assert event["check"]["status"] == 2
        assert event["check"]["metadata"]["name"] == "vmha-compute-1.example.com"
        assert posted("notify-sensu", BACK, "SENSU_AGENT")[1]["check"]["status"] == 0
        assert posted("notify-sensu", LEFT, "SENSU_AGENT")[1]["check"]["status"] == 2


class TestNagios:
    def test_a_passive_check_is_one_line(self, tmp_path: Any) -> None:
        pipe = tmp_path / "nagios.cmd"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert notify("notify-nagios", LEFT, NAGIOS_PIPE=str(pipe)).returncode == 0
            told = os.read(reader, 4096).decode()
        finally:
            os.close(reader)
        assert told.count("\n") == 1
        assert told.startswith(f"[1795219350] PROCESS_SERVICE_CHECK_RESULT;{HOST};vmha;2;")

    def test_what_fails_on_a_host_that_lives_is_no_check(self, tmp_path: Any) -> None:
        assert notify("notify-nagios", STUCK, NAGIOS_PIPE=str(tmp_path / "none")).returncode == 0

    def test_without_nagios_it_fails_at_once_and_is_tried_again(self, tmp_path: Any) -> None:
        pipe = tmp_path / "nagios.cmd"
        os.mkfifo(pipe)
        assert notify("notify-nagios", FENCED, NAGIOS_PIPE=str(pipe)).returncode != 0


class TestVitrage:
    def test_the_client_is_run_for_the_fencing_and_the_return(self, tmp_path: Any) -> None:
        client = tmp_path / "vitrage"
        client.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/args\n')
        client.chmod(0o755)
        for event in (FENCED, LEFT, BACK):
            assert notify("notify-vitrage", event, VITRAGE=str(client)).returncode == 0
        told = [
            json.loads(line)
            for line in (tmp_path / "args").read_text().splitlines()
            if "{" in line
        ]
        assert [(one["hostname"], one["status"]) for one in told] == [(HOST, "down"), (HOST, "up")]


def served() -> set[str]:
    incident = advance(opened(FENCED), Event(Step.OVER, HOST, Epoch(1795219310.0)))
    picture = Picture(
        "ctl1",
        1.0,
        incidents=[incident],
        notifications={"notify_url": Deliveries()},
        ailments=[ailment(CRASHED, HEALED)],
        turns={("instance", "crashed", "failed"): 1},
    )
    lines = metrics(picture)[1].decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if line and not line.startswith("#")}


class TestDashboardAndRules:
    def test_every_metric_of_the_rules_is_served(self) -> None:
        rules = yaml.safe_load((EXAMPLES / "alert-rules.yaml").read_text())
        asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
        assert len(asked) == 10
        assert set(re.findall(r"vmha_\w+", " ".join(asked))) <= served()

    def test_every_metric_of_the_dashboard_is_served(self) -> None:
        board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
        asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        named = set(re.findall(r"vmha_\w+", " ".join(asked)))
        assert len(named) >= 7
        assert named <= served()

    def test_no_metric_is_without_its_words(self) -> None:
        text = metrics(Picture("ctl1", 1.0, incidents=[Incident(HOST, Epoch(5.0))]))[1].decode()
        assert text.count("# HELP vmha_") == text.count("# TYPE vmha_") >= 12
