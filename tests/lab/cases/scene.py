"""What a case works with: the stage, a few words for what all cases do, and a note of each harm."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.cloud.observe import MigrationRow
from tests.lab.promises import evacuations
from tests.lab.stage import Stage
from tests.lab.tellers import vmha
from tests.lab.wait import wait_until
from tests.lab.workers import kill_workers, nova_compute, workers

TAG = "automatic-recovery"
_OPEN = ("accepted", "pre-migrating")


@dataclass(frozen=True)
class Note:
    at: float
    text: str


@dataclass
class Scene:
    """One run of one case. Its first note is the moment from which recovery is timed."""

    stage: Stage
    began: float = field(default_factory=time.time)
    notes: list[Note] = field(default_factory=list)
    random: random.Random = field(default_factory=lambda: random.Random(1))
    afterwards: ExitStack = field(default_factory=ExitStack)
    """What has to be undone when the case is over, whatever became of it."""

    def say(self, text: str) -> None:
        """Told in the timeline; called before the harm is done, never after."""
        self.notes.append(Note(time.time(), text))

    @property
    def harmed(self) -> float:
        return self.notes[0].at if self.notes else self.began

    # Before

    def boot(self, host: str, count: int = 3, name: str = "web") -> list[str]:
        """Tagged instances on a host; their uuids."""
        client = self.stage.cloud.client()
        booted = client.boot(f"{name}-{host}", count, host=host, tags=[TAG])
        self.stage.wait_beats(booted)
        return booted

    def plain(self, host: str, count: int = 1) -> list[str]:
        """Instances without any mark."""
        return self.stage.cloud.client().boot(f"scratch-{host}", count, host=host)

    def slow_spawns(self, delay: float) -> None:
        """Each hypervisor needs so many seconds to start an instance."""
        for host in self.stage.hosts:
            self.stage.cloud.knob(host, "spawn_delay", f"{delay:g}")

    # Harm

    def cut_power(self, *hosts: str) -> None:
        for host in hosts:
            self.say(f"the power of {host} is cut")
            self.stage.cluster.kill(host)

    def in_the_middle(self, host: str, count: int = 5, *, spawns: float) -> list[str]:
        """Tagged instances of a host that has died: the first of them is being rebuilt, and each
        takes so many seconds. Their uuids."""
        tagged = self.boot(host, count)
        self.slow_spawns(spawns)
        self.cut_power(host)
        self.until_building(host)
        return tagged

    def stop_service(self, *names: str, kill: bool = False) -> None:
        for name in names:
            self.say(f"{name} is {'killed' if kill else 'stopped'}")
            self.stage.cloud.stop(name, kill=kill)

    def start_service(self, *names: str) -> None:
        for name in names:
            self.say(f"{name} is started")
            self.stage.cloud.start(name)

    def delay_nova(self, before: float = 0.0, after: float = 0.0, only: str = "") -> None:
        """Its API takes so many seconds more, before it does what is asked or before it says so."""
        self.say(
            f"Nova's API: {before:g} s later heard, {after:g} s later answered, {only or 'all'}"
        )
        self.stage.cloud.delay("nova-api", before, after, only)
        self.afterwards.callback(self.stage.cloud.delay, "nova-api")

    def kill_nova_compute(self, host: str) -> None:
        found = nova_compute(self.stage.lab, host)
        assert found, f"nova-compute does not run on {host}"
        found.signal(signal.SIGKILL)

    # The operator

    def on_controller(self, *argv: str, timeout: float = 60.0) -> str:
        return self.stage.cluster.must(self.stage.cluster.controller(), argv, timeout)

    def set_property(self, setting: str, afterwards: str) -> None:
        self.say(setting)
        self.stage.cluster.pcs("property", "set", setting)
        self.afterwards.callback(self.stage.cluster.pcs, "property", "set", afterwards)

    def keep_off_after_fencing(self) -> None:
        """A fenced host waits for a hand on its power."""
        self.set_property("stonith-action=off", "stonith-action=reboot")

    def set_storm_limit(self, limit: int) -> None:
        self.set_evacuate([f"storm_limit={limit}"], afterwards=["storm_limit=5"])

    def set_evacuate(self, settings: Sequence[str], *, afterwards: Sequence[str]) -> None:
        """Parameters of NovaEvacuate, whose worker is started anew with them."""
        update = ("resource", "update", "nova-evacuate")
        self.stage.cluster.pcs(*update, *settings, "--wait=50")
        self.afterwards.callback(self.stage.cluster.pcs, *update, *afterwards, "--wait=50")

    def set_policy(self, text: str) -> None:
        """The same file for every controller, and each says so."""
        path = Path(self.stage.lab.state) / "policy.toml"
        path.write_text(text)
        path.chmod(0o644)
        self.set_evacuate([f"policy={path}"], afterwards=["policy="])
        for controller in self.stage.lab.controllers:
            vmha(self.stage, controller.name, "policy")
        self.until("one policy", lambda: "the policy of" not in self._last_word())

    def _last_word(self) -> str:
        """Of the worker: pcs status says what the last monitor has seen."""
        return next(reversed(self.stage.worker_log().splitlines()), "")

    def disable_evacuate(self) -> None:
        self.say("NovaEvacuate is disabled")
        self.stage.cluster.pcs("resource", "disable", "nova-evacuate", "--wait=50")
        self.afterwards.callback(self.stage.cluster.pcs, "resource", "enable", "nova-evacuate")

    def enable_evacuate(self) -> None:
        self.say("NovaEvacuate is enabled")
        self.stage.cluster.pcs("resource", "enable", "nova-evacuate")

    def drop_flag(self, host: str) -> None:
        """As docs/operate.rst has it."""
        self.on_controller("crm_attribute", "-N", host, "-l", "forever", "-n", "evacuation", "-D")
        self.on_controller(
            "attrd_updater", "-p", "-n", "evacuate", "-N", f"nova:{host}", "-U", "no"
        )

    def places_of(self, resource: str) -> str:
        """What crm_resource says of where Pacemaker runs it and its copies."""
        return self.on_controller("crm_resource", "-W", "-r", resource)

    def place_of(self, resource: str) -> str:
        """The node on which Pacemaker runs it."""
        told = self.on_controller("crm_resource", "-W", "-Q", "-r", resource)
        return told.split()[0]

    def pause(self, seconds: float) -> None:
        """Let the harm last."""
        time.sleep(seconds)

    # Moments to wait for

    def until(self, what: str, condition: Callable[[], object], timeout: float = 90.0) -> None:
        wait_until(what, condition, timeout, 0.3, self.stage.worker_log)

    def until_fenced(self, host: str, timeout: float = 90.0) -> None:
        self.stage.cluster.wait_fenced(host, self.harmed, timeout)

    def until_flagged(self, *hosts: str, timeout: float = 90.0) -> None:
        """In the CIB, which tells of it until the evacuation is over."""
        self.until(
            f"the flag of {', '.join(hosts)}",
            lambda: set(hosts) <= set(self.stage.records()),
            timeout,
        )

    def until_asked(self, host: str, count: int = 1, timeout: float = 90.0) -> None:
        self.until(f"{count} requests for {host}", lambda: len(self.asked(host)) >= count, timeout)

    def until_building(self, host: str, count: int = 1, timeout: float = 90.0) -> MigrationRow:
        """Destinations have begun with so many instances of the host, and work on one. Before one of
        them dies all have to: a request that is lost in its queue is nobody's to repeat."""

        def building() -> list[MigrationRow]:
            begun = [row for row in self.asked(host) if row.status != "accepted"]
            enough = len(begun) >= count
            return [row for row in begun if enough and row.status == "pre-migrating"]

        self.until(f"{count} rebuilds for {host}", building, timeout)
        return building()[0]

    def until_moved(self, host: str, uuids: Sequence[str], timeout: float = 150.0) -> None:
        """Off this host and settled. Their host may not be back yet."""

        def moved() -> bool:
            rows = {row.uuid: row for row in self.stage.cloud.instances()}
            return all(rows[uuid].host != host and not rows[uuid].task_state for uuid in uuids)

        self.until(f"the instances of {host} elsewhere", moved, timeout)

    def until_counting(self, uuids: Sequence[str], more: int = 3, timeout: float = 90.0) -> None:
        """Real guests only: each has counted so many beats from now on."""
        observer = self.stage.cloud.observer
        assert observer, "these guests do not count"
        before = {uuid: len(observer.beats(uuid)) for uuid in uuids}
        self.until(
            f"{more} more beats",
            lambda: all(len(observer.beats(uuid)) >= before[uuid] + more for uuid in uuids),
            timeout,
        )

    def until_settled(self, uuids: Sequence[str], timeout: float = 150.0) -> None:
        """Wherever they are, nothing is under way for them and none is broken."""

        def settled() -> bool:
            rows = {row.uuid: row for row in self.stage.cloud.instances()}
            states = {(rows[uuid].vm_state, rows[uuid].task_state) for uuid in uuids}
            return states <= {("active", None), ("stopped", None)}

        self.until("settled instances", settled, timeout)

    def until_status_says(self, words: str, timeout: float = 60.0) -> None:
        """What an operator reads in ``pcs status``."""
        wait_until(
            f"{words!r} in pcs status",
            lambda: words in self.stage.cluster.pcs("status", "--full"),
            timeout,
            2.0,
            lambda: self.stage.cluster.pcs("status", "--full"),
        )

    def until_status_is_silent(self, words: str, timeout: float = 120.0) -> None:
        """It is not told any more."""

        def shown() -> str:
            return self.stage.cluster.pcs("status", "--full")

        wait_until(
            f"no {words!r} in pcs status", lambda: words not in shown(), timeout, 2.0, shown
        )

    # What is so now

    def asked(self, host: str) -> list[MigrationRow]:
        """Nova's records of evacuations off a host, of this case."""
        found = evacuations(self.stage, self.began)
        return [row for row in found if row.source_compute == host]

    def in_flight(self, host: str) -> int:
        return sum(row.status in _OPEN for row in self.asked(host))

    def evacuator(self) -> str:
        """The controller on which NovaEvacuate runs."""
        lab = self.stage.lab
        found = wait_until("a worker", lambda: workers(lab), 60.0, 0.3, self.stage.cluster.summary)
        return next(iter(found))

    def kill_worker(self) -> None:
        self.say("the worker is killed")
        kill_workers(self.stage.lab)
