"""One real Nova with all it needs, to start, to break and to look at."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.cloud import (
    cells,
    compute,
    database,
    identity,
    libvirt,
    observe,
    processes,
    template,
)
from tests.lab.cloud.client import Client
from tests.lab.cloud.guests import Guest, Run, history, running
from tests.lab.cloud.identity import ADMIN, User
from tests.lab.cloud.services import NAMES, Service
from tests.lab.cloud.site import STATE, Site
from tests.lab.cloud.venv import ensure_venv
from tests.lab.events import append_event
from tests.lab.guests.observer import Observer
from tests.lab.guests.prerequisites import Hypervisor

_FIRST = ("epmd", "mariadb", "glance", "neutron")


class Cloud:
    """All the services but nova-compute, which belongs to its host.

    With a network namespace the services live in it, and the hosts start their nova-compute
    with tests/lab/nova-compute. Without one everything is in the current namespace, and
    start_compute() and kill_host() play the hosts.
    """

    def __init__(
        self,
        state: Path = STATE,
        address: str = "127.0.0.1",
        netns: str | None = None,
        hypervisor: Hypervisor | None = None,
    ) -> None:
        self.hypervisor = hypervisor
        self.site = Site(state, address, netns, hypervisor.virt_type if hypervisor else "")
        self.observer: Observer | None = None
        """Who watches real guests; only with a hypervisor."""

    # Life

    def prepare(self) -> None:
        """Everything that is made once: Nova's Python environment and the databases."""
        ensure_venv()
        template.ensure_template()

    def up(self, snapshot: Path | None = None) -> None:
        """Start from fresh databases, or from those that save() left.

        The guests of a snapshot run again when their hosts start nova-compute.
        """
        self.down()
        self.prepare()
        source = snapshot or template.ensure_template()
        template.lay_out(self.site, source)
        self._forget_guests()
        if self.hypervisor is not None:
            image = self.hypervisor.image
            libvirt.lay_out_images(self.site, image.records(), image.files())
        if snapshot is not None and (snapshot / "nodes").exists():
            shutil.copytree(snapshot / "nodes", self.site.nodes, dirs_exist_ok=True)
            for home in self.site.nodes.glob("*/disk/nova"):
                compute.resume_mark(self.site, home.parents[1].name).touch()
        for name in (*_FIRST, "rabbitmq"):
            self._service(name).start()
        self._service("mariadb").await_ready()
        template.adopt_address(self.site)
        for name in ("keystone", "nova-api", "placement"):
            self._service(name).start()
        self._service("rabbitmq").await_ready()
        for name in ("conductor", "scheduler"):
            self._service(name).start()
        for name in NAMES:
            self._service(name).await_ready()
        self._use_once()

    def _use_once(self) -> None:
        """Each API's first request, one after the other.

        Keystone loads its policy at its first one, and refuses others that come meanwhile: a
        nova-compute that starts just then cannot register its host for a minute.
        """
        identity.check_token(self.site, identity.token(self.site, ADMIN)[0])
        self.client().providers()
        self.client().services()

    def down(self, hosts: Iterable[str] = ()) -> None:
        """End whatever is there and forget it, with these hosts if no cluster has them."""
        for host in hosts:
            self.kill_host(host)
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(self._service(name).stop, kill=True) for name in NAMES]:
                done.result()
        shutil.rmtree(self.site.home, ignore_errors=True)

    def save(self, snapshot: Path) -> None:
        """Copy the databases and the hosts' disks; the database is away for a second."""
        self.stop("mariadb")
        shutil.rmtree(snapshot, ignore_errors=True)
        snapshot.mkdir(parents=True)
        for name in ("mysql", "keys"):
            shutil.copytree(self.site.home / name, snapshot / name)
        for name in ("images.json", "credential"):
            shutil.copy(self.site.home / name, snapshot)
        for disk in self.site.nodes.glob("*/disk"):
            for name in ("guests", "nova"):
                if (disk / name).exists():
                    target = snapshot / "nodes" / disk.parent.name / "disk" / name
                    shutil.copytree(disk / name, target)
        self.start("mariadb")

    # Faults

    def start(self, name: str, *, wait: bool = True) -> None:
        service = self._service(name)
        service.start()
        if wait:
            service.await_ready()

    def stop(self, name: str, *, kill: bool = False) -> None:
        self._service(name).stop(kill=kill)

    def freeze(self, name: str) -> None:
        """It accepts connections, by the kernel's courtesy, and answers nothing."""
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def delay(self, name: str, before: float = 0.0, after: float = 0.0, only: str = "") -> None:
        """An API hears requests and gives answers late, in seconds; ``only`` those of one method."""
        knob = self.site.logs / f"delay-{name}.json"
        fresh = knob.with_suffix(".new")
        fresh.write_text(json.dumps({"before": before, "after": after, "only": only}))
        fresh.replace(knob)

    def lose_cell(self, host: str) -> None:
        """One more cell, with this host in it and a database that is not there."""
        database.execute(self.site.socket, cells.lost(self.site, host))
        self._know_cells()

    def forget_lost_cells(self) -> None:
        database.execute(self.site.socket, cells.FORGET)
        self._know_cells()

    def _know_cells(self) -> None:
        """Nova's API reads which cells there are once."""
        self.stop("nova-api")
        self.start("nova-api")

    def status(self) -> dict[str, str]:
        return {name: self._state(self._service(name)) for name in NAMES}

    # Compute hosts as plain processes

    def start_compute(self, *hosts: str, wait: bool = True) -> None:
        for host in hosts:
            compute.start(self.site, host)
        if wait:
            processes.wait_for(lambda: self._computes_ready(hosts), 60)
            self.client().wait_up(hosts)

    def stop_compute(self, host: str) -> None:
        compute.stop(self.site, host)

    def kill_host(self, host: str) -> None:
        """As a power failure: nova-compute and the guests are gone at once."""
        compute.stop(self.site, host, patience=0)
        processes.kill_pids([guest.pid for guest in self.guests().get(host, [])])
        append_event(self.site.state / "events.jsonl", host, "power-off", "cloud")

    def freeze_compute(self, host: str, *, thaw: bool = False) -> None:
        running = compute.process(self.site, host)
        if running is not None:
            processes.send(running, signal.SIGCONT if thaw else signal.SIGSTOP)

    def knob(self, host: str, name: str, value: str | None) -> None:
        """Set spawn_delay, spawn_fail or shared of one host; None takes it away."""
        file = self.site.knobs(host) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if value is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(value)

    # Use

    def client(self, user: User = ADMIN) -> Client:
        return Client(self.site, user)

    @property
    def clouds_yaml(self) -> Path:
        return self.site.home / "clouds.yaml"

    def add_image(
        self, name: str, *, tags: Sequence[str] = (), properties: Mapping[str, str] | None = None
    ) -> str:
        image_id = str(uuid.uuid4())
        image: dict[str, Any] = template.plain_image(image_id, name)
        image |= {"tags": list(tags), **(properties or {})}
        file = self.site.home / "images.json"
        images = [*json.loads(file.read_text()), image]
        fresh = file.with_suffix(".added")
        fresh.write_text(json.dumps(images, indent=1))
        fresh.replace(file)
        return image_id

    # Truth

    def instances(self) -> list[observe.InstanceRow]:
        return observe.instances(self.site)

    def migrations(self) -> list[observe.MigrationRow]:
        return observe.migrations(self.site)

    def services(self) -> list[observe.ServiceRow]:
        return observe.services(self.site)

    def guests(self) -> dict[str, list[Guest]]:
        """The guests that run at this moment, by host."""
        found: dict[str, list[Guest]] = {}
        for guest in self.observer.running() if self.observer else running(self.site):
            found.setdefault(guest.host, []).append(guest)
        return found

    def definitions(self, host: str) -> list[str]:
        """What the host has on its disk, running or not."""
        return sorted(file.stem for file in (self.site.disk(host) / "guests").glob("*.json"))

    def guest_history(self) -> list[Run]:
        return self.observer.runs() if self.observer else history(self.site)

    def _service(self, name: str) -> Service:
        if name not in NAMES:
            raise ValueError(f"no service {name!r}; there are: {', '.join(NAMES)}")
        return Service(self.site, name)

    def _forget_guests(self) -> None:
        """Nova refuses to start on a host that has guests which its database does not know."""
        processes.kill_pids([guest.pid for guest in running(self.site)])
        for disk in self.site.nodes.glob("*/disk"):
            (disk / "guests.log").unlink(missing_ok=True)
            for name in ("guests", "nova"):
                shutil.rmtree(disk / name, ignore_errors=True)

    def _computes_ready(self, hosts: Iterable[str]) -> bool:
        for host in hosts:
            if compute.process(self.site, host) is None:
                log = compute.log(self.site, host)
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
                raise RuntimeError(f"nova-compute of {host} ended, see {log}:\n{tail}")
        return all(compute.ready(self.site, host).exists() for host in hosts)

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._service(name).process()
        if process is None:
            raise RuntimeError(f"{name} does not run")
        processes.send(process, number)
        wanted = number == signal.SIGSTOP
        processes.wait_for(lambda: processes.is_frozen(process) == wanted, 5, every=0.005)

    @staticmethod
    def _state(service: Service) -> str:
        process = service.process()
        if process is None:
            return "stopped"
        if processes.is_frozen(process):
            return "frozen"
        return "ready" if service.is_ready() else "starting"


@contextmanager
def fresh_cloud(address: str, hosts: Sequence[str]) -> Iterator[Cloud]:
    """One at an address of its own, since somebody may have another up by hand, with its hosts."""
    with tempfile.TemporaryDirectory(prefix="vmha-cloud-", dir="/dev/shm") as state:
        cloud = Cloud(Path(state), address)
        try:
            cloud.up()
            cloud.start_compute(*hosts)
            yield cloud
        finally:
            cloud.down(hosts)
