"""What fails on hosts that live, as people read it: the list, a timeline, what is open now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import ailment_json
from vmha_ocf.incidents.in_words import story_of_ailment
from vmha_ocf.model import Turn
from vmha_ocf.operator.answer import Level, Table
from vmha_ocf.operator.timeline import lasting, moment, rows

LISTED = 20
"""In the list of all."""
_SHOWN = 3
"""That have a sentence each."""
_BRIEFLY = {
    "failed": "failed",
    "restarting": "restarting",
    "moving": "moving",
    "told": "waits for a person",
}


def sentence(one: Ailment) -> str:
    return f"{one.patient.host}: {name(one)} ({one.kind}) on {moment(one.began)}: {_now(one)}"


def name(one: Ailment) -> str:
    return one.patient.name or one.patient.instance or ""


def table(ailments: Sequence[Ailment]) -> Table:
    listed = [
        (
            one.id,
            name(one),
            one.patient.host,
            one.kind,
            moment(one.began),
            _BRIEFLY.get(one.state) or ("well" if Turn.HEALED in one.turns else "ended"),
            lasting(one.recovery) if one.recovery is not None else "-",
        )
        for one in ailments[:LISTED]
    ]
    columns = ("ailment", "name", "host", "what", "failed", "now", "recovered in")
    return Table("On hosts that live", columns, listed)


def more(ailments: Sequence[Ailment]) -> Iterator[str]:
    if len(ailments) > LISTED:
        left = len(ailments) - LISTED
        yield f"{left} older ones on hosts that live: vmha history HOST, or --json, has them"


def timeline(one: Ailment) -> Table:
    moments = rows(one.began, story_of_ailment(one))
    return Table(f"Ailment {one.id}", ("time", "after", "what"), moments)


def notices(ailments: Sequence[Ailment], known: Sequence[str]) -> Iterator[tuple[Level, str]]:
    """``known``: what is said already, by the worker."""
    told = [one for one in ailments if one.told and not one.ended]
    unsaid = [one for one in told if not any(one.told in each for each in known)]
    for one in unsaid[:_SHOWN]:
        yield Level.ERROR, f"{one.patient.host}: {name(one)} ({one.kind}): {one.told}"
    if len(unsaid) > _SHOWN:
        yield Level.ERROR, f"{len(unsaid) - _SHOWN} more wait for a person: see the table"
    going = [one for one in ailments if not one.ended and not one.told]
    if going:
        names = ", ".join(map(name, going[:_SHOWN]))
        rest = f" and {len(going) - _SHOWN} more" if len(going) > _SHOWN else ""
        yield Level.WARNING, f"{names}{rest}: failed on a host that lives, and being restarted"


def open_ones(ailments: Sequence[Ailment]) -> Iterator[Table]:
    """Those that are not over, the oldest first."""
    going = [one for one in ailments if not one.ended]
    listed = [
        (
            one.patient.host,
            one.patient.name or "-",
            one.kind,
            moment(one.began),
            "restart asked for" if Turn.ASKED in one.turns else "nothing",
            one.told or "-",
        )
        for one in going
    ]
    if listed:
        columns = ("host", "name", "what", "since", "done", "waits for a person")
        ids = [one.patient.instance or "" for one in going]
        yield Table("Down on hosts that live", columns, listed, ids, "name")


def data(ailments: Sequence[Ailment]) -> Sequence[Mapping[str, object]]:
    return [ailment_json(one) for one in ailments]


def _now(one: Ailment) -> str:
    if one.recovery is not None:
        return f"well again in {lasting(one.recovery)}"
    if one.ended:
        return f"ended: {one.outcome}"
    return f"waits for a person: {one.told}" if one.told else _BRIEFLY[one.state]
