"""The pure core, round after round, against a Nova that takes its time and says little.

Whatever it does, no second request is made while an earlier one may take effect or is at work; and
once it behaves, everything of ours leaves the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dead_host import FLAG, instance, record, text
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import STILL
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.evacuation.pace import Allowance
from vmha_ocf.evacuation.plan import Plan, plan_host
from vmha_ocf.evacuation.steps import Evacuate, Finish
from vmha_ocf.evacuation.view import Reading, Surroundings, View
from vmha_ocf.model import Epoch, Evacuation, Instance, InstanceId, Monotonic, NovaHost

SETTINGS = Settings()
SETTLE = SETTINGS.settle
NAMES = [InstanceId("a"), InstanceId("b")]


@dataclass
class SlowNova:
    """What it was asked takes effect later, but within the time to settle, as long as it answers."""

    now: float = 0.0
    listed: dict[InstanceId, Instance] = field(default_factory=lambda: _instances())
    records: dict[int, Evacuation] = field(default_factory=dict)
    queue: list[tuple[float, InstanceId]] = field(default_factory=list)
    leaving: list[tuple[float, InstanceId]] = field(default_factory=list)
    """Evacuated by its record, and shown on its old host for a while."""
    off: dict[NovaHost, Epoch] = field(default_factory=dict)

    def busy(self) -> set[InstanceId]:
        """Where a second evacuate would do harm."""
        waiting = {one for _, one in [*self.queue, *self.leaving]}
        return waiting | {one.instance for one in self._at_work()}

    def _at_work(self) -> Sequence[Evacuation]:
        over = records.OVER
        return [
            one
            for one in self.records.values()
            if one.status not in over
            and not (one.status == "pre-migrating" and one.dest in self.off)
        ]

    def ask(self, one: InstanceId, delay: float | None) -> None:
        """``None``: the request is lost on its way."""
        assert one not in self.busy(), f"a second evacuate of {one}"
        if delay is not None:
            self.queue.append((self.now + delay, one))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for _, one in [due for due in self.queue if due[0] <= self.now]:
            id = len(self.records) + 1
            times = text(self.now)
            self.records[id] = record(
                "accepted", id, one, dest=None, created_at=times, updated_at=times
            )
        self.queue = [due for due in self.queue if due[0] > self.now]
        for _, one in [due for due in self.leaving if due[0] <= self.now]:
            self.listed.pop(one, None)
        self.leaving = [due for due in self.leaving if due[0] > self.now]

    def be_silent(self) -> None:
        """For longer than it takes to settle: what was asked waits in its queues."""
        silence = SETTLE + 1
        self.queue = [(at + silence, one) for at, one in self.queue]
        self.leaving = [(at + silence, one) for at, one in self.leaving]
        self.pass_time(silence)

    def work(self, outcome: str, delay: float) -> None:
        """One step of every evacuation that is at work."""
        for one in self._at_work():
            status = "pre-migrating" if one.dest is None else outcome
            if status == "its destination dies":
                assert one.dest is not None
                self.off[one.dest] = STILL
                continue
            if status == "done":
                self.leaving.append((self.now + delay, one.instance))
            dest = one.dest or NovaHost(f"destination-{one.id}")
            self.records[one.id] = replace(
                one, status=status, dest=dest, updated_at=text(self.now)
            )


def _instances() -> dict[InstanceId, Instance]:
    return {one: instance(one) for one in NAMES}


class Worker:
    def __init__(self, nova: SlowNova) -> None:
        self.nova = nova
        self.memory = Memory(first_seen=Monotonic(nova.now))
        self.instances: Sequence[Instance] = ()

    def restart(self) -> None:
        self.memory = Memory(first_seen=Monotonic(self.nova.now), inherited=True)
        self.instances = list(self.nova.listed.values())

    def round(self, *, fresh: bool = True) -> Plan:
        nova = self.nova
        if fresh:
            self.instances = list(nova.listed.values())
        found = list(nova.records.values())
        by_instance = records.by_instance(found)
        self.memory = self.memory.look(
            self.instances, by_instance, nova.off, now=Monotonic(nova.now), settle=SETTLE
        )
        view = View(FLAG, Reading(self.instances, fresh, found, {}, None), Surroundings(nova.off))
        allowance = Allowance(100, 100)
        plan = plan_host(
            view,
            settings=SETTINGS,
            memory=self.memory,
            now=Monotonic(nova.now),
            allowance=allowance,
        )
        asked = [step.instance.id for step in plan.steps if isinstance(step, Evacuate)]
        self.memory = self.memory.ask(asked, by_instance)
        return plan


DELAYS = st.none() | st.floats(0, SETTLE, exclude_max=True)
ROUNDS = st.tuples(
    st.sampled_from([0.1, 1.0, 6.0, SETTLE / 2, SETTLE - 1, SETTLE + 1]),
    st.sampled_from(["nothing", "work", "work", "restart", "silence"]),
    st.sampled_from(["done", "error", "failed", "its destination dies"]),
    DELAYS,
    st.booleans(),
)


@given(st.lists(ROUNDS, max_size=40))
def test_no_second_evacuate_and_nobody_is_forgotten(
    rounds: list[tuple[float, str, str, float | None, bool]],
) -> None:
    nova = SlowNova()
    worker = Worker(nova)
    for seconds, event, outcome, delay, stale in rounds:
        nova.pass_time(seconds)
        match event:
            case "work":
                nova.work(outcome, delay or 0.0)
            case "restart":
                worker.restart()
            case "silence":
                worker.memory = worker.memory.no_answer()
                nova.be_silent()
        fresh = not (stale and worker.instances and seconds < SETTINGS.relist)
        plan = worker.round(fresh=fresh)
        _send(plan, nova, delay)
        if _is_over(plan):
            break
    _ends_well(nova, worker)


def _ends_well(nova: SlowNova, worker: Worker) -> None:
    for _ in range(100):
        nova.pass_time(10.0)
        nova.work("done", 0.0)
        plan = worker.round()
        if _is_over(plan):
            break
        _send(plan, nova, 0.0)
    assert _is_over(plan)
    assert not nova.listed
    assert not nova.busy()


def _send(plan: Plan, nova: SlowNova, delay: float | None) -> None:
    for step in plan.steps:
        if isinstance(step, Evacuate):
            nova.ask(step.instance.id, delay)


def _is_over(plan: Plan) -> bool:
    return any(isinstance(step, Finish) for step in plan.steps)
