"""The whole lab: a cluster, a cloud, and our agents configured as a deployer would."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread

from tests.lab import prerequisites
from tests.lab.cloud.cloud import Cloud
from tests.lab.cluster import Cluster
from tests.lab.command import Result
from tests.lab.configuration import Plan, Timing
from tests.lab.errors import LabError
from tests.lab.guests import judge, libvirtd, storage
from tests.lab.guests.observer import Observer
from tests.lab.guests.prerequisites import Hypervisor
from tests.lab.interrupts import undisturbed
from tests.lab.layout import BMC_PASSWORD, BMC_USER, REPOSITORY, Lab
from tests.lab.lifecycle import attach, down, up
from tests.lab.machines import boot
from tests.lab.owner import abandoned, leave
from tests.lab.wait import wait_until

Tell = Callable[[str], None]
EXAMPLES = REPOSITORY / "pcs-examples"
TIMING = Timing(monitor="2s", timeout="3s", start="5s", reconnect="10s")
PLAN = Plan(TIMING, fence_computes=False)
WORKER_LOG = "evacuate.log"
LOG_FILE = f"log_file=/var/log/pacemaker/{WORKER_LOG}"
WORKER = f"{LOG_FILE} request_timeout=10 settle=15 site_start=0"
"""Parameters of NovaEvacuate, for a lab's patience; most hosts of one that is minutes old have just
booted, so that a stop of its controllers would look like a power cut."""


@dataclass(frozen=True)
class Stage:
    lab: Lab
    cluster: Cluster
    cloud: Cloud

    @property
    def hosts(self) -> list[str]:
        return [node.name for node in self.lab.computes]

    def worker_log(self) -> str:
        """What NovaEvacuate's workers said, of all controllers, by time."""
        lines: list[str] = []
        for node in self.lab.controllers:
            file = self.lab.home(node.name) / "log" / "pacemaker" / WORKER_LOG
            if file.exists():
                lines += file.read_text(errors="replace").splitlines()
        return "\n".join(sorted(lines))

    def example(self, name: str, **settings: str) -> None:
        """Run one of pcs-examples on a controller, as it is."""
        self.cluster.must(self.cluster.controller(), _call(name, settings), timeout=900)

    def attempt(self, name: str, **settings: str) -> Result:
        """The same, whatever its exit code."""
        return self.cluster.run(self.cluster.controller(), _call(name, settings), timeout=900)

    def flags(self) -> str:
        """attrd's own answer; "" where nothing is flagged."""
        return self.cluster.ask(["attrd_updater", "-n", "evacuate", "-A"])

    def records(self) -> dict[str, str]:
        """The CIB record of each node that has one."""
        pairs = self.cluster.cib().iterfind("configuration/nodes/node")
        return {
            node.get("uname", ""): pair.get("value", "")
            for node in pairs
            for pair in node.iter("nvpair")
            if pair.get("name") == "evacuation"
        }

    def wait_up(self, *hosts: str, timeout: float = 60.0) -> None:
        """Until Nova's own database has these hosts enabled, not forced down and beating."""
        try:
            self.cloud.client().wait_up(hosts or self.hosts, seconds=timeout)
        except TimeoutError as error:
            raise LabError(f"nova-compute: {error}", self.cluster.summary()) from None

    def wait_beats(self, uuids: Collection[str], timeout: float = 90.0) -> None:
        """Until these guests count where Nova says that they run; those that Nova has stopped do not.
        Nothing to wait for where processes stand in for guests."""
        observer = self.cloud.observer
        if observer is None:
            return

        def silent() -> list[str]:
            rows = [row for row in self.cloud.instances() if row.uuid in uuids]
            active = [row for row in rows if row.vm_state == "active"]
            return [r.name for r in active if not judge.beats_where_nova_says(observer, r)]

        wait_until(
            "each guest's count where Nova says that it runs",
            lambda: not silent(),
            timeout,
            0.2,
            lambda: f"silent: {', '.join(silent())}",
        )

    def wait_in_service(self, host: str, timeout: float = 240.0) -> None:
        """Rounds after its nova-compute has started. Where Nova takes 3 s for each answer one takes 35."""

        def back() -> bool:
            return (
                any(
                    row.host == host and not row.disabled and not row.forced_down
                    for row in self.cloud.services()
                    if row.binary == "nova-compute"
                )
                and not self.records()
            )

        wait_until(f"{host} back in service", back, timeout, 0.3, self.cluster.summary)


def _call(example: str, settings: Mapping[str, str]) -> list[str]:
    words = [f"{key}={value}" for key, value in settings.items()]
    return ["env", *words, str(EXAMPLES / example)]


@contextmanager
def on_stage(
    lab: Lab,
    tell: Tell,
    *,
    extra: str = "",
    plan: Plan = PLAN,
    configured: bool = True,
    hypervisor: Hypervisor | None = None,
) -> Iterator[Stage]:
    """Cluster and cloud, with our agents configured or only installed, for the length of a block;
    all of it gone afterwards. With a hypervisor the guests are real."""
    cloud = Cloud(lab.state, lab.cloud_address, lab.cloud_netns, hypervisor)
    stage = _raise(lab, cloud, plan, tell)
    try:
        if configured:
            configure(stage, tell, extra)
        yield stage
    finally:
        strike(stage)


