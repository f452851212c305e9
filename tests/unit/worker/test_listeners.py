"""Who listens to the worker, over real sockets on loopback and real processes: none of them in its way."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.driven import TAGS, Driven
from tests.unit.worker.test_options import DEFAULTS
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.telling import bus, bus_file, doorway, outbox, web
from vmha_ocf.backends.telling.outbox import NotDelivered, Outbox
from vmha_ocf.backends.telling.webhook import Webhook
from vmha_ocf.model import Epoch, Event, NovaHost, Step
from vmha_ocf.programs.listeners import Listeners
from vmha_ocf.sim import World
from vmha_ocf.worker.options import WorkerOptions, worker_options

TOKEN = "kept-to-ourselves"
PATIENCE = 20.0
FENCED = Event(
    Step.FENCED, NovaHost("compute-1"), Epoch(1000.0), by="ctl1", detail="BMC answered off"
)


def until(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


class Receiver:
    """An HTTP server that keeps what it gets, and answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = outer.answers.pop(0) if outer.answers else 200
                if code == 200:
                    outer.got.append({"path": self.path, **json.loads(body)})
                self.send_response(code)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/{TOKEN}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def silent() -> Iterator[str]:
    """Accepts connections, and never reads or says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/{TOKEN}"


@pytest.fixture
def start(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., tuple[Listeners, World, list[str]]]]:
    monkeypatch.setattr(web, "LOOK", 0.05)
    started: list[Listeners] = []

    def make(**parameters: str) -> tuple[Listeners, World, list[str]]:
        world = World.with_hosts("compute-1", "compute-2", "compute-3")
        said: list[str] = []
        options = options_of(**parameters)
        listeners = Listeners(world.history, SystemClock(), said.append, "ctl1", options)
        listeners.start()
        started.append(listeners)
        if options.listen:
            until(lambda: listeners.port)
        return listeners, world, said

    yield make
    for each in started:
        each.stop()


def options_of(**parameters: str) -> WorkerOptions:
    listen = parameters.pop("listen", "")
    options = worker_options({**DEFAULTS, **parameters})
    return replace(options, listen=("127.0.0.1", 0)) if listen else options


def recover(world: World, listeners: Listeners, hosts: int = 1) -> Driven:
    """A whole recovery in virtual time; its ports tell the real listeners."""
    for host in ("compute-1", "compute-2", "compute-3")[:hosts]:
        for _ in range(3):
            world.boot(host, tags=TAGS)
        world.fence(host)
    driven = Driven(world)
    driven.historian.kill()
    driven.restart_with(replace(driven.ports, tell=listeners.tell))
    driven.until_done("compute-1")
    driven.check()
    return driven


def patient(most: int) -> tuple[Outbox, list[int], threading.Event, list[str]]:
    """Its broker takes nothing before the event is set."""
    broker, taken, said = threading.Event(), list[int](), list[str]()

    def deliver(message: Any) -> None:
        if not broker.is_set():
            raise NotDelivered("away")
        taken.append(message["number"])

    box = Outbox("bus", deliver, said.append, patient=True, most=most)
    box.start()
    return box, taken, broker, said


def get(port: int, path: str, method: str = "GET") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        connection.close()


class TestTheBus:
    def test_without_its_library_it_is_said_and_nobody_is_told(
        self, start: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(bus_file, "LIBRARY", "no_such_library")
        path = tmp_path / "bus.conf"
        path.write_text(f"[DEFAULT]\ntransport_url = rabbit://vmha:{TOKEN}@mq/\n")
        path.chmod(0o600)
        listeners, world, said = start(bus=str(path))
        recover(world, listeners)
        until(lambda: any(one.over for one in listeners.picture().incidents))
        assert said == [
            "bus: bus needs oslo.messaging, which is missing (apt-get install "
            "python3-oslo.messaging, on each controller)"
        ]
        assert listeners.picture().notifications == {}

    def test_it_gets_each_step_and_each_instance(
        self, start: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of this bus everything is real but the one module that speaks to a broker."""
        got: list[Any] = []
        monkeypatch.setattr(bus_file, "LIBRARY", "json")
        monkeypatch.setattr(bus.Bus, "get_ready", lambda _: None)
        monkeypatch.setattr(bus.Bus, "deliver", lambda _, message: got.append(message))
        listeners, world, said = start(bus="/nowhere/bus.conf")
        recover(world, listeners)
        until(lambda: [one for one in got if one["event_type"] == "vmha.host.over"])
        kinds = [one["event_type"] for one in got]
        assert [kind for kind in kinds if "host" in kind] == [
            f"vmha.host.{step}"
            for step in ("fenced", "claimed", "forced-down", "requested", "moved", "over")
        ]
        assert kinds.count("vmha.instance.moved") == 3
        assert "cannot be read" in said[0]
        assert listeners.picture().notifications["bus"].delivered == len(got)


