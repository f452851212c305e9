"""The whole JSON of the API and of notifications: who reads it relies on every name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.incidents.as_json import incident_json, notification
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.incidents.status import Deliveries, Picture, answer
from vmha_ocf.model import Epoch, Event, Evidence, Flag, FlagState, InstanceId, NovaHost, Step

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
        "count": 1,
        "controller": "ctl2",
        "incident": INCIDENT_JSON,
    }


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
        "notifications": {"notify_url": {"delivered": 7, "failed": 2, "dropped": 1}},
    }


def test_flags_that_could_not_be_read_are_not_no_flags() -> None:
    assert answer("/v1/status", Picture("ctl1", 1.0))["hosts"] is None
    assert answer("/v1/status", Picture("ctl1", 1.0, flags={}))["hosts"] == {}


def test_the_incidents_and_one_of_them() -> None:
    assert answer("/v1/incidents/", PICTURE) == {
        "version": 1,
        "incidents": [INCIDENT_JSON, incident_json(ENDED)],
    }
    assert answer("/v1/incidents/compute-1@1000", PICTURE) == INCIDENT_JSON


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/statusX", "/V1/status", "/v2/incidents", "/v1/incidents/compute-1", "/v1/INCIDENTS",
     "/v2/incidents/compute-1@1000", "/v1/status/compute-1@1000", "/v1/incidents/compute-1@1000/x"],
)  # fmt: skip
def test_there_is_nothing_else(path: str) -> None:
    assert answer(path, PICTURE) is None
