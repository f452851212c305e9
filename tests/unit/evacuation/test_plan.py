"""One host's plan: who first, how many at once, and when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.dead_host import DEST, FLAG, ONE, TAGS, instance, record, text
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records
from vmha_ocf.cloud.policy.matching import Excluded
from vmha_ocf.cloud.records import STILL
from vmha_ocf.evacuation import memory as memories
from vmha_ocf.evacuation.memory import ASKED, Memory
from vmha_ocf.evacuation.order import order_key
from vmha_ocf.evacuation.pace import Allowance
from vmha_ocf.evacuation.plan import Plan, plan_host, plan_steps, survey
from vmha_ocf.evacuation.steps import Evacuate, Finish, Reset, Stop
from vmha_ocf.evacuation.verdict import Next
from vmha_ocf.evacuation.view import Reading, Surroundings, View
from vmha_ocf.model import Evacuation, Instance, InstanceId, Monotonic, Move, NovaHost, ServerGroup

NOW = Monotonic(1000.0)
PLENTY = Allowance(requests=100, per_host=100)
QUIET = Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0))


def view(
    instances: Sequence[Instance] = (), found: Sequence[Evacuation] = (), **about: Any
) -> View:
    def some_of(kind: type) -> dict[str, Any]:
        return {one.name: about.pop(one.name) for one in fields(kind) if one.name in about}

    usual = {"fresh": True, "images": {}, "anything_marked": None}
    read = {**usual, "moves": {one.id: () for one in instances}, **some_of(Reading)}
    around = Surroundings(**{"off": {}, **some_of(Surroundings)})
    return View(FLAG, Reading(instances, evacuations=found, **read), around, **about)


def plan(one: View, memory: Memory = QUIET, allowance: Allowance = PLENTY) -> Plan:
    return plan_host(
        one, settings=Settings(settle=30.0), memory=memory, now=NOW, allowance=allowance
    )


def evacuated(planned: Plan) -> list[str]:
    return [step.instance.id for step in planned.steps if isinstance(step, Evacuate)]


def noticed(*records_seen: Evacuation, ago: float) -> Memory:
    seen = {(one.instance, memories.of_record(one)): Monotonic(NOW - ago) for one in records_seen}
    gone = {(one.instance, memories.gone(one)): Monotonic(NOW - ago) for one in records_seen}
    return Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0), noticed={**seen, **gone})


class TestExcluded:
    """By the policy, which may be changed while a host is evacuated."""

    WHO = Excluded({ONE: "excluded by the policy, line 3"}, frozenset({InstanceId("perhaps")}))

    def test_who_is_excluded_is_left_and_the_evacuation_is_over_without_it(self) -> None:
        planned = plan(view([instance()], excluded=self.WHO))
        assert [(one.next, one.reason) for one in planned.verdicts] == [
            (Next.LEAVE, "excluded by the policy, line 3")
        ]
        assert planned.is_over

    def test_an_attempt_since_the_host_died_makes_it_ours_to_the_end(self) -> None:
        some = [instance(vm_state="error"), instance("perhaps", vm_state="error")]
        tries = [record("failed"), record("failed", 2, "perhaps")]
        seen = noticed(*tries, ago=900.0)
        assert evacuated(plan(view(some, tries, excluded=self.WHO), seen)) == [ONE, "perhaps"]

    def test_an_attempt_of_an_earlier_failure_does_not(self) -> None:
        old = record("failed", created_at=text(-7200), updated_at=text(-7200))
        assert evacuated(plan(view([instance()], [old], excluded=self.WHO))) == []

    @pytest.mark.parametrize(
        "about", [{"was_reset": frozenset({ONE})}, {"may_reset": {ONE: Monotonic(0.0)}}]
    )
    def test_so_does_a_reset_of_ours(self, about: dict[str, Any]) -> None:
        reset = replace(QUIET, **about)
        one = view([instance(vm_state="error")], excluded=self.WHO)
        assert evacuated(plan(one, reset)) == [ONE]

    TOLD = Excluded({ONE: "excluded by the policy, line 3"}, told=frozenset({ONE}))

    def test_others_are_told_to_replace_it_marked_or_not(self) -> None:
        for one in (instance(), instance(tags=frozenset())):
            planned = plan(view([one], excluded=self.TOLD))
            assert [(it.instance.id, it.reason) for it in planned.left_alone] == [
                (ONE, "excluded by the policy, line 3")
            ]
            assert not planned.told
            assert planned.is_over

    def test_while_its_host_is_in_doubt_nobody_is_and_it_is_not_over(self) -> None:
        doubt = replace(PLENTY, doubtful=True)
        planned = plan(view([instance()], excluded=self.TOLD), allowance=doubt)
        assert not planned.left_alone
        assert not planned.is_over
        assert plan(view([instance()], excluded=self.WHO), allowance=doubt).is_over

    def test_where_nova_compute_runs_again_a_person_is_told_instead(self) -> None:
        planned = plan(view([instance()], excluded=self.TOLD, alive=True))
        assert not planned.left_alone
        assert [one.reason for one in planned.told] == [
            "nova-compute runs on its host again, and so nobody was told to replace it; "
            "excluded by the policy, line 3"
        ]

    def test_what_we_have_begun_is_replaced_by_nobody(self) -> None:
        tries = [record("failed")]
        seen = noticed(*tries, ago=900.0)
        planned = plan(view([instance(vm_state="error")], tries, excluded=self.TOLD), seen)
        assert (evacuated(planned), planned.left_alone) == ([ONE], [])

    def test_what_an_earlier_worker_may_have_asked_for_waits_until_that_would_show(self) -> None:
        one = view([instance()], excluded=self.TOLD)
        planned = plan(one, Memory(first_seen=NOW, watching=NOW, inherited=True))
        assert [each.next for each in planned.verdicts] == [Next.WAIT]
        assert not planned.is_over
        assert plan(one, replace(QUIET, inherited=True)).left_alone

    def test_what_may_run_where_it_was_on_its_way_to_is_for_a_person(self) -> None:
        moving = instance(task_state="migrating")
        here, there = NovaHost("compute-1"), NovaHost("compute-2")
        move = Move(1, ONE, "live-migration", here, there, "running")
        planned = plan(view([moving], excluded=self.TOLD, moves={ONE: [move]}))
        assert not planned.left_alone
        assert [one.next for one in planned.told] == [Next.REPORT]

    def test_what_is_being_deleted_is_not_told_of(self) -> None:
        assert not plan(view([instance(task_state="deleting")], excluded=self.TOLD)).left_alone

    def test_who_may_be_excluded_waits_and_is_told(self) -> None:
        planned = plan(view([instance("perhaps")], excluded=self.WHO))
        assert [(one.next, one.told) for one in planned.verdicts] == [(Next.UNKNOWN, True)]
        assert not planned.is_over


class TestOrder:
    def test_priority_then_restart_group_then_the_id(self) -> None:
        instances = [
            instance("d", metadata={"restart_group": "2"}),
            instance("c", metadata={"restart_group": "1"}),
            instance("b", metadata={"restart_group": "1"}),
            instance("a", metadata={"evacuation_priority": "10", "restart_group": "9"}),
        ]
        assert evacuated(plan(view(instances))) == ["a", "b", "c", "d"]

    def test_what_nova_has_refused_keeps_nobody_from_its_turn(self) -> None:
        memory = Memory(
            first_seen=Monotonic(0.0),
            watching=Monotonic(0.0),
            refused={InstanceId("a"): (Monotonic(0.0), "vTPM")},
        )
        instances = [instance("a", metadata={"evacuation_priority": "10"}), instance("b")]
        assert evacuated(plan(view(instances), memory)) == ["b", "a"]

    @pytest.mark.parametrize("text", ["", "high", "1.5", "9" * 5000])
    def test_what_is_no_number_is_zero(self, text: str) -> None:
        assert order_key(instance(metadata={"evacuation_priority": text}), Settings())[0] == 0

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("-17", -17),
            ("1000000000", 10**9),
            ("1000000001", 10**9),
            ("-1000000000", -(10**9)),
            ("-1000000001", -(10**9)),
        ],
    )
    def test_numbers_beyond_a_thousand_millions_are_alike(self, text: str, number: int) -> None:
        both = {"evacuation_priority": text, "restart_group": text}
        assert order_key(instance(metadata=both), Settings()) == (-number, number, ONE)

    def test_numbers_have_bounds(self) -> None:
        assert order_key(instance(metadata={"restart_group": "-" + "9" * 99}), Settings())[1] < 0


def test_only_failures_since_the_fencing_count() -> None:
    earlier = [record("error", created_at=text(-39))]
    assert evacuated(plan(view([instance()], earlier))) == [ONE]
    assert evacuated(plan(view([instance()], [record("error")]))) == []


def test_of_a_flag_without_evidence_every_failure_counts() -> None:
    failed = view([instance()], [record("error", created_at="1970-01-01T00:00:00")])
    assert evacuated(plan(replace(failed, flag=replace(FLAG, evidence=None)))) == []
    assert evacuated(plan(failed)) == [ONE]


class TestCaps:
    INSTANCES = tuple(instance(f"i{n}") for n in range(9))

    @pytest.mark.parametrize(
        ("allowance", "asked"),
        [
            (Allowance(3, 100), 3),
            (Allowance(100, 4), 4),
            (Allowance(0, 9), 0),
            (Allowance(9, -1), 0),
        ],
    )
    def test_the_smaller_one_counts(self, allowance: Allowance, asked: int) -> None:
        assert len(evacuated(plan(view(self.INSTANCES), allowance=allowance))) == asked

    def test_what_is_in_flight_takes_room(self) -> None:
        flying = [record("accepted", n, f"i{n}") for n in range(3)]
        planned = plan(view(self.INSTANCES, flying), allowance=Allowance(100, 5))
        assert evacuated(planned) == ["i3", "i4"]
        assert (planned.in_flight, planned.load) == (3, 5)

    def test_what_is_stuck_does_not(self) -> None:
        stuck = [record("accepted", n, f"i{n}") for n in range(3)]
        planned = plan(view(self.INSTANCES, stuck), noticed(*stuck, ago=601), Allowance(100, 3))
        assert evacuated(planned) == ["i3", "i4", "i5"]
        assert (planned.in_flight, planned.load) == (3, 3)

    def test_what_is_told_for_other_reasons_gives_no_room(self) -> None:
        resized = [instance(f"r{n}", vm_state="resized") for n in range(3)]
        planned = plan(view([*self.INSTANCES, *resized]), allowance=Allowance(100, 4))
        assert len(evacuated(planned)) == 4

    def test_resets_take_room_too(self) -> None:
        paused = [instance(f"i{n}", vm_state="paused") for n in range(9)]
        planned = plan(view(paused), allowance=Allowance(4, 100))
        assert [type(step) for step in planned.steps] == [Reset] * 4
        assert planned.load == 0


class TestServerGroups:
    def test_members_of_an_anti_affinity_group_go_one_by_one(self) -> None:
        groups = [ServerGroup("g", "anti-affinity", frozenset({InstanceId("a"), InstanceId("b")}))]
        both = [instance("a"), instance("b"), instance("c")]
        assert evacuated(plan(view(both, groups=groups))) == ["a", "c"]
        flying = [record("accepted", one="a")]
        assert evacuated(plan(view(both, flying, groups=groups))) == ["c"]

    def test_all_groups_with_a_member_on_its_way_are_known(self) -> None:
        groups = [
            ServerGroup("g", "anti-affinity", frozenset({InstanceId("a")})),
            ServerGroup("h", "anti-affinity", frozenset({InstanceId("b")})),
            ServerGroup("i", "anti-affinity", frozenset({InstanceId("c")})),
        ]
        both = view([instance("a"), instance("b")], [record("accepted", one="a")], groups=groups)
        assert plan(both).busy_groups == {"g", "h"}

    @pytest.mark.parametrize(
        ("dest", "ago", "asked"), [(None, 29, []), (None, 31, ["b"]), ("x", 31, [])]
    )
    def test_one_that_nova_has_lost_holds_up_nobody_for_long(
        self, dest: NovaHost | None, ago: float, asked: list[str]
    ) -> None:
        groups = [ServerGroup("g", "anti-affinity", frozenset({InstanceId("a"), InstanceId("b")}))]
        lost = record("accepted", one="a", dest=dest)
        both = view([instance("a"), instance("b")], [lost], groups=groups)
        assert evacuated(plan(both, noticed(lost, ago=ago))) == asked

    def test_one_that_is_stuck_holds_up_nobody(self) -> None:
        groups = [ServerGroup("g", "anti-affinity", frozenset({InstanceId("a"), InstanceId("b")}))]
        stuck = record("accepted", one="a")
        both = view([instance("a"), instance("b")], [stuck], groups=groups)
        assert evacuated(plan(both, noticed(stuck, ago=601))) == ["b"]

    def test_other_groups_do_not_matter(self) -> None:
        members = frozenset({InstanceId("a"), InstanceId("b")})
        groups = [ServerGroup("g", "soft-affinity", members)]
        both = view([instance("a"), instance("b")], groups=groups)
        assert evacuated(plan(both)) == ["a", "b"]

    def test_an_affinity_group_that_cannot_leave_is_told_and_not_turned_into_errors(self) -> None:
        groups = [ServerGroup("g", "affinity", frozenset({InstanceId("a"), InstanceId("b")}))]
        planned = plan(view([instance("a"), instance("b")], groups=groups))
        assert planned.steps == []
        assert ["affinity" in one.reason for one in planned.told] == [True, True]
        assert evacuated(plan(view([instance("a")], groups=groups))) == ["a"], "b is elsewhere"


class TestStopAgain:
    OFF = instance(vm_state="error", powered_off=True)
    MEMORY = Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0), was_off={ONE: OFF})

    def test_once_nova_has_started_it(self) -> None:
        planned = plan(view([], [record("done", 2), record("error")]), self.MEMORY)
        assert planned.steps == [Stop(self.OFF)]

    @pytest.mark.parametrize("status", ["accepted", "pre-migrating", "error", "completed"])
    def test_not_before(self, status: str) -> None:
        assert not _stops(plan(view([], [record(status)]), self.MEMORY))

    def test_not_while_it_is_listed_here(self) -> None:
        assert not _stops(plan(view([self.OFF], [record("done")]), self.MEMORY))

    def test_not_if_it_was_evacuated_by_somebody_else(self) -> None:
        theirs = instance(vm_state="error", powered_off=True, tags=frozenset())
        memory = Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0), was_off={ONE: theirs})
        assert not _stops(plan(view([], [record("done")], anything_marked=True), memory))

    def test_without_a_mark_too_where_nothing_in_the_cloud_has_one(self) -> None:
        ours = instance(vm_state="error", powered_off=True, tags=frozenset())
        memory = Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0), was_off={ONE: ours})
        planned = plan(view([], [record("done")], anything_marked=False), memory)
        assert planned.steps == [Stop(ours)]

    def test_not_if_nobody_evacuated_it(self) -> None:
        assert plan(view([]), self.MEMORY).steps == [Finish(FLAG)]


def _stops(planned: Plan) -> list[Stop]:
    return [step for step in planned.steps if isinstance(step, Stop)]


class TestOver:
    def test_an_empty_host(self) -> None:
        assert plan(view()).steps == [Finish(FLAG)]

    def test_absent_is_done(self) -> None:
        """A list of a former round says nothing."""
        assert plan(view(fresh=False)).steps == []

    def test_what_is_not_ours_stays(self) -> None:
        planned = plan(view([instance(tags=frozenset())], anything_marked=True))
        assert planned.steps == [Finish(FLAG)]

    @pytest.mark.parametrize(
        ("instances", "found"),
        [
            ([instance()], [record("accepted")]),
            ([instance()], [record("done")]),
            ([instance(vm_state="paused")], []),
        ],
    )
    def test_not_with_anything_left_to_do(
        self, instances: list[Instance], found: list[Evacuation]
    ) -> None:
        planned = plan(view(instances, found, node_back=True), allowance=Allowance(0, 0))
        assert planned.steps == []

    @pytest.mark.parametrize(("ago", "over"), [(29, False), (30, True)])
    def test_a_record_of_an_instance_that_is_not_here_counts_for_a_while(
        self, ago: float, over: bool
    ) -> None:
        flying = record("pre-migrating")
        planned = plan(view([], [flying]), noticed(flying, ago=ago))
        assert bool(planned.steps) is over
        assert planned.in_flight == (not over)

    def test_a_record_from_before_a_success_does_not_keep_it(self) -> None:
        assert plan(view([], [record("completed", 2), record("accepted", 1)])).steps

    def test_a_dead_destination_does_not_keep_it(self) -> None:
        assert plan(view([], [record("pre-migrating")], off={DEST: STILL})).steps

    @pytest.mark.parametrize(
        ("node_back", "first_seen", "over"),
        [
            (False, 0.0, False),
            (True, 0.0, True),
            (True, NOW - 60, True),
            (True, NOW - 59, False),
        ],
    )
    def test_what_cannot_move_comes_back_with_its_host(
        self, node_back: bool, first_seen: float, over: bool
    ) -> None:
        stays = view([instance(vm_state="resized")], node_back=node_back)
        planned = plan(stays, Memory(Monotonic(first_seen), watching=Monotonic(0.0)))
        assert bool(planned.steps) is over
        assert [one.instance.id for one in planned.told] == [ONE]

    @pytest.mark.parametrize(
        ("node_back", "first_seen", "over"),
        [(False, 0.0, False), (True, NOW - 300, True), (True, NOW - 299, False)],
    )
    def test_what_cannot_be_looked_up_does_not_keep_a_host_for_ever(
        self, node_back: bool, first_seen: float, over: bool
    ) -> None:
        unknown = view([instance(tags=frozenset(), image="unknown")], node_back=node_back)
        planned = plan(unknown, Memory(Monotonic(first_seen), watching=Monotonic(0.0)))
        assert bool(planned.steps) is over
        assert [one.instance.id for one in planned.told] == [ONE]

    def test_some_attempts_are_worth_the_wait_of_a_host(self) -> None:
        """An instance whose attempts failed is in error: it does not start with its host."""
        few = [record("error", id) for id in range(4, 0, -1)]
        many = [record("error", id) for id in range(5, 0, -1)]
        assert plan(view([instance()], few, node_back=True)).steps == []
        assert plan(view([instance()], many, node_back=True)).steps == [Finish(FLAG)]

    @pytest.mark.parametrize("node_back", [True, False])
    def test_the_next_attempt_in_vain_is_not_waited_for(self, node_back: bool) -> None:
        """refused-while-nova-is-slow: one or another is always due."""
        refused = {
            InstanceId("a"): (Monotonic(0.0), "vTPM"),
            InstanceId("b"): (Monotonic(NOW - 1), "vTPM"),
        }
        memory = Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0), refused=refused)
        planned = plan(view([instance("a"), instance("b")], node_back=node_back), memory)
        assert planned.steps == ([Finish(FLAG)] if node_back else [Evacuate(instance("a"))])
        assert len(planned.told) == 2

    def test_but_a_first_one_is(self) -> None:
        memory = Memory(
            first_seen=Monotonic(0.0),
            watching=Monotonic(0.0),
            refused={InstanceId("a"): (Monotonic(0.0), "vTPM")},
        )
        both = view([instance("a"), instance("b")], node_back=True)
        assert evacuated(plan(both, memory)) == ["b", "a"]

    def test_after_a_power_cut_of_all_hosts(self) -> None:
        """bootstrap-deadlock: nobody can take them, and they are not turned into errors."""
        waits = plan(view([instance()], destinations=False))
        assert waits.steps == []
        assert plan(view([instance()], destinations=False, node_back=True)).steps == [Finish(FLAG)]

    def test_a_host_that_runs_again_keeps_what_it_has(self) -> None:
        assert plan(view([instance()], alive=True, node_back=True)).steps == [Finish(FLAG)]


def test_whether_anything_is_asked_for_that_was_not_in_vain() -> None:
    memory = Memory(
        first_seen=Monotonic(0.0),
        watching=Monotonic(0.0),
        refused={InstanceId("a"): (Monotonic(0.0), "vTPM")},
    )

    def only_in_vain(*names: str) -> bool:
        some = view([instance(name) for name in names])
        return survey(some, settings=Settings(), memory=memory, now=NOW).only_in_vain

    assert [only_in_vain(), only_in_vain("a"), only_in_vain("a", "b")] == [True, True, False]


def test_the_counts_of_a_plan() -> None:
    planned = plan(view([instance("a"), instance("b"), instance("c", vm_state="resized")]))
    assert {one.value: many for one, many in planned.counts.items()} == {
        "evacuate": 2,
        "report": 1,
    }


IDS = st.sampled_from([f"i{n}" for n in range(6)])
STATUSES = st.sampled_from(
    ["accepted", "pre-migrating", "done", "completed", "error", "failed", "new"]
)
HOSTS = st.sampled_from([None, DEST, NovaHost("compute-3")])
INSTANCES = st.builds(
    instance,
    IDS,
    vm_state=st.sampled_from(["active", "stopped", "error", "paused", "resized"]),
    task_state=st.sampled_from([None, "rebuilding", "rebuild_spawning", "deleting"]),
    powered_off=st.booleans(),
    tags=st.sampled_from([TAGS, frozenset[str]()]),
    metadata=st.sampled_from([{}, {"evacuable": "false"}, {"evacuation_priority": "5"}]),
)
RECORDS = st.builds(record, STATUSES, st.integers(1, 50), IDS, dest=HOSTS)
GROUPS = st.lists(
    st.builds(
        ServerGroup,
        st.sampled_from(["g", "h"]),
        st.sampled_from(["anti-affinity", "affinity"]),
        st.frozensets(IDS),
    ),
    max_size=2,
)
VIEWS = st.builds(
    view,
    st.lists(INSTANCES, max_size=6, unique_by=lambda one: one.id),
    st.lists(RECORDS, max_size=8, unique_by=lambda one: one.id),
    fresh=st.booleans(),
    anything_marked=st.sampled_from([None, True, False]),
    groups=GROUPS,
    off=st.sampled_from([{}, {DEST: STILL}]),
    node_back=st.booleans(),
    destinations=st.booleans(),
    alive=st.booleans(),
)
ALLOWANCES = st.builds(Allowance, st.integers(0, 9), st.integers(0, 9))
MEMORIES = st.builds(
    Memory,
    st.floats(0, NOW),
    st.booleans(),
    st.none() | st.floats(0, NOW),
    asked=st.dictionaries(IDS, st.integers(0, 50), max_size=3),
    noticed=st.dictionaries(st.tuples(IDS, st.just(ASKED)), st.floats(0, NOW), max_size=3),
)


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_second_evacuate_accepted(one: View, memory: Memory, allowance: Allowance) -> None:
    """No plan asks for an instance of which Nova may be working on a record."""
    flying = {
        one_of
        for one_of, found in records.by_instance(one.reading.evacuations).items()
        if any(records.at_work(found, one.around.off))
    }
    steps = plan(one, memory, allowance).steps
    touched = {step.instance.id for step in steps if not isinstance(step, Finish)}
    assert not flying & touched


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_what_was_asked_for_and_is_not_settled_is_not_asked_for_again(
    one: View, memory: Memory, allowance: Allowance
) -> None:
    newest = {
        one: found[0].id for one, found in records.by_instance(one.reading.evacuations).items()
    }
    unseen = {
        one
        for one, known in memory.asked.items()
        if newest.get(one, 0) <= known and memory.watched(one, ASKED, NOW) < 30.0
    }
    assert not unseen & set(evacuated(plan(one, memory, allowance)))


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_who_opted_out_is_never_touched(one: View, memory: Memory, allowance: Allowance) -> None:
    steps = plan(one, memory, allowance).steps
    touched = [step.instance for step in steps if not isinstance(step, Finish)]
    assert not any(it.metadata.get("evacuable") == "false" for it in touched)


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_no_instance_is_in_two_steps_of_a_plan(
    one: View, memory: Memory, allowance: Allowance
) -> None:
    steps = plan(one, memory, allowance).steps
    touched = [step.instance.id for step in steps if not isinstance(step, Finish)]
    assert len(touched) == len(set(touched))


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_members_of_an_anti_affinity_group_are_never_asked_for_together(
    one: View, memory: Memory, allowance: Allowance
) -> None:
    asked = set(evacuated(plan(one, memory, allowance)))
    apart = [group for group in one.around.groups if group.policy == "anti-affinity"]
    # Nova has an instance in one group at most.
    assume(len({it for group in apart for it in group.members}) == sum(map(_size, apart)))
    assert all(len(asked & group.members) <= 1 for group in apart)


def _size(group: ServerGroup) -> int:
    return len(group.members)


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_the_order_of_novas_answers_does_not_matter(
    one: View, memory: Memory, allowance: Allowance
) -> None:
    read = one.reading
    back = replace(read, instances=read.instances[::-1], evacuations=read.evacuations[::-1])
    other = replace(one, reading=back)
    assert plan(other, memory, allowance).steps == plan(one, memory, allowance).steps


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_no_plan_exceeds_the_caps(one: View, memory: Memory, allowance: Allowance) -> None:
    planned = plan(one, memory, allowance)
    requests = [step for step in planned.steps if isinstance(step, Evacuate | Reset)]
    assert len(requests) <= allowance.requests
    assert planned.load <= max(allowance.per_host, planned.in_flight)


@given(VIEWS, MEMORIES, ALLOWANCES)
def test_the_end_of_a_host_is_a_step_of_its_own(
    one: View, memory: Memory, allowance: Allowance
) -> None:
    planned = plan(one, memory, allowance)
    if any(isinstance(step, Finish) for step in planned.steps):
        assert len(planned.steps) == 1
        assert planned.in_flight == 0
        assert one.reading.fresh


@given(VIEWS, MEMORIES)
def test_held_means_no_request(one: View, memory: Memory) -> None:
    steps = plan(one, memory, Allowance(0, 100)).steps
    assert not any(isinstance(step, Evacuate | Reset) for step in steps)


def test_a_group_with_a_member_on_its_way_off_another_host_waits() -> None:
    group = ServerGroup("apart", "anti-affinity", frozenset({InstanceId("one"), InstanceId("x")}))
    free = plan(view([instance("one")], groups=[group]))
    assert evacuated(free) == ["one"]
    assert free.busy_groups == {"apart"}
    seen = survey(
        view([instance("one")], groups=[group]), settings=Settings(), memory=QUIET, now=NOW
    )
    assert evacuated(plan_steps(seen, PLENTY, {"apart"})) == []