class TestNotifications:
    def test_a_webhook_gets_each_step(self, receiver: Receiver, start: Any) -> None:
        listeners, world, _ = start(notify_url=receiver.url)
        recover(world, listeners)
        until(lambda: [one for one in receiver.got if one["step"] == "over"])
        steps = [one["step"] for one in receiver.got]
        assert steps == ["fenced", "claimed", "forced-down", "requested", "moved", "over"]
        last = receiver.got[-1]
        assert last["path"] == f"/{TOKEN}"
        assert (last["host"], last["controller"]) == ("compute-1", "ctl1")
        assert (last["incident"]["moved"], last["incident"]["state"]) == (3, "away")

    def test_a_program_gets_it_on_standard_input(self, tmp_path: Path, start: Any) -> None:
        program = tmp_path / "notify"
        program.write_text(f'#!/bin/sh\ncat >> {tmp_path}/in\necho >> {tmp_path}/in\n'
                           f'echo "$VMHA_STEP $VMHA_HOST $VMHA_INCIDENT" >> {tmp_path}/env\n')  # fmt: skip
        program.chmod(0o755)
        listeners, world, _ = start(notify_command=str(program))
        recover(world, listeners)
        env = tmp_path / "env"
        until(lambda: env.exists() and "over " in env.read_text())
        assert env.read_text().splitlines()[0].startswith("fenced compute-1 compute-1@")
        told = [json.loads(line) for line in (tmp_path / "in").read_text().splitlines()]
        assert [one["step"] for one in told][-1] == "over"

    def test_a_program_that_is_missing_is_said_at_the_start(self, start: Any) -> None:
        """And nothing more: the worker starts, and evacuates."""
        listeners, world, said = start(notify_command="/etc/vmha/no-such-program")
        assert said == [
            "notify_command: /etc/vmha/no-such-program is no program on this controller"
        ]
        recover(world, listeners)

    def test_a_recovery_is_unharmed_by_a_webhook_that_hangs(self, silent: str, start: Any) -> None:
        listeners, world, _ = start(notify_url=silent)
        recover(world, listeners)
        assert world.now < 60
        until(lambda: any(one.over for one in world.history.read().values()))
        assert listeners.picture().notifications["notify_url"].delivered == 0

    def test_a_recovery_is_unharmed_by_a_program_that_hangs(
        self, tmp_path: Path, start: Any
    ) -> None:
        program = tmp_path / "notify"
        program.write_text("#!/bin/sh\nexec sleep 1000\n")
        program.chmod(0o755)
        listeners, world, _ = start(notify_command=str(program))
        recover(world, listeners)
        until(lambda: any(one.over for one in world.history.read().values()))

    def test_it_is_tried_again(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outbox, "PAUSES", (0.01, 0.01, 0.01))
        receiver.answers = [503, 429, 503]
        said: list[str] = []
        box = Outbox("notify_url", Webhook(receiver.url).deliver, said.append)
        box.start()
        box.post({"step": "fenced"})
        until(lambda: receiver.got)
        assert said == []
        box.stop(PATIENCE)
        assert box.count.delivered == 1

    def test_a_receiver_that_is_gone_is_said_once_and_so_is_its_return(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "PAUSES", (0.01,))
        receiver.answers = [500] * 4
        said: list[str] = []
        box = Outbox("notify_url", Webhook(receiver.url).deliver, said.append)
        box.start()
        for _ in range(4):
            box.post({"step": "fenced"})
        until(lambda: receiver.got)
        box.stop(PATIENCE)
        assert said == [
            "notify_url: the receiver answered 500",
            "notify_url: notifications arrive again; lost meanwhile: 3",
        ]
        assert (box.count.failed, box.count.delivered) == (3, 1)

    def test_who_is_patient_keeps_what_a_broker_that_is_away_does_not_take(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "PAUSES", (0.01,))
        box, taken, broker, said = patient(most=3)
        for number in range(3):
            box.post({"number": number})
        until(lambda: said)
        broker.set()
        until(lambda: len(taken) == 3)
        box.stop(PATIENCE)
        assert taken == [0, 1, 2]
        assert said == ["bus: away", "bus: notifications arrive again; lost meanwhile: none"]
        assert (box.count.delivered, box.count.lost) == (3, 0)

    def test_its_queue_is_bounded_too_and_what_is_lost_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "PAUSES", (0.01,))
        box, taken, broker, said = patient(most=3)
        box.post({"number": 0})
        until(lambda: said)  # it is tried, again and again, and not in the queue
        for number in range(1, 10):
            box.post({"number": number})
        broker.set()
        until(lambda: len(taken) == 4)
        box.stop(PATIENCE)
        assert taken == [0, 7, 8, 9]
        assert said[-1] == "bus: notifications arrive again; lost meanwhile: 6"
        assert box.count.lost == 6

    def test_what_is_left_when_the_worker_stops_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate, said = threading.Event(), list[str]()

        def deliver(_: Any) -> None:
            gate.wait(PATIENCE)

        box = Outbox("bus", deliver, said.append, patient=True)
        box.start()
        for number in range(4):
            box.post({"number": number})
        until(lambda: len(box._queue) == 3)
        box.stop(0.01)
        gate.set()
        assert said == ["bus: 3 notifications were not sent before the worker stopped"]

    def test_who_cannot_get_ready_tries_with_the_first_one(self) -> None:
        def get_ready() -> None:
            raise NotDelivered("no file yet")

        taken: list[Any] = []
        box = Outbox("bus", taken.append, lambda _: None, get_ready=get_ready)
        box.start()
        box.post({"number": 1})
        box.stop(PATIENCE)
        assert taken == [{"number": 1}]

    def test_the_queue_is_bounded_and_the_oldest_gives_way(self) -> None:
        gate = threading.Event()
        taken: list[int] = []

        def deliver(message: Any) -> None:
            gate.wait(PATIENCE)
            taken.append(message["number"])

        box = Outbox("slow", deliver, lambda _: None)
        box.start()
        for number in range(1000):
            box.post({"number": number})
        gate.set()
        box.stop(PATIENCE)
        assert taken[-1] == 999
        assert box.count.dropped + len(taken) == 1000
        assert len(taken) <= outbox.QUEUED_MOST + 1

    def test_guests_that_crash_push_out_nothing_that_is_told_of_a_host(self) -> None:
        gate = threading.Event()
        taken: list[str] = []

        def deliver(message: Any) -> None:
            gate.wait(PATIENCE)
            taken.append(message["step"])

        box = Outbox("slow", deliver, lambda _: None)
        box.start()
        for number in range(1000):
            box.post({"step": f"instance-{number}"}, yields=True)
            if number < 10:
                box.post({"step": f"host-{number}"})
        gate.set()
        box.stop(PATIENCE)
        assert [step for step in taken if step.startswith("host")] == [
            f"host-{number}" for number in range(10)
        ]
        assert taken[-1] == "instance-999"

    @pytest.mark.parametrize("code", [302, 404])
    def test_a_clear_no_is_not_repeated_and_a_redirect_not_followed(
        self, receiver: Receiver, code: int
    ) -> None:
        receiver.answers = [code]
        with pytest.raises(NotDelivered) as caught:
            Webhook(receiver.url).deliver({"step": "fenced"})
        assert caught.value.lasting
        assert str(code) in str(caught.value)

    def test_no_error_shows_the_url(self, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("vmha_ocf.backends.telling.webhook.TIMEOUT", (0.2, 0.2))
        with socket.create_server(("127.0.0.1", 0)) as closed:
            gone = f"http://127.0.0.1:{closed.getsockname()[1]}/{TOKEN}"
        for url in (silent, gone, gone.replace("http:", "https:"), "http://[::1/" + TOKEN):
            with pytest.raises(NotDelivered) as caught:
                Webhook(url).deliver({"step": "fenced"})
            assert TOKEN not in str(caught.value)
            assert caught.value.__cause__ is None

    def test_the_options_do_not_show_it_either(self) -> None:
        assert TOKEN not in repr(options_of(notify_url=f"https://example.com/{TOKEN}"))


class TestTheApi:
    def test_it_tells_what_the_history_tells(self, start: Any) -> None:
        listeners, world, _ = start(listen="yes")
        driven = recover(world, listeners)
        listeners.looked(driven.rounds[-1])
        until(lambda: any(one.over for one in listeners.picture().incidents))
        code, kind, body = get(listeners.port, "/v1/incidents")
        assert (code, kind) == (200, "application/json")
        (one,) = json.loads(body)["incidents"]
        assert (one["host"], one["moved"], one["state"]) == ("compute-1", 3, "away")
        assert json.loads(get(listeners.port, f"/v1/incidents/{one['id']}")[2]) == one
        assert one["story"][-1]["what"] == "evacuation is over"
        hosts = json.loads(get(listeners.port, "/v1/hosts")[2])["hosts"]
        assert [(each["host"], each["state"]) for each in hosts] == [
            ("compute-1", "evacuating"), ("compute-2", "up"), ("compute-3", "up"),
        ]  # fmt: skip
        status = json.loads(get(listeners.port, "/v1/status")[2])
        assert status["controller"] == "ctl1"
        assert status["open_incidents"] == [one["id"]]
        assert status["hosts"]["compute-1"]["flag"] == "claimed"

    def test_the_metrics_tell_the_same(self, start: Any) -> None:
        listeners, world, _ = start(listen="yes")
        recover(world, listeners)
        until(lambda: "away" in str(get(listeners.port, "/v1/incidents")[2]))
        code, kind, body = get(listeners.port, "/metrics")
        text = body.decode()
        assert code == 200
        assert kind.startswith("text/plain")
        assert 'vmha_worker_info{controller="ctl1"} 1.0' in text
        assert 'vmha_incidents{state="away"} 1.0' in text
        assert 'vmha_incident_moved{host="compute-1",incident="compute-1@' in text

    def test_both_say_whether_changes_wake_the_worker(self, start: Any) -> None:
        listeners, _, _ = start(listen="yes")
        for woken in (False, True):
            listeners.is_woken = lambda woken=woken: woken
            assert json.loads(get(listeners.port, "/v1/status")[2])["woken"] is woken
            assert f"vmha_woken {float(woken)}" in get(listeners.port, "/metrics")[2].decode()

    @pytest.mark.parametrize(
        "path",
        ["/index.html", "/page/page.js", "/v1", "/v1/incidents/none", "/v1/../etc", "/metrics/x"],
    )
    def test_there_is_nothing_else(self, start: Any, path: str) -> None:
        listeners, _, _ = start(listen="yes")
        assert get(listeners.port, path)[0] == 404

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_nothing_can_be_changed(self, start: Any, method: str) -> None:
        listeners, _, _ = start(listen="yes")
        assert get(listeners.port, "/v1/status", method)[0] == 501

    def test_scrapers_that_never_read_are_cut_off(
        self, start: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More of them than there are connections; the recovery goes on, and so does the API."""
        monkeypatch.setattr(web, "LONGEST", 0.5)
        listeners, world, _ = start(listen="yes")
        stuck = [socket.create_connection(("127.0.0.1", listeners.port)) for _ in range(30)]
        for each in stuck[::2]:
            with suppress(OSError):
                each.sendall(b"GET /metrics HTTP/1.1\r\nX-Long: ")
        recover(world, listeners)
        until(lambda: any(one.over for one in world.history.read().values()))
        until(lambda: _answers(listeners.port))
        for each in stuck:
            each.close()

    def test_connections_are_bounded(self, start: Any) -> None:
        listeners, _, _ = start(listen="yes")
        before = threading.active_count()
        stuck = [socket.create_connection(("127.0.0.1", listeners.port)) for _ in range(50)]
        closed = until(lambda: sum(map(_is_closed, stuck)) >= 50 - web.CONNECTIONS_MOST)
        assert closed
        assert threading.active_count() - before <= web.CONNECTIONS_MOST
        for each in stuck:
            each.close()

    def test_an_address_that_is_taken_is_said_once_and_tried_until_it_is_free(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doorway, "AGAIN", 0.02)
        said: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            listeners = listening_at(("127.0.0.1", port), said)
            until(lambda: said)
            time.sleep(0.1)
            assert listeners.port is None
        until(lambda: listeners.port)
        assert get(port, "/v1/status")[0] == 200
        listeners.stop()
        assert [one.split(":")[1].split(" it is")[0] for one in said] == [
            f" nothing can be asked at port {port},",
            f" answers at port {port} now",
        ]

    @pytest.mark.parametrize("host", ["192.0.2.1", "vip.invalid", "a..b"])
    def test_an_address_that_this_node_does_not_have_keeps_nobody_from_stopping(
        self, host: str
    ) -> None:
        """A VIP comes later, a name may; what can be none ends no thread with a traceback."""
        said: list[str] = []
        listeners = listening_at((host, 9179), said)
        until(lambda: said)
        assert listeners.port is None
        assert "it is tried again every 5 s" in said[0]
        begun = time.monotonic()
        listeners.stop()
        assert time.monotonic() - begun < 3.0


def listening_at(address: tuple[str, int], said: list[str]) -> Listeners:
    options = replace(options_of(), listen=address)
    world = World.with_hosts("compute-1")
    listeners = Listeners(world.history, SystemClock(), said.append, "ctl1", options)
    listeners.start()
    return listeners


def _answers(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return get(port, "/v1/status")[0] == 200
    return False


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
