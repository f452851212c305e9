"""The whole JSON of the API and of notifications: who reads it relies on every name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.values import Class, Exclusion, Marks, Policy
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.around import Around
from vmha_ocf.incidents.as_json import (
    ailing_notification,
    ailment_json,
    incident_json,
    notification,
)
from vmha_ocf.incidents.in_words import story
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.incidents.status import HIDDEN, Deliveries, Picture, answer
from vmha_ocf.model import (
    LOST,
    Ailing,
    ComputeService,
    Epoch,
    Event,
    Evidence,
    Flag,
    FlagState,
    InstanceId,
    NodeName,
    NodeState,
    NovaHost,
    Patient,
    Services,
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
    "left_alone": [],
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
    "left_alone": [],
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
    woken=True,
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
        "woken": True,
        "round": "evacuating compute-1",
        "level": "error",
        "headline": "1 thing waits for a person; compute-1 is being evacuated, and 1 more host is not up",
        "problems": ["Nova is slow"],
        "unnamed": 0,
        "held": [],
        "names": True,
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
        "incidents": [_with_story(INCIDENT), _with_story(ENDED)],
        "ailments": [WITH_STORY],
        "unnamed": 0,
    }
    assert answer("/v1/incidents/compute-1@1000", PICTURE) == _with_story(INCIDENT)
    assert answer(f"/v1/incidents/{WEB}@1003", PICTURE) == WITH_STORY


def _with_story(one: Incident) -> dict[str, Any]:
    return {**incident_json(one), "story": [{"at": at, "what": what} for at, what in story(one)]}


WITH_STORY = {
    **AILMENT_JSON,
    "story": [
        {"at": 1003.0, "what": "web-1 crashed, as its host tells"},
        {"at": 1003.4, "what": "seen by the worker"},
        {"at": 1003.5, "what": "Nova was asked to restart it (number 2 lately)"},
        {"at": 1064.0, "what": "waits for a person: its restart did not help"},
    ],
}


def test_the_story_of_one_of_which_nothing_has_moved() -> None:
    held = replace(INCIDENT, last_moved=None, milestones={Step.HELD: Epoch(1001.0)}, fencings=())
    assert story(held) == [(1001.0, "held: a storm")]


class TestWithoutTheToken:
    """No answer has a name or an id of an instance, and each says how much is not shown."""

    PROCESS = replace(AILMENT, patient=Patient(HOST, "nova-compute"), told="web-1 is being built")
    NETWORK = replace(
        AILMENT, patient=Patient(HOST, "tenant"), kind=LOST, told="look at the cables"
    )
    SEEN = replace(
        PICTURE,
        problems=("web-1 is not evacuated", "evacuation is held"),
        ailments=(AILMENT, PROCESS, NETWORK),
        around=Around(held=("evacuation is held",), plain=("evacuation is held",)),
    )

    @pytest.mark.parametrize(
        "path", ["status", "hosts", "incidents", "policy", "incidents/compute-1@1000"]
    )
    def test_nothing_is_named(self, path: str) -> None:
        told = json.dumps(answer(f"/v1/{path}", self.SEEN, names=False))
        assert "web" not in told
        assert WEB not in told
        assert "a-project" not in told

    def test_what_is_not_shown_is_counted(self) -> None:
        status = answer("/v1/status", self.SEEN, names=False)
        assert (status["problems"], status["unnamed"]) == (["evacuation is held"], 1)
        assert (status["held"], status["names"]) == (["evacuation is held"], False)
        told = answer("/v1/incidents", self.SEEN, names=False)
        assert told["unnamed"] == 1
        assert [one["told"] for one in told["ailments"]] == [HIDDEN, "look at the cables"]
        nobody = {"instance": None, "name": None, "reason": HIDDEN}
        assert told["incidents"][0]["given_up"] == [nobody]

    def test_those_that_are_left_alone_are_not_named_either(self) -> None:
        alone = replace(INCIDENT, given_up={}, left_alone=INCIDENT.given_up)
        seen = replace(self.SEEN, incidents=(alone,))
        told = answer("/v1/incidents", seen, names=False)["incidents"][0]
        assert told["left_alone"] == [{"instance": None, "name": None, "reason": HIDDEN}]

    def test_an_ailment_of_an_instance_cannot_be_asked_for(self) -> None:
        assert answer(f"/v1/incidents/{WEB}@1003", self.SEEN, names=False) is None


NODE = NodeName("compute-1")
UP = ComputeService("1", HOST, up=True, enabled=True, forced_down=False)
ONLINE = NodeState(NODE, online=True, fenced=False, connected_at=Epoch(7.0))
OFF = replace(ONLINE, online=False, fenced=True, fenced_at=Epoch(9.0), connected_at=None)
PROVED = Flag(HOST, FlagState.NEEDED, NODE, evidence=Evidence("ctl1", Epoch(10.0), "off"))


def _seen(node: NodeState | None, service: ComputeService | None, flag: Flag | None) -> Picture:
    around = Around(
        {NODE: node} if node else {},
        {NODE: (HOST,)},
        {HOST},
        None if service is None else Services([service]),
    )
    return Picture("ctl1", 20.0, 19.0, flags={HOST: flag} if flag else {}, around=around)


@pytest.mark.parametrize(
    ("node", "service", "flag", "shown"),
    [
        (ONLINE, UP, None, ("up", 7.0, "up")),
        (ONLINE, None, None, ("up", 7.0, None)),
        (None, None, None, ("unknown", None, None)),
        (OFF, UP, None, ("fenced", 9.0, "up")),
        (replace(OFF, fenced=False), UP, None, ("lost", None, "up")),
        (ONLINE, replace(UP, up=False), None, ("nova-down", 7.0, "down")),
        (ONLINE, replace(UP, enabled=False), None, ("disabled", 7.0, "up, disabled")),
        (ONLINE, replace(UP, up=False, forced_down=True), None, ("forced-down", 7.0, "forced down")),
        (OFF, UP, PROVED, ("waiting", 10.0, "up")),
        (OFF, UP, replace(PROVED, evidence=None), ("waiting", None, "up")),
        (OFF, UP, replace(PROVED, state=FlagState.CLAIMED, since=Epoch(11.0)), ("evacuating", 11.0, "up")),
        (OFF, UP, replace(PROVED, state=FlagState.DONE), ("away", 10.0, "up")),
        (None, UP, replace(PROVED, state=FlagState.DONE), ("away", 10.0, "up")),
        (ONLINE, UP, replace(PROVED, state=FlagState.DONE), ("returning", 7.0, "up")),
    ],
)  # fmt: skip
def test_a_host(
    node: NodeState | None,
    service: ComputeService | None,
    flag: Flag | None,
    shown: tuple[str, float | None, str | None],
) -> None:
    picture = _seen(node, service, flag)
    (told,) = answer("/v1/hosts", picture)["hosts"]
    assert (told["host"], told["node"]) == ("compute-1", "compute-1")
    assert (told["state"], told["since"], told["nova"]) == shown
    status = answer("/v1/status", picture)
    is_up = shown[0] == "up"
    assert status["level"] == ("ok" if is_up else "warning")
    assert status["headline"].startswith("all is well" if is_up else "compute-1 ")


def test_hosts_that_are_not_known_are_not_no_hosts() -> None:
    assert answer("/v1/hosts", Picture("ctl1", 1.0, flags={}))["hosts"] is None
    assert answer("/v1/hosts", replace(_seen(ONLINE, UP, None), flags=None))["hosts"] is None


def test_hosts_are_in_the_order_of_their_numbers_and_those_that_are_unwell_first() -> None:
    names = [NovaHost(f"compute-{number}") for number in (10, 2, 1)]
    nodes = {NodeName(name): replace(ONLINE, name=NodeName(name)) for name in names[:2]}
    around = Around(nodes, {NodeName(name): (name,) for name in names[:2]}, names)
    told = answer("/v1/hosts", Picture("ctl1", 1.0, flags={}, around=around))["hosts"]
    assert [one["host"] for one in told] == ["compute-1", "compute-2", "compute-10"]


def test_a_flag_of_a_host_that_nobody_lists_is_shown() -> None:
    told = answer("/v1/hosts", Picture("ctl1", 1.0, flags={HOST: PROVED}, around=Around()))
    assert [(one["host"], one["node"]) for one in told["hosts"]] == [("compute-1", "compute-1")]


class TestTheVerdict:
    def test_before_the_first_round_nothing_is_known(self) -> None:
        assert _verdict(Picture("ctl1", 1.0)) == ("unknown", "the worker has just started")

    def test_flags_that_cannot_be_read(self) -> None:
        assert _verdict(Picture("ctl1", 2.0, 1.0)) == ("unknown", "the flags cannot be read")

    def test_problems_come_first(self) -> None:
        well = _seen(ONLINE, UP, None)
        told = _verdict(replace(well, problems=("one", "two")))
        assert told == ("error", "2 things wait for a person")

    def test_many_hosts(self) -> None:
        names = [NovaHost(f"compute-{number}") for number in range(1, 5)]
        picture = Picture("ctl1", 2.0, 1.0, flags={names[3]: replace(PROVED, host=names[3])},
                          around=Around(listed=names))  # fmt: skip
        assert _verdict(picture) == (
            "warning",
            "compute-4 waits for its evacuation, and 3 more hosts are not up",
        )

    def test_what_failed_on_hosts_that_live(self) -> None:
        told = _verdict(replace(_seen(ONLINE, UP, None), ailments=(AILMENT,)))
        assert told == ("warning", "1 failed on hosts that live")


def _verdict(picture: Picture) -> tuple[str, str]:
    told = answer("/v1/status", picture)
    return told["level"], told["headline"]


def test_the_policy() -> None:
    policy = Policy(
        "abc", (Class("pets", Marks(), {"guest.crashed": (Action.RESTART, Action.NOTIFY)}),), "pets",
        (Exclusion(4, "replaced", Marks(names=("amphora-*",)), ("evacuation",)),), ("db-*",),
    )  # fmt: skip
    told = answer("/v1/policy", replace(PICTURE, around=Around(policy=policy)))
    assert (told["policy"], told["problem"], told["default_class"]) == ("abc", None, "pets")
    assert told["classes"] == [{"name": "pets", "rows": {"guest.crashed": ["restart", "notify"]}}]
    assert told["exclusions"] == [{"line": 4, "why": "replaced", "out_of": ["evacuation"]}]
    assert told["never_fence"] == ["db-*"]
    assert told["settings"]["storm_limit"] == 5
    assert answer("/v1/policy", PICTURE)["policy"] is None


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/statusX", "/V1/status", "/v2/incidents", "/v1/incidents/compute-1", "/v1/INCIDENTS",
     "/v2/incidents/compute-1@1000", "/v1/status/compute-1@1000", "/v1/incidents/compute-1@1000/x"],
)  # fmt: skip
def test_there_is_nothing_else(path: str) -> None:
    assert answer(path, PICTURE) is None
