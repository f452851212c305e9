"""What the Nova backend sends, how often, and what an answer means to it.

Times are real and short, where what is tested is a library's clock.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fakes import nova_bodies as bodies
from tests.fakes.http_nova import UNAUTHORIZED, HttpCloud, connect, refusal
from tests.fakes.web_server import DROP, Answer
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import (
    NovaBusy,
    NovaDenied,
    NovaFailed,
    NovaRefused,
    NovaUnavailable,
    NovaUnreached,
)
from vmha_ocf.model import Instance, InstanceId, NovaHost, ServiceChange

HOST = NovaHost("compute-1")
INSTANCE = Instance(InstanceId(bodies.uuid(7)), HOST)
ACTION = "/servers/.*/action"


# Microversion


@pytest.mark.parametrize(
    ("newest", "pinned"), [("2.68", "2.68"), ("2.79", "2.79"), ("2.90", "2.90")]
)
def test_the_highest_common_microversion_is_sent(
    cloud: HttpCloud, nova: OpenStackNova, newest: str, pinned: str
) -> None:
    cloud.versions = ("2.1", newest)
    nova.services()
    nova.evacuate(INSTANCE)
    assert {one.microversion for one in cloud.received[2:]} == {pinned}
    assert nova.microversion == pinned


def test_a_newer_nova_is_never_asked_above_2_94(cloud: HttpCloud, nova: OpenStackNova) -> None:
    nova.services()
    assert "2.68" <= nova.microversion <= "2.94"


@pytest.mark.parametrize("newest", ["2.67", ""])
def test_a_nova_older_than_2_68_is_told(
    cloud: HttpCloud, nova: OpenStackNova, newest: str
) -> None:
    cloud.versions = ("2.1", newest)
    with pytest.raises(NovaUnavailable, match=r"2\.68 to 2\.94 are needed"):
        nova.evacuate(INSTANCE)
    assert not cloud.asked("POST", ACTION)


def test_an_upgraded_nova_is_asked_anew(cloud: HttpCloud, nova: OpenStackNova) -> None:
    nova.services()
    cloud.versions = ("2.1", "2.79")
    cloud.on("GET", "os-services", Answer(406, {"computeFault": {"message": "no"}}), cloud.usual)
    with pytest.raises(NovaUnavailable, match="no longer speaks"):
        nova.services()
    nova.services()
    assert nova.microversion == "2.79"


# Requests


def test_each_operation_costs_one_request(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    cloud.servers = [bodies.server(number, "compute-1") for number in range(100)]
    service = nova.services()[0]
    assert nova.requests == 2  # and one about the versions
    nova.update_service(service, ServiceChange(forced_down=True))
    for instance in nova.instances_on(HOST):
        nova.evacuate(instance)
    cloud.migrations = [bodies.migration(number, "compute-1") for number in range(100)]
    nova.evacuations_from(HOST)
    assert nova.requests == 2 + 2 + 1 + 100 + 1
    assert len(cloud.asked("POST", "identity")) == 1


def test_eight_threads_send_each_evacuation_once(cloud: HttpCloud, nova: OpenStackNova) -> None:
    instances = [Instance(InstanceId(bodies.uuid(n)), HOST) for n in range(200)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(nova.evacuate, instances))
    sent = [one.path.split("/")[-2] for one in cloud.asked("POST", ACTION)]
    assert sorted(sent) == sorted(one.id for one in instances)
    assert len(cloud.asked("POST", "identity")) == 1
    assert len(cloud.asked("GET", "v2.1/$")) == 1


def test_nothing_is_written_below_home(
    cloud: HttpCloud, nova: OpenStackNova, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    cloud.servers = [bodies.server(1, "compute-1")]
    nova.services()
    nova.instances_on(HOST)
    nova.evacuate(INSTANCE)
    assert list(tmp_path.iterdir()) == []


def test_evacuate_leaves_the_choice_of_host_to_the_scheduler(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    nova.evacuate(INSTANCE)
    [request] = cloud.asked("POST", ACTION)
    assert request.body == {"evacuate": {}}
    assert INSTANCE.id in request.path


def test_reset_stop_start_and_reboot(cloud: HttpCloud, nova: OpenStackNova) -> None:
    nova.reset_to_error(INSTANCE)
    nova.stop(INSTANCE)
    nova.start(INSTANCE)
    nova.reboot(INSTANCE)
    sent = [one.body for one in cloud.asked("POST", ACTION)]
    assert sent == [
        {"os-resetState": {"state": "error"}},
        {"os-stop": None},
        {"os-start": None},
        {"reboot": {"type": "HARD"}},
    ]


# Exactly once


@pytest.mark.parametrize(
    "fault",
    [
        DROP,
        Answer(503, "<html>no server is available</html>"),
        Answer(500, {"computeFault": {"code": 500, "message": "Unexpected API Error"}}),
        Answer(504),
        Answer(408, "<html>timeout</html>"),
        Answer(404, "<html>not found</html>"),
        Answer(400, "<html>bad request</html>"),
        Answer(307, None, {"Location": "/compute/v2.1/elsewhere"}),
        Answer(200, {}, delay=1.5),
    ],
    ids=lambda fault: f"{fault.status or 'dropped'}{' late' * bool(fault.delay)}",
)
def test_an_unclear_answer_to_evacuate_is_unavailable_and_not_repeated(
    cloud: HttpCloud, fault: Answer
) -> None:
    nova = connect(cloud, timeout=0.5)
    nova.services()
    cloud.on("POST", ACTION, fault)
    with pytest.raises(NovaUnavailable) as told:
        nova.evacuate(INSTANCE)
    assert not isinstance(told.value, NovaUnreached | NovaBusy)
    assert len(cloud.asked("POST", ACTION)) == 1
    assert not cloud.asked("POST", "elsewhere")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(500, {"computeFault": {"code": 500, "message": "Unexpected"}}), NovaFailed),
        (Answer(500, "<html>a proxy's</html>"), NovaUnavailable),
        (Answer(503, {"message": "a proxy's"}), NovaUnavailable),
        (Answer(504, {"message": "a proxy's"}), NovaUnavailable),
    ],
)
def test_an_error_of_nova_s_own_is_told_apart(
    cloud: HttpCloud, nova: OpenStackNova, answer: Answer, kind: type[NovaUnavailable]
) -> None:
    """It has ended with the request; behind a proxy's word it may still be at it."""
    cloud.on("POST", ACTION, answer)
    with pytest.raises(NovaUnavailable) as told:
        nova.reboot(INSTANCE)
    assert type(told.value) is kind


