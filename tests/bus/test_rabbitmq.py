"""Events on a real RabbitMQ, sent and heard with the real oslo.messaging: none is lost while the broker is
away, none holds anybody up, and what is said has no word of the password.

With the Python of the lab's Nova, and with the system's where that has oslo.messaging.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bus.rabbitmq import PATIENCE, RabbitMQ
from tests.lab.cloud.venv import PYTHON, ensure_venv
from vmha_ocf.incidents.as_event import of_step
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Epoch, Event, InstanceId, NovaHost, Step

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "/usr/bin/python3"


class End:
    """One end of the bus: what it has told so far."""

    def __init__(self, python: str, which: str, path: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"}
        self._process = subprocess.Popen(
            [python, "-m", "tests.bus.ends", which, str(path)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def post(self, message: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join()

    def kill(self) -> None:
        self._process.kill()
        self._reader.join()
        with self._process:
            pass

    def _read(self) -> None:
        assert self._process.stdout
        self.lines.extend(iter(self._process.stdout.readline, ""))


class Bus:
    def __init__(self, python: str, home: Path) -> None:
        self.broker = RabbitMQ(home)
        self._python = python
        self._path = home / "bus.conf"
        self._path.write_text(
            f"[oslo_messaging_notifications]\ntransport_url = {self.broker.url}\n"
        )
        self._path.chmod(0o600)
        self._ends: list[End] = []

    def end(self, which: str) -> End:
        self._ends.append(End(self._python, which, self._path))
        return self._ends[-1]

    def close(self) -> None:
        for one in self._ends:
            one.kill()
        self.broker.close()


def _has_oslo(python: str) -> bool:
    return not subprocess.run(
        [python, "-c", "import oslo_messaging"], capture_output=True
    ).returncode


@pytest.fixture(params=["the lab's", "the system's"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    ensure_venv()
    python = str(PYTHON) if request.param == "the lab's" else SYSTEM
    if not _has_oslo(python):
        pytest.skip(f"{python} has no oslo.messaging")
    made = Bus(python, tmp_path)
    yield made
    made.close()


def until(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


def events() -> list[Any]:
    """One of a host, two of instances."""
    names = {InstanceId("5d8a1f8e-1"): "web-1", InstanceId("5d8a1f8e-2"): "web-2"}
    step = Event(Step.MOVED, NovaHost("compute-1"), Epoch(time.time()), instances=names)
    return list(of_step(step, Incident(NovaHost("compute-1"), Epoch(5.0)), "ctl1"))


def said(sender: End) -> list[str]:
    return [one["said"] for one in sender.told if "said" in one]


def heard(consumer: End) -> dict[str, Any]:
    """By its id: what the broker has and could not confirm is sent again."""
    return {one["message_id"]: one for one in consumer.told}


def test_each_event_arrives_once_the_broker_is_back(bus: Bus) -> None:
    sender, sent = bus.end("send"), []

    def post() -> None:
        for event in events():
            sender.post(event)
            sent.append(event["message_id"])

    post()
    until(lambda: said(sender))
    bus.broker.start()  # it was never there
    until(lambda: len(said(sender)) == 2)
    consumer = bus.end("listen")
    until(lambda: len(heard(consumer)) == 3)
    bus.broker.kill()
    post()
    until(lambda: len(said(sender)) > 2)
    bus.broker.start()
    until(lambda: len(heard(consumer)) == 6)
    bus.broker.freeze()
    post()
    until(lambda: sum("posted" in one for one in sender.told) == 9)
    bus.broker.thaw()
    until(lambda: len(heard(consumer)) == 9)
    sender.end()
    assert set(heard(consumer)) == set(sent)
    first, second = (heard(consumer)[one] for one in sent[:2])
    assert first["event"] == "vmha.host.moved"
    assert second["payload"]["display_name"] == "web-1"
    assert {one["publisher"] for one in consumer.told} == {"vmha:ctl1"}
    assert sender.told[-1] == {"delivered": 9, "failed": 0}
    assert max(one.get("posted", 0) for one in sender.told) < 1
    assert "bus: the broker cannot be reached" in said(sender)
    assert "guest" not in "".join(sender.lines)
