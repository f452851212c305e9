"""P12 of guests that are moved: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import US, Wanted
from vmha_ocf.sim.cloud.moves import MIGRATION, RESIZE
from vmha_ocf.sim.judge.moves import moved_wrongly

HOST, OTHER, THIRD = NovaHost("compute-1"), NovaHost("compute-2"), NovaHost("compute-3")


class Moving:
    """A world with one guest, and whoever moves it, rightly or not."""

    def __init__(self) -> None:
        self.world = World.with_hosts(HOST, OTHER, THIRD)
        self.one: InstanceId = self.world.boot(HOST)
        self.world.run(20)

    def crash(self) -> None:
        self.world.guests.crash(self.one)
        self.world.run(0.3)

    def look(self) -> None:
        for host in (HOST, OTHER, THIRD):
            self.world.nova().instances_on(host)

    def move(self, kind: str = MIGRATION, *, by: str = US, look: bool = True) -> None:
        if look:
            self.look()
        self.world.moves.cold_move(self.one, kind, by=by)
        self.world.run(10)

    def confirm(self) -> None:
        self.look()
        self.world.moves.confirm(self.one, by=US)
        self.world.run(2)

    def start(self) -> None:
        self.look()
        self.world.requests.start(self.one, by=US)

    def owner_wants(self, what: str, act: Callable[[InstanceId], None]) -> None:
        act(self.one)
        self.world.core.journal.note(Wanted(self.world.now, self.one, what))
        self.world.run(0.5)

    @property
    def broken(self) -> list[str]:
        return list(moved_wrongly(self.world))


def test_a_move_of_what_has_failed_is_right() -> None:
    it = Moving()
    it.crash()
    it.world.run(20)
    it.move()
    it.confirm()
    it.start()
    assert it.broken == []


def test_what_has_not_failed_is_not_moved() -> None:
    it = Moving()
    it.move()
    (why,) = it.broken
    assert "was moved, and had not failed on compute-1" in why


def test_nobody_is_moved_without_a_look() -> None:
    it = Moving()
    it.crash()
    it.move(look=False)
    (why,) = it.broken
    assert "nobody had looked" in why


def test_what_its_owner_had_stopped_is_not_moved() -> None:
    it = Moving()
    it.crash()
    it.owner_wants("stop", it.world.requests.stop)
    it.move()
    (why,) = it.broken
    assert "its owner had asked to stop it" in why


def test_one_failure_is_one_move() -> None:
    it = Moving()
    it.crash()
    it.world.fault("nova.conductor", "no-host", times=1)
    it.move()
    it.move()
    (why,) = it.broken
    assert "a second time for one failure" in why


@pytest.mark.parametrize(("kind", "by"), [(RESIZE, "its owner"), (MIGRATION, "an admin")])
def test_what_others_began_is_not_confirmed(kind: str, by: str) -> None:
    it = Moving()
    it.move(kind, by=by)
    it.confirm()
    (why,) = it.broken
    assert f"the {kind} of {it.one} by {by} was confirmed" in why


def test_what_its_owner_stopped_after_its_move_is_not_started() -> None:
    it = Moving()
    it.crash()
    it.move()
    it.confirm()
    it.owner_wants("stop", it.world.requests.stop)
    it.start()
    (why,) = it.broken
    assert "its owner had asked to stop it" in why


def test_who_is_flagged_comes_first() -> None:
    it = Moving()
    it.crash()
    it.world.fence(HOST)
    it.world.run(10)
    it.move()
    assert it.broken[0].endswith("and its host compute-1 is flagged")
