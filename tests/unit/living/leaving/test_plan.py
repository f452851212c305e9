"""Who leaves a host that has lost a network, and who is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.unit.cloud.policy.texts import policy
from vmha_ocf.living.leaving.plan import AT_ONCE, LIVE, Plan, Seen, asks, leaves, plan
from vmha_ocf.model import ImageId, Instance, InstanceId, Move, NovaHost

HOST, OTHER = NovaHost("compute-1"), NovaHost("compute-2")
TEXT = """
default_class = "cattle"
[[exclude]]
why = "bound to its host"
names = "canary-*"
[[exclude]]
why = "by its image"
image = { bound = true }
[class.pets]
tags = "pet"
network.tenant = ["migrate", "notify"]
network.storage = "migrate"
[class.guarded]
tags = "guarded"
network.tenant = "migrate"
network.several = "notify"
[class.cattle]
network.tenant = "notify"
[measured.tenant]
attribute = "a"
resource = "a"
healthy_from = 1
[measured.storage]
attribute = "b"
resource = "b"
healthy_from = 1
"""
POLICY = policy(TEXT)
TENANT = ["tenant"]


def pet(number: int, **more: object) -> Instance:
    made = Instance(InstanceId(f"id-{number}"), HOST, f"pet-{number}", tags=frozenset({"pet"}))
    return replace(made, **more)  # type: ignore[arg-type]


def move(number: int, status: str, source: NovaHost = HOST, kind: str = LIVE) -> Move:
    return Move(number, InstanceId(f"id-{number}"), kind, source, OTHER, status)


def planned(
    instances: Sequence[Instance], moves: Sequence[Move] = (), refused: Sequence[int] = ()
) -> Plan:
    said = {InstanceId(f"id-{number}"): "409: locked" for number in refused}
    seen = Seen(HOST, TENANT, instances, moves, said)
    return plan(seen, POLICY, {}, lambda one: one.id)


def chosen(*args: object) -> list[str]:
    return [one.name for one in planned(*args).next]  # type: ignore[arg-type]


PETS = [pet(1), pet(2), pet(3)]


class TestWho:
    def test_by_the_row_of_its_class(self) -> None:
        assert leaves(pet(1), POLICY, {}, TENANT)
        assert not leaves(pet(1, tags=frozenset()), POLICY, {}, TENANT)
        assert not leaves(pet(1), POLICY, {}, ["admin"])

    def test_the_row_for_several_goes_first(self) -> None:
        guarded = pet(1, tags=frozenset({"guarded"}))
        assert leaves(guarded, POLICY, {}, TENANT)
        assert not leaves(guarded, POLICY, {}, ["storage", "tenant"])
        assert leaves(pet(1), POLICY, {}, ["storage", "tenant"])

    def test_not_who_is_excluded_or_may_be(self) -> None:
        assert not leaves(pet(1, name="canary-1"), POLICY, {}, TENANT)
        image = ImageId("11111111-2222-3333-4444-555555555555")
        of_image = pet(1, image=image)
        assert not leaves(of_image, POLICY, {image: {"bound": "yes"}}, TENANT)
        assert leaves(of_image, POLICY, {image: {}}, TENANT)
        assert not leaves(of_image, POLICY, {}, TENANT)

    def test_not_whose_class_nobody_knows(self) -> None:
        image = ImageId("11111111-2222-3333-4444-555555555555")
        text = TEXT.replace('[[exclude]]\nwhy = "by its image"\nimage = { bound = true }\n', "")
        by_image = policy(text.replace('tags = "pet"', "image = { pet = true }"))
        assert not leaves(pet(1, image=image), by_image, {}, TENANT)
        assert leaves(pet(1, image=image), by_image, {image: {"pet": "true"}}, TENANT)

    def test_whether_any_row_asks_for_it(self) -> None:
        assert asks(POLICY, ["admin", "tenant"])
        assert not asks(POLICY, ["admin"])


class TestNext:
    def test_so_many_at_once(self) -> None:
        assert AT_ONCE == 2
        assert chosen(PETS) == ["pet-1", "pet-2"]
        assert chosen([pet(1, task_state="migrating"), pet(2), pet(3)]) == ["pet-2"]
        assert chosen(PETS, [move(7, "running"), move(8, "queued")]) == []

    def test_moves_of_others_and_from_elsewhere_do_not_count(self) -> None:
        moves = [
            move(7, "running", OTHER),
            move(8, "finished", kind="resize"),
            move(9, "completed"),
        ]
        assert chosen(PETS, moves) == ["pet-1", "pet-2"]

    def test_more_under_way_than_we_would_ask_for(self) -> None:
        assert chosen(PETS, [move(number, "running") for number in (6, 7, 8)]) == []

    def test_only_who_runs_and_has_nothing_under_way(self) -> None:
        found = chosen([pet(1, vm_state="stopped"), pet(2, task_state="rebooting"), pet(3)])
        assert found == ["pet-3"]

    def test_nobody_twice(self) -> None:
        assert chosen(PETS, [move(1, "error")]) == ["pet-2", "pet-3"]
        assert chosen(PETS, [], [1]) == ["pet-2", "pet-3"]
        assert chosen(PETS, [move(1, "running")]) == ["pet-2"]

    def test_three_failures_are_enough(self) -> None:
        assert chosen(PETS, [move(7, "error"), move(8, "failed")]) == ["pet-1"]
        assert chosen(PETS, [move(7, "error"), move(8, "failed"), move(9, "cancelled")]) == []
        assert chosen(PETS, [move(7, "error"), move(8, "failed")], [9]) == []


class TestTold:
    def test_how_many_leave(self) -> None:
        found = planned(PETS, [move(9, "running")])
        assert found.told == "4 of the instances of compute-1 leave it by live migration"
        assert found.goes_on

    def test_nothing_where_nobody_is_to_leave(self) -> None:
        found = planned([pet(1, tags=frozenset())])
        assert (list(found.next), found.told, found.goes_on) == ([], "", False)

    def test_what_has_failed(self) -> None:
        found = planned([pet(1)], [move(1, "error")])
        assert found.told == (
            "the live migration of pet-1 off compute-1 has failed, and is not tried again: "
            "openstack server migration list --server id-1"
        )
        assert planned([pet(1)], [], [1]).told.endswith("again: 409: locked")

    def test_that_no_more_is_asked_for(self) -> None:
        failed = [move(number, "error") for number in (1, 2, 3)]
        every = [pet(number, name="") if number == 5 else pet(number) for number in range(1, 6)]
        told = planned(every, failed).told
        assert told.startswith("3 live migrations off compute-1 have failed, and no more is asked")
        assert "pet-1, pet-2, pet-3, pet-4 and 1 more stay there: openstack" in told
        assert planned([], failed).told == ""