def raise_stage(lab: Lab, tell: Tell, plan: Plan = PLAN) -> Stage:
    """The same, configured, and it stays until ``strike``; what failed half-way is gone."""
    stage = _raise(lab, _cloud_of(lab), plan, tell)
    try:
        configure(stage, tell)
    except BaseException:
        strike(stage)
        raise
    leave(lab)
    return stage


def stage_of(lab: Lab) -> Stage:
    """The one that stands there. Raises LabError."""
    return Stage(lab, attach(lab), _cloud_of(lab))


def strike(stage: Stage) -> None:
    _strike(stage.lab, stage.cloud)


def _raise(lab: Lab, cloud: Cloud, plan: Plan, tell: Tell) -> Stage:
    prerequisites.check(with_cloud=True)
    if abandoned(lab):
        tell(f"the lab at {lab.state} was of a run that was killed: it is removed, with its cloud")
        _strike(lab, _cloud_of(lab))
    tell("Nova's environment and databases (made once)")
    cloud.prepare()
    with_cloud = _Beside(cloud.up)
    try:
        cluster = up(lab, plan, _started(tell, with_cloud, partial(_watched, lab, cloud)))
        with_cloud.join()
    except BaseException:
        # Where `up` refused, another lab is there: it is not ours to remove.
        with undisturbed():
            if with_cloud.settled():
                _strike(lab, cloud)
        raise
    tell("Nova, Keystone and Placement answer")
    return Stage(lab, cluster, cloud)


def _strike(lab: Lab, cloud: Cloud) -> None:
    with undisturbed():
        if cloud.observer:
            cloud.observer.stop()
        cloud.down()
        down(lab)


def _cloud_of(lab: Lab) -> Cloud:
    return Cloud(lab.state, lab.cloud_address, lab.cloud_netns)


def _watched(lab: Lab, cloud: Cloud) -> None:
    """Real guests: from now on each host starts a libvirtd when it boots, and what they do is seen."""
    if cloud.hypervisor is not None:
        storage.make(cloud.site.instances)
        libvirtd.write_hook(lab, locks=cloud.hypervisor.locks)
        cloud.observer = Observer(cloud.site, [node.name for node in lab.computes])
        cloud.observer.start()


def configure(stage: Stage, tell: Tell, extra: str = "") -> None:
    """The README's four steps. ``extra`` are more parameters of NovaEvacuate."""
    inventory, clouds = write_secrets(stage)
    stage.example("fence-inventory.sh", HOSTS=" ".join(stage.hosts), INVENTORY=str(inventory))
    stage.example(
        "evacuate.sh",
        CLOUDS_FILE=str(clouds),
        CLOUD="vmha",
        ALERT=str(EXAMPLES / "alert-wake"),
        EXTRA=f"{WORKER} {extra}".strip(),
    )
    stage.example("compute.sh", **compute_commands(stage.lab))
    tell("fencing, NovaEvacuate and NovaCompute configured with pcs")
    stage.wait_up(timeout=90)
    tell(f"nova-compute is up on {', '.join(stage.hosts)}")


def write_secrets(stage: Stage) -> tuple[Path, Path]:
    """The inventory and the clouds.yaml of this lab, where its nodes see them too."""
    inventory, clouds = stage.lab.state / "inventory.ini", stage.lab.state / "clouds.yaml"
    _write_private(inventory, _inventory(stage.lab))
    _write_private(clouds, stage.cloud.clouds_yaml.read_text())
    return inventory, clouds


def compute_commands(lab: Lab) -> dict[str, str]:
    """What compute.sh is told where no systemd boots the hosts; else it is their unit, as it finds it."""
    if any(boot.has(lab, node.name) for node in lab.computes):
        return {}
    program = f"{REPOSITORY}/tests/lab/nova-compute"
    names = {"start": "START_COMMAND", "stop": "STOP_COMMAND", "status": "STATUS_COMMAND"}
    return {name: f"{program} {action} here {lab.state}" for action, name in names.items()}


class _Beside(Thread):
    """Runs something beside the main thread; its failure is raised at the join."""

    def __init__(self, action: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._action = action
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._action()
        except BaseException as error:  # noqa: BLE001 - handed to whoever joins
            self._error = error

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        if self._error:
            raise self._error

    def settled(self) -> bool:
        """Whether it was started at all; whatever it was doing, it does no more."""
        if self.ident is None:
            return False
        super().join()
        return True


def _started(tell: Tell, beside: _Beside, before: Callable[[], None]) -> Tell:
    """Start the cloud as soon as the lab has its state directory and its wires; no host has booted then."""

    def told(sentence: str) -> None:
        tell(sentence)
        if "wired" in sentence:
            before()
            beside.start()

    return told


def _inventory(lab: Lab) -> str:
    parts = [f"[DEFAULT]\nusername = {BMC_USER}\npassword = {BMC_PASSWORD}\ncipher = 3\n"]
    parts += [f"[{node.name}]\nip = {node.bmc_address}\n" for node in lab.computes]
    return "\n".join(parts)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
