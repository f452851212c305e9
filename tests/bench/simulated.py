"""Recoveries of many hosts in virtual time, where answers take long: the same figures on any machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.figure import Figure
from vmha_ocf.sim.base.journal import EvacuateAccepted
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, HostSpec, PacemakerSpec, Scenario
from vmha_ocf.sim.play.run import Outcome, load, run

_SCENARIOS = Path(__file__).parents[1] / "scenarios"
_DEAD, _LEFT, _EACH = 20, 40, 5
_ANSWER = 0.6


def measure() -> Iterator[Figure]:
    fifty = load(_SCENARIOS / "slow-server-groups-fifty-hosts")
    outcome = run(replace(fifty, latency=Latency(nova_read=0.1, nova_write=0.1)))
    asked = _asked(outcome)
    told = (
        f"{len(asked)} requests, answers of 0.1 s, server groups of 8 s; from the first force-down"
    )
    yield Figure("50 hosts at once: all asked for", asked[-1] - _forced(outcome)[0], 60, "s", told)
    outcome = run(_twenty())
    asked, forced = _asked(outcome), _forced(outcome)
    told = f"answers of {_ANSWER:g} s; from the last of {len(forced)} force-downs"
    yield Figure("20 hosts at once: the first request", asked[0] - forced[-1], 10, "s", told)
    early = sum(at < forced[-1] for at in asked)
    yield Figure("20 hosts at once: requests before that", early, 0, "", "none may be")


def _asked(outcome: Outcome) -> list[float]:
    return [fact.time for fact in outcome.world.core.journal.of(EvacuateAccepted)]


def _forced(outcome: Outcome) -> list[float]:
    said = outcome.world.log
    return [line.time for line in said if "is forced down" in line.what and "by us" in line.what]


def _twenty() -> Scenario:
    names = [f"compute-{number}" for number in range(1, _DEAD + _LEFT + 1)]
    dead = names[:_DEAD]
    return Scenario(
        "Twenty hosts at once",
        400.0,
        pacemaker=PacemakerSpec(action="off"),
        latency=Latency(nova_read=_ANSWER, nova_write=_ANSWER),
        options={"storm_limit": "0"},
        host=tuple(HostSpec(name) for name in names),
        instances=tuple(GroupSpec(f"on-{name}", name, count=_EACH) for name in dead),
        event=tuple(EventSpec(20.0, "power_cut", host=name) for name in dead),
    )
