"""Who tells of an incident: ``vmha history``, the worker's API and its metrics, each as it is asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.lab.errors import LabError
from tests.lab.layout import Lab
from tests.lab.stage import Stage
from vmha_ocf.incidents.status import HIDDEN

PORT = 9179
LISTEN = f"0.0.0.0:{PORT}"
"""On each controller: the worker may come to any of them."""
_METRICS = {
    "requested": "vmha_incident_requested",
    "moved": "vmha_incident_moved",
    "given_up": "vmha_incident_given_up",
    "recovery": "vmha_incident_recovery_seconds",
}


@dataclass(frozen=True)
class Told:
    """One incident in numbers. The time to recover in seconds; None while it lasts."""

    incident: str
    requested: int
    moved: int
    given_up: int
    recovery: float | None


def vmha(stage: Stage, controller: str, *words: str) -> Mapping[str, Any]:
    """The JSON of a command. Raises LabError where it gives none."""
    done = stage.cluster.run(controller, ["vmha", *words, "--json"], 180.0)
    try:
        found: Mapping[str, Any] = json.loads(done.output)
    except ValueError:
        said = done.errors or done.output
        raise LabError(f"vmha {' '.join(words)} on {controller}: {done.code}", said) from None
    return found


def incidents(stage: Stage, controller: str, host: str) -> list[Mapping[str, Any]]:
    """The host's, as ``vmha history`` has them on this controller, newest first."""
    return [one for one in vmha(stage, controller, "history")["incidents"] if one["host"] == host]


def told(incident: Mapping[str, Any]) -> Told:
    """The numbers of an incident in JSON, the command's or the API's."""
    return Told(
        incident["id"],
        incident["requested"],
        incident["moved"],
        len(incident["given_up"]),
        incident["time_to_recover"],
    )


def asked(lab: Lab, controller: str, path: str) -> str | None:
    """What the worker's API answers there; None where nobody listens."""
    connection = http.client.HTTPConnection(lab.node(controller).address, PORT, timeout=5.0)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != 200:
        raise LabError(f"{path} on {controller}: {answer.status}", body)
    return body


def by_api(lab: Lab, controller: str, host: str) -> list[Mapping[str, Any]] | None:
    """As history has them, but for the story in words."""
    body = asked(lab, controller, "/v1/incidents")
    if body is None:
        return None
    found = [one for one in json.loads(body)["incidents"] if one["host"] == host]
    return [{name: one[name] for name in one if name != "story"} for one in found]


def unnamed(incident: Mapping[str, Any]) -> Mapping[str, Any]:
    """As whoever has no token is told of it."""
    nobody = {"instance": None, "name": None, "reason": HIDDEN}
    return {**incident, "given_up": [nobody] * len(incident["given_up"])}


def by_metrics(lab: Lab, controller: str, incident: str) -> Told | None:
    """The same numbers as Prometheus reads them."""
    body = asked(lab, controller, "/metrics")
    if body is None:
        return None
    found = dict(_samples(body, incident))
    counts = {name: int(found.get(metric, -1)) for name, metric in _METRICS.items()}
    return Told(
        incident,
        counts["requested"],
        counts["moved"],
        counts["given_up"],
        found.get(_METRICS["recovery"]),
    )


def _samples(body: str, incident: str) -> Iterable[tuple[str, float]]:
    for family in text_string_to_metric_families(body):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            if sample.labels.get("incident") == incident:
                yield sample.name, sample.value