def test_a_request_that_was_never_sent_is_told_apart() -> None:
    """Whoever waits whether it had an effect waits for nothing."""
    with HttpCloud() as cloud:
        cloud.on("GET", "os-services", Answer(200, {"services": []}, {"Connection": "close"}))
        nova = connect(cloud)
        nova.services()
    with pytest.raises(NovaUnreached, match="connection refused"):
        nova.evacuate(INSTANCE)


def test_a_lost_token_and_a_silent_keystone_send_nothing(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    nova.services()
    cloud.on("POST", ACTION, UNAUTHORIZED)
    cloud.on("POST", "identity", DROP)
    with pytest.raises(NovaUnreached, match="Keystone"):
        nova.evacuate(INSTANCE)
    assert len(cloud.asked("POST", ACTION)) == 1


def test_a_put_is_not_repeated(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    [service] = nova.services()
    cloud.on("PUT", "os-services", DROP)
    with pytest.raises(NovaUnavailable):
        nova.update_service(service, ServiceChange(forced_down=True))
    assert len(cloud.asked("PUT", "os-services")) == 1


def test_a_dropped_get_is_repeated_once(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.services = [bodies.service("compute-1")]
    nova.services()
    before = nova.requests
    cloud.on("GET", "os-services", DROP, cloud.usual)
    assert len(nova.services()) == 1
    assert nova.requests == before + 2


def test_a_get_without_answer_is_unavailable(cloud: HttpCloud) -> None:
    nova = connect(cloud, timeout=0.3)
    nova.services()
    cloud.on("GET", "os-services", Answer(200, {}, delay=1.0))
    with pytest.raises(NovaUnavailable, match=r"did not answer within 0\.3 s"):
        nova.services()


def test_a_token_that_ended_is_renewed_and_only_then_the_request_repeated(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    nova.services()
    cloud.tokens += 1  # the one in use is no longer accepted
    nova.evacuate(INSTANCE)
    first, second = cloud.asked("POST", ACTION)
    assert first.headers["X-Auth-Token"] != second.headers["X-Auth-Token"]


def test_a_token_that_stays_refused_is_denied(cloud: HttpCloud, nova: OpenStackNova) -> None:
    nova.services()
    cloud.on("POST", ACTION, UNAUTHORIZED)
    with pytest.raises(NovaDenied):
        nova.evacuate(INSTANCE)
    assert len(cloud.asked("POST", ACTION)) == 2


def test_a_401_that_is_not_keystones_may_have_had_its_effect(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    nova.services()
    cloud.on("POST", ACTION, Answer(401, "<html>", {"WWW-Authenticate": 'Basic realm="proxy"'}))
    with pytest.raises(NovaUnavailable, match="may have had its effect"):
        nova.evacuate(INSTANCE)
    assert len(cloud.asked("POST", ACTION)) == 1


# What Nova says


@pytest.mark.parametrize(
    ("status", "name", "message"),
    [
        (409, "conflictingRequest", "Cannot 'evacuate' instance while it is in vm_state paused"),
        (404, "itemNotFound", "Instance could not be found."),
        (400, "badRequest", "Compute service of compute-1 is still in use."),
    ],
)
def test_a_refusal_has_novas_words(
    cloud: HttpCloud, nova: OpenStackNova, status: int, name: str, message: str
) -> None:
    cloud.on("POST", ACTION, refusal(status, name, message))
    with pytest.raises(NovaRefused, match=message) as told:
        nova.evacuate(INSTANCE)
    assert told.value.code == status


def test_a_missing_role_is_denied(cloud: HttpCloud, nova: OpenStackNova) -> None:
    message = "Policy doesn't allow os_compute_api:os-evacuate to be performed."
    cloud.on("POST", ACTION, refusal(403, "forbidden", message))
    with pytest.raises(NovaDenied, match="admin role"):
        nova.evacuate(INSTANCE)


@pytest.mark.parametrize(("after", "seconds"), [("17", 17.0), ("soon", 0.0)])
def test_a_busy_nova_is_told_apart(
    cloud: HttpCloud, nova: OpenStackNova, after: str, seconds: float
) -> None:
    cloud.on("POST", ACTION, Answer(429, "<html>slow down</html>", {"Retry-After": after}))
    with pytest.raises(NovaBusy) as told:
        nova.evacuate(INSTANCE)
    assert told.value.retry_after == seconds
    assert len(cloud.asked("POST", ACTION)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>login</html>"),
        Answer(200, {"services": None}),
        Answer(200, {"services": [{"id": "1", "binary": "nova-compute", "status": "enabled"}]}),
        Answer(200, []),
        Answer(404, {"itemNotFound": {"message": "no"}}),
    ],
)
def test_an_answer_that_makes_no_sense_is_unavailable(
    cloud: HttpCloud, nova: OpenStackNova, answer: Answer
) -> None:
    cloud.on("GET", "os-services", answer)
    with pytest.raises(NovaUnavailable):
        nova.services()
