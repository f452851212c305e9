"""The picture as Prometheus reads it. The only importer of prometheus_client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from vmha_ocf.incidents.ailment import What
from vmha_ocf.incidents.as_json import state
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.incidents.status import Picture
from vmha_ocf.model import FlagState, Turn

STATES = ("held", "running", "away", "ended")
AILMENT_STATES = ("failed", "restarting", "moving", "told", "ended")


class _Pictured:
    """A collector of the library, for one scrape. The registry of the library's own is not used:
    it would tell about this process, and keep what has ended."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        picture = self._picture
        yield from _worker(picture)
        states = Counter(map(state, picture.incidents))
        yield _family(
            "vmha_incidents",
            "Incidents that the history keeps, by state.",
            ["state"],
            [((each,), states[each]) for each in STATES],
        )
        yield from _incidents(picture.incidents)
        yield from _ailments(picture)
        counts = [
            ((hook, result), getattr(count, result))
            for hook, count in picture.notifications.items()
            for result in ("delivered", "failed", "dropped")
        ]
        sent = CounterMetricFamily(
            "vmha_notifications", "Notifications, by hook and result.", labels=["hook", "result"]
        )
        for labels, value in counts:
            sent.add_metric(labels, value)
        yield sent


def metrics(picture: Picture) -> tuple[str, bytes]:
    """Their content type and text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Pictured(picture))  # type: ignore[arg-type] # it asks for a base class
    return CONTENT_TYPE_LATEST, generate_latest(registry)


def _worker(picture: Picture) -> Iterator[Metric]:
    yield _family(
        "vmha_worker_info",
        "Where the worker of NovaEvacuate runs.",
        ["controller"],
        [((picture.controller,), 1)],
    )
    yield _family(
        "vmha_round_timestamp_seconds",
        "When the worker ended its last round.",
        [],
        [((), picture.round_at)],
    )
    yield _family(
        "vmha_woken", "Whether changes in Pacemaker wake the worker.", [], [((), picture.woken)]
    )
    yield _family(
        "vmha_problems", "What a person should see, as pcs status shows it.", [],
        [((), len(picture.problems))],
    )  # fmt: skip
    readable = picture.flags is not None
    yield _family("vmha_flags_readable", "Whether they could be read.", [], [((), readable)])
    flags = Counter(flag.state for flag in (picture.flags or {}).values())
    yield _family(
        "vmha_hosts_flagged",
        "Compute hosts with a flag, by its state.",
        ["state"],
        [((each.value,), flags[each]) for each in FlagState],
    )


def _incidents(incidents: Sequence[Incident]) -> Iterator[Metric]:
    """Each incident that is kept: some 30 at most."""
    about = {
        "began_timestamp_seconds": ("When the host was proved to be off.", _began),
        "recovery_seconds": ("To the last instance elsewhere; of those that are over.", _recovery),
        "requested": ("Evacuations that Nova has accepted.", _requested),
        "moved": ("Instances that run elsewhere.", _moved),
        "given_up": ("Instances that are not evacuated as things are.", _given_up),
    }
    for name, (told, value) in about.items():
        values = [
            ((one.host, one.id), found) for one in incidents if (found := value(one)) is not None
        ]
        yield _family(f"vmha_incident_{name}", told, ["host", "incident"], values)


def _ailments(picture: Picture) -> Iterator[Metric]:
    """No label names an instance: whoever crashes guests must not fill a database."""
    states = Counter((one.what.value, one.state) for one in picture.ailments)
    yield _family(
        "vmha_ailments",
        "Failures on hosts that live that the history keeps, by whose they are and by state.",
        ["what", "state"],
        [
            ((what.value, each), states[what.value, each])
            for what in What
            for each in AILMENT_STATES
        ],
    )
    turns = CounterMetricFamily(
        "vmha_ailment_turns",
        "What was told of failures on hosts that live since the worker began.",
        labels=["what", "kind", "turn"],
    )
    for labels, count in sorted(picture.turns.items()):
        turns.add_metric(labels, count)
    yield turns
    healed = [one for one in picture.ailments if one.recovery is not None]
    last = {one.what.value: one for one in sorted(healed, key=lambda one: one.turns[Turn.HEALED])}
    yield _family(
        "vmha_ailment_last_recovery_seconds",
        "From the failure until it was well again; of the last one that is.",
        ["what"],
        [((what,), one.recovery or 0.0) for what, one in last.items()],
    )
    yield _family(
        "vmha_ailment_last_recovery_timestamp_seconds",
        "When that one was well again.",
        ["what"],
        [((what,), one.turns[Turn.HEALED]) for what, one in last.items()],
    )


def _began(one: Incident) -> float:
    return one.began


def _recovery(one: Incident) -> float | None:
    return one.recovery


def _requested(one: Incident) -> float:
    return one.requested


def _moved(one: Incident) -> float:
    return one.moved


def _given_up(one: Incident) -> float:
    return len(one.given_up)


def _family(
    name: str, told: str, labels: Sequence[str], values: Sequence[tuple[Sequence[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family
