"""The whole JSON of the API and of notifications: who reads it relies on every name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import (
    ailing_notification,
    ailment_json,
    incident_json,
    notification,
)
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.incidents.status import Deliveries, Picture, answer
from vmha_ocf.model import (
    Ailing,
    Epoch,
    Event,
    Evidence,
    Flag,
    FlagState,
    InstanceId,
    NovaHost,
    Patient,
    Step,
    Turn,
)

HOST = NovaHost("compute-1")
INCIDENT = Incident(
    HOST,
    Epoch(1000.5),
    {
        Step.FENCED: Epoch(1000.5),
        Step.HELD: Epoch(1001.0),
        Step.CLAIMED: Epoch(1002.0),
        Step.OVER: Epoch(1020.0),
    },
    last_moved=Epoch(1015.0),
    requested=4,
    moved=3,
    fencings=(Epoch(1000.5), Epoch(1003.0)),
    workers=("ctl1", "ctl2"),
    proof="BMC 192.0.2.7 answered off, fenced by ctl1",
    held="a storm",
    outcome="its flag is gone",
    given_up={InstanceId("one"): GivenUp("web", "vTPM")},
)
INCIDENT_JSON = {
    "id": "compute-1@1000",
    "what": "host",
    "host": "compute-1",
    "began": 1000.5,
    "state": "away",
    "steps": {"fenced": 1000.5, "held": 1001.0, "claimed": 1002.0, "over": 1020.0},
    "last_moved": 1015.0,
    "time_to_recover": 14.5,
    "requested": 4,
    "moved": 3,
    "given_up": [{"instance": "one", "name": "web", "reason": "vTPM"}],
    "fencings": [1000.5, 1003.0],
    "workers": ["ctl1", "ctl2"],
    "proof": "BMC 192.0.2.7 answered off, fenced by ctl1",
    "held": "a storm",
    "outcome": "its flag is gone",
}
ENDED = replace(INCIDENT, began=Epoch(10.0), milestones={Step.IN_SERVICE: Epoch(20.0)})
WEB = InstanceId("5d8a1f8e-8c10-4c5e-9d2f-000000000001")
AILMENT = Ailment(
    Patient(HOST, "web-1", WEB, "a-project"),
    "crashed",
    Epoch(1003.0),
    Epoch(1003.0),
    {Turn.FAILED: Epoch(1003.4), Turn.ASKED: Epoch(1003.5), Turn.TOLD: Epoch(1064.0)},
    attempt=2,
    told="its restart did not help",
)
AILMENT_JSON = {
    "id": f"{WEB}@1003",
    "what": "instance",
    "host": "compute-1",
    "began": 1003.0,
    "state": "told",
    "steps": {"failed": 1003.4, "asked": 1003.5, "told": 1064.0},
    "time_to_recover": None,
    "requested": 1,
    "moved": 0,
    "given_up": [{"instance": WEB, "name": "web-1", "reason": "its restart did not help"}],
    "instance": WEB,
    "name": "web-1",
    "project_id": "a-project",
    "kind": "crashed",
    "since": 1003.0,
    "attempt": 2,
    "told": "its restart did not help",
    "outcome": "",
}
FLAGS = {
    HOST: Flag(
        HOST,
        FlagState.CLAIMED,
        owner="ctl1",
        since=Epoch(1002.0),
        evidence=Evidence("ctl1", Epoch(1000.5), "BMC answered off"),
    ),
    NovaHost("compute-2"): Flag(
        NovaHost("compute-2"), FlagState.DONE, owner="ctl1", since=Epoch(5.0)
    ),
}
PICTURE = Picture(
    "ctl1",
    1030.0,
    1029.0,
    "evacuating compute-1",
    ("Nova is slow",),
    FLAGS,
    (INCIDENT, ENDED),
    {"notify_url": Deliveries(7, 2, 1)},
    (AILMENT,),
)


def test_an_incident() -> None:
    assert incident_json(INCIDENT) == INCIDENT_JSON


def test_a_notification() -> None:
    moved = Event(Step.MOVED, HOST, Epoch(1015.0), instances={InstanceId("two"): "db"})
    assert notification(moved, INCIDENT, "ctl2") == {
        "version": 1,
        "step": "moved",
        "at": 1015.0,
        "host": "compute-1",
        "text": "compute-1: db run elsewhere",
        "instances": ["db"],
        "ids": ["two"],
        "count": 1,
        "controller": "ctl2",
        "incident": INCIDENT_JSON,
    }


def test_a_notification_of_an_ailment() -> None:
    told = Ailing(
        Turn.TOLD, AILMENT.patient, "crashed", AILMENT.since, Epoch(1064.0), AILMENT.told
    )
    assert ailing_notification(told, AILMENT, "ctl2") == {
        "version": 1,
        "step": "instance-told",
        "at": 1064.0,
        "host": "compute-1",
        "text": "compute-1: web-1 waits for a person: its restart did not help",
        "instances": ["web-1"],
        "ids": [WEB],
        "count": 1,
        "project_id": "a-project",
        "controller": "ctl2",
        "incident": AILMENT_JSON,
    }


def test_an_ailment_of_a_process_that_is_over() -> None:
    one = replace(
        AILMENT,
        patient=Patient(HOST, "nova-compute"),
        turns={Turn.FAILED: Epoch(1003.0), Turn.HEALED: Epoch(1071.5)},
    )
    told = ailment_json(one)
    assert (told["id"], told["what"]) == ("compute-1:nova-compute@1003", "process")
    assert (told["state"], told["time_to_recover"], told["given_up"]) == ("ended", 68.5, [])
    assert (told["instance"], told["requested"]) == (None, 0)


def test_the_status() -> None:
    assert answer("/v1/status", PICTURE) == {
        "version": 1,
        "controller": "ctl1",
        "at": 1030.0,
        "round_at": 1029.0,
        "round": "evacuating compute-1",
        "problems": ["Nova is slow"],
        "hosts": {
            "compute-1": {
                "flag": "claimed",
                "claimed_by": "ctl1",
                "claimed_at": 1002.0,
                "fenced_at": 1000.5,
            },
            "compute-2": {
                "flag": "done",
                "claimed_by": None,
                "claimed_at": None,
                "fenced_at": None,
            },
        },
        "open_incidents": ["compute-1@1000"],
        "open_ailments": [f"{WEB}@1003"],
        "notifications": {"notify_url": {"delivered": 7, "failed": 2, "dropped": 1}},
    }


def test_flags_that_could_not_be_read_are_not_no_flags() -> None:
    assert answer("/v1/status", Picture("ctl1", 1.0))["hosts"] is None
    assert answer("/v1/status", Picture("ctl1", 1.0, flags={}))["hosts"] == {}


def test_the_incidents_and_one_of_them() -> None:
    assert answer("/v1/incidents/", PICTURE) == {
        "version": 1,
        "incidents": [INCIDENT_JSON, incident_json(ENDED)],
        "ailments": [AILMENT_JSON],
    }
    assert answer("/v1/incidents/compute-1@1000", PICTURE) == INCIDENT_JSON
    assert answer(f"/v1/incidents/{WEB}@1003", PICTURE) == AILMENT_JSON


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/statusX", "/V1/status", "/v2/incidents", "/v1/incidents/compute-1", "/v1/INCIDENTS",
     "/v2/incidents/compute-1@1000", "/v1/status/compute-1@1000", "/v1/incidents/compute-1@1000/x"],
)  # fmt: skip
def test_there_is_nothing_else(path: str) -> None:
    assert answer(path, PICTURE) is None
