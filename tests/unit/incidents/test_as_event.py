"""Incidents as events of a message bus."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_event import is_of_instance, of_step, of_turn
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.model import LOST, Ailing, Epoch, Event, InstanceId, NovaHost, Patient, Step, Turn

HOST = NovaHost("compute-1")
WEB, DB = (
    InstanceId("5d8a1f8e-0000-4000-8000-000000000001"),
    InstanceId("5d8a1f8e-0000-4000-8000-000000000002"),
)
NAMES = {WEB: "web-1", DB: ""}
INCIDENT = Incident(
    HOST,
    Epoch(1795219300.0),
    {Step.FENCED: Epoch(1795219300.0), Step.CLAIMED: Epoch(1795219301.0)},
    given_up={DB: GivenUp("db-1", "no room")},
)


def told(step: Step, **about: Any) -> list[Any]:
    return list(of_step(Event(step, HOST, Epoch(1795219308.25), **about), INCIDENT, "ctl1"))


def test_a_host() -> None:
    (event,) = told(Step.FENCED, by="ctl1", detail="BMC answered off")
    uuid.UUID(event.pop("message_id"))
    assert event == {
        "publisher_id": "vmha:ctl1",
        "event_type": "vmha.host.fenced",
        "priority": "INFO",
        "timestamp": "2026-11-21 00:01:48.250000",
        "payload": {
            "version": 1,
            "step": "fenced",
            "host": "compute-1",
            "incident": "compute-1@1795219300",
            "state": "running",
            "controller": "ctl1",
            "text": "compute-1: fenced by ctl1 (BMC answered off)",
            "count": 0,
            "requested": 0,
            "moved": 0,
            "given_up": 1,
            "left_alone": 0,
        },
    }
    assert not is_of_instance(event)


@pytest.mark.parametrize(
    ("step", "kind", "priority"),
    [
        (Step.REQUESTED, "requested", "INFO"),
        (Step.MOVED, "moved", "INFO"),
        (Step.GIVEN_UP, "given-up", "ERROR"),
        (Step.LEFT_ALONE, "left-alone", "INFO"),
    ],
)
def test_what_is_about_instances_has_an_event_for_each(
    step: Step, kind: str, priority: str
) -> None:
    host, *others = told(step, instances=NAMES)
    assert (host["event_type"], host["payload"]["count"]) == (f"vmha.host.{kind}", 2)
    assert [one["event_type"] for one in others] == [f"vmha.instance.{kind}"] * 2
    assert [one["payload"]["instance_id"] for one in others] == [WEB, DB]
    assert others[0]["payload"]["display_name"] == "web-1"
    assert "display_name" not in others[1]["payload"]  # an empty trait is none
    assert {one["priority"] for one in (host, *others)} == {priority}
    assert all(map(is_of_instance, others))


def test_those_that_stay_where_they_are_have_none() -> None:
    (over,) = told(Step.OVER, instances=NAMES)
    assert (over["event_type"], over["payload"]["count"]) == ("vmha.host.over", 2)


def test_what_waits_for_a_person_is_an_error() -> None:
    assert [one["priority"] for one in told(Step.HELD, detail="a storm")] == ["ERROR"]


def test_told_twice_it_is_the_same_and_of_another_moment_another() -> None:
    first, again = (told(Step.MOVED, instances=NAMES) for _ in range(2))
    assert first == again
    later = list(of_step(Event(Step.MOVED, HOST, Epoch(5.0), instances=NAMES), INCIDENT, "ctl1"))
    assert len({one["message_id"] for one in (*first, *later)}) == 6


def turn(patient: Patient, what: Turn, kind: str, **about: Any) -> Any:
    since = Epoch(1795219300.0)
    ailment = Ailment(patient, kind, since, since, {Turn.FAILED: since}, 2, **about)
    return of_turn(Ailing(what, patient, kind, since, Epoch(since + 2)), ailment, "ctl1")


def test_an_instance_that_fails_on_a_host_that_lives() -> None:
    event = turn(Patient(HOST, "web-1", WEB, "a-project"), Turn.ASKED, "crashed")
    assert (event["event_type"], event["priority"]) == ("vmha.instance.asked", "INFO")
    payload = event["payload"]
    assert (payload["instance_id"], payload["project_id"]) == (WEB, "a-project")
    assert (payload["display_name"], payload["kind"], payload["attempt"]) == (
        "web-1",
        "crashed",
        2,
    )
    assert is_of_instance(event)
    told_ = turn(Patient(HOST, "web-1", WEB), Turn.TOLD, "crashed", told="look at it")
    assert (told_["event_type"], told_["priority"]) == ("vmha.instance.told", "ERROR")


@pytest.mark.parametrize(
    ("name", "kind", "what"), [("nova-compute", "hung", "process"), ("tenant", LOST, "network")]
)
def test_a_process_and_a_network_of_such_a_host(name: str, kind: str, what: str) -> None:
    event = turn(Patient(HOST, name), Turn.FAILED, kind)
    assert event["event_type"] == f"vmha.{what}.failed"
    assert (event["payload"]["name"], event["payload"]["step"]) == (name, f"{what}-failed")
    assert not is_of_instance(event)


def test_no_trait_has_parts() -> None:
    events = [
        *told(Step.MOVED, instances=NAMES),
        turn(Patient(HOST, "web-1", WEB, "p"), Turn.HEALED, "crashed"),
    ]
    assert all(
        isinstance(one, str | int | float) for each in events for one in each["payload"].values()
    )


def test_whose_they_are_that_others_may_replace() -> None:
    both = told(Step.LEFT_ALONE, instances={WEB: "web-1"}, project="a-project", stack="a-stack")
    assert [(one["payload"]["project_id"], one["payload"]["stack"]) for one in both] == [
        ("a-project", "a-stack")
    ] * 2
    (host,) = told(Step.LEFT_ALONE)
    assert not host["payload"].keys() & {"project_id", "stack"}
