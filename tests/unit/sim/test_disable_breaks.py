"""P13 of disabled hosts, broken on purpose: the product with one mistake in what it reads.

The scenario is as it should be without the mistake: the tests of scenarios play it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from vmha_ocf.model import NodeName
from vmha_ocf.sim.play.run import load, run

P = TypeVar("P")
SCENARIOS = Path(__file__).parents[2] / "scenarios"


class _Notes:
    """As they are, but for what a subclass does in another way."""

    def __init__(self, notes: Any) -> None:
        self._notes = notes
        self._looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notes, name)


class SeesItBeforeItIs(_Notes):
    """Takes the network for down from the beginning."""

    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        found = dict(self._notes.read_passing(name))
        return found | {NodeName("compute-1"): "0"} if name == "net-tenant" else found


class TakesUnknownForWell(_Notes):
    """After a while it reads nothing but that all is well."""

    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        self._looks += name == "net-tenant"
        found = self._notes.read_passing(name)
        return dict.fromkeys(found, "2000") if self._looks > 30 and name == "net-tenant" else found


class RemembersNothing(_Notes):
    """Does not look at what was done once."""

    def read(self, name: str) -> Mapping[NodeName, str]:
        return {} if name == "vmha-disabled" else self._notes.read(name)


@pytest.mark.parametrize(
    ("slug", "mistake", "told"),
    [
        ("tenant-network-down-disables", SeesItBeforeItIs, "s after its tenant network was so"),
        ("tenant-network-down-disables", TakesUnknownForWell, "and its tenant network was down"),
        (
            "disabled-host-is-enabled-by-an-operator",
            RemembersNothing,
            "though an operator had enabled it for the same failure",
        ),
    ],
)
def test_a_mistake_breaks_it(slug: str, mistake: type[_Notes], told: str) -> None:
    def mistaken(port: P, name: str) -> P:
        return cast(P, mistake(port)) if name == "NovaEvacuate.notes" else port

    broken = run(load(SCENARIOS / slug), mistaken).broken
    assert broken
    assert all(one.startswith("P13") for one in broken)
    assert told in broken[0]
