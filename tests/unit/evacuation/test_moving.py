"""Where an instance may run that was on its way to another host when its own died."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dead_host import DEST, FENCED, HOST, ONE, instance, text
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.evacuation import moving
from vmha_ocf.model import Epoch, Move, NovaHost

MIGRATING = instance(task_state="migrating")


def move(status: str = "running", **about: Any) -> Move:
    usual = {"kind": "live-migration", "source": HOST, "dest": DEST, "updated_at": text(-5)}
    return Move(7, ONE, status=status, **{**usual, **about})


def elsewhere(*moves: Move, off: Off | None = None, since: float = FENCED) -> str | None:
    return moving.elsewhere(MIGRATING, moves, off or {}, since)


def test_it_may_run_on_its_destination() -> None:
    assert elsewhere(move()) == DEST


def test_what_could_not_be_looked_up_may_run_anywhere() -> None:
    assert moving.elsewhere(MIGRATING, None, {}, FENCED) == ""
    assert elsewhere() == ""
    assert elsewhere(move("accepted", dest=None)) == ""


@pytest.mark.parametrize("status", ["completed", "error", "failed", "cancelled", "done"])
def test_a_move_that_is_over_does_not_say_where_it_runs(status: str) -> None:
    assert elsewhere(move(status)) == ""


@pytest.mark.parametrize("status", ["queued", "preparing"])
def test_nothing_of_it_was_sent_yet(status: str) -> None:
    assert elsewhere(move(status)) is None
    assert elsewhere(move(status), move("error")) is None
    assert elsewhere(move(status, kind="resize")) == DEST
    assert elsewhere(move(status), move("running")) == DEST, "each of them counts"


@pytest.mark.parametrize("status", ["accepted", "running", "post-migrating", "what comes next"])
def test_its_destination_is_off_too(status: str) -> None:
    assert elsewhere(move(status), off={DEST: STILL}) is None
    assert elsewhere(move(status), off={DEST: Epoch(FENCED + 9)}) is None
    assert elsewhere(move(status), off={HOST: STILL}) == DEST


def test_a_destination_that_was_off_before_says_nothing() -> None:
    assert elsewhere(move(), off={DEST: Epoch(FENCED - 1)}) == DEST
    assert elsewhere(move(updated_at=text(20)), off={DEST: Epoch(FENCED + 9)}) == DEST
    assert elsewhere(move(), off={DEST: Epoch(FENCED + 9)}, since=0.0) == DEST, (
        "nobody told since when"
    )
    assert elsewhere(move(updated_at="soon"), off={DEST: Epoch(FENCED + 9)}) == DEST


def test_a_time_of_its_begin_will_do() -> None:
    begun = move(created_at=text(-9), updated_at="")
    assert elsewhere(begun, off={DEST: Epoch(FENCED + 9)}) is None


def test_a_move_to_the_dead_host_is_not_judged_by_that_host() -> None:
    """A resize that was to end here: its old host has what is left of it."""
    back = move("post-migrating", kind="resize", source=DEST, dest=HOST)
    assert elsewhere(back, off={HOST: STILL}) == ""
    assert elsewhere(move(dest=HOST), off={HOST: STILL}) == ""


def test_it_is_told_how_to_look_and_what_to_say() -> None:
    told = moving.why(MIGRATING, DEST)
    assert "was migrating" in told
    assert "run on compute-2" in told
    assert f"openstack server migration list --server {ONE}" in told
    assert told.endswith(f"openstack server set --state error {ONE}")
    assert "run on its destination" in moving.why(MIGRATING, "")


def test_another_hosts_name_is_its_own() -> None:
    assert elsewhere(move(dest=NovaHost("compute-3"))) == "compute-3"
