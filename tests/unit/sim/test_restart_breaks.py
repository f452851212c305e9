"""P12 and P13 of hosts that live, broken on purpose: the product with one mistake in one port.

Each scenario is as it should be without the mistake: the tests of scenarios play them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from vmha_ocf.model import Action, Instance, Move, NovaHost, Services
from vmha_ocf.sim.play.run import load, run

P = TypeVar("P")
SCENARIOS = Path(__file__).parents[2] / "scenarios"


class _Nova:
    """As it is, but for what a subclass does in another way."""

    def __init__(self, nova: Any) -> None:
        self._nova = nova

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nova, name)


class NobodyAsked(_Nova):
    """Takes each stop for Nova's own: it does not look at who has asked."""

    def actions_of(self, instance: Instance) -> Sequence[Action]:
        return [replace(one, user="") for one in self._nova.actions_of(instance)]


class OnlyItsOwn(_Nova):
    """Believes its own memory alone: neither what is under way in Nova, nor what was asked for."""

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._nova.instances_on(host)]

    def actions_of(self, _instance: Instance) -> Sequence[Action]:
        return []


class AnyHost(_Nova):
    """Does not compare the host that reports an instance with the one that Nova has it on."""

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        every = [NovaHost("compute-1"), NovaHost("compute-2"), NovaHost("compute-3")]
        return [replace(one, host=host) for each in every for one in self._nova.instances_on(each)]


class RepeatsALostRequest(_Nova):
    """Asks again at once where the answer was lost."""

    def reboot(self, instance: Instance) -> None:
        try:
            self._nova.reboot(instance)
        except Exception:  # noqa: BLE001 - that is the mistake
            self._nova.reboot(instance)


class HearsOfAllButOne(_Nova):
    """Takes a host that has fallen silent with another one for one that reports."""

    def services(self, host: NovaHost | None = None) -> Services:
        self._beat = getattr(self, "_beat", 0) + 1
        found: Services = self._nova.services(host)
        known = [
            replace(one, up=True, updated_at=f"{self._beat}") if one.host == "compute-2" else one
            for one in found
        ]
        return replace(found, known=known)


class TakesAllForItsOwn(_Nova):
    """What is written down is enough for it: any move since then is its own migration, whoever asked."""

    def moves_of(self, instance: Instance) -> Sequence[Move]:
        return [replace(one, kind="migration") for one in self._nova.moves_of(instance)]

    def actions_of(self, instance: Instance) -> Sequence[Action]:
        found = self._nova.actions_of(instance)
        names = {"resize": "migrate"}
        return [replace(one, name=names.get(one.name, one.name), is_ours=True) for one in found]


class SeesNothingUnderWay(_Nova):
    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._nova.instances_on(host)]

    def moves_since(self, _host: NovaHost, _at: float) -> Sequence[Move]:
        return []


@pytest.mark.parametrize(
    ("slug", "mistake", "told"),
    [
        ("two-hung-at-once", HearsOfAllButOne, "compute-2 had fallen silent with it"),
        ("hung-during-a-live-migration", SeesNothingUnderWay, "was migrating"),
        ("stopped-in-the-second-of-its-crash", NobodyAsked, "its owner had asked to stop it"),
        ("guest-shuts-itself-down-and-is-wanted", NobodyAsked, "had not failed on compute-1"),
        ("worker-dies-at-a-restart", OnlyItsOwn, "a second time for one failure"),
        ("migration-fails-on-its-destination", AnyHost, "had not failed on compute-1"),
        ("its-owner-acts-in-a-move", NobodyAsked, "its owner had asked to stop it"),
        ("its-owner-resizes-as-a-move-begins", TakesAllForItsOwn, "the resize of"),
        ("somebody-migrates-as-a-move-begins", TakesAllForItsOwn, "the migration of"),
        ("restart-without-an-answer", RepeatsALostRequest, "a second time for one failure"),
    ],
)
def test_a_mistake_breaks_it(slug: str, mistake: type[_Nova], told: str) -> None:
    def mistaken(port: P, name: str) -> P:
        return cast(P, mistake(port)) if name == "NovaEvacuate.nova" else port

    broken = run(load(SCENARIOS / slug), mistaken).broken
    assert broken
    assert all(one.startswith(("P12", "P13")) for one in broken)
    assert told in broken[0]
