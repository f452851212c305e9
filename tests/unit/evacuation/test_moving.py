"""Where an instance may run that was on its way to another host when its own died."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from tests.unit.dead_host import DEST, FENCED, HOST, ONE, instance, record, text
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.evacuation import moving
from vmha_ocf.model import Epoch, ImageId, Move, NovaHost

MIGRATING = instance(task_state="migrating")


def move(status: str = "running", **about: Any) -> Move:
    usual = {"kind": "live-migration", "source": HOST, "dest": DEST, "updated_at": text(-5)}
    return Move(7, ONE, status=status, **{**usual, **about})


def elsewhere(
    *moves: Move,
    off: Off | None = None,
    since: float = FENCED,
    runs: bool | None = None,
    **about: Any,
) -> str | None:
    """``runs``: the word of its destination, if there is one."""
    words = {} if runs is None else {DEST: {ONE: runs}}
    one = instance(**{"task_state": "migrating", **about})
    return moving.elsewhere(one, moves, off or {}, since, words)


def to_ask(*moves: Move, off: Off | None = None, **about: Any) -> Collection[NovaHost]:
    one = instance(**{"task_state": "migrating", **about})
    return moving.to_ask(one, moves, off or {}, FENCED)


def test_it_may_run_on_its_destination() -> None:
    assert elsewhere(move()) == DEST


def test_what_could_not_be_looked_up_may_run_anywhere() -> None:
    assert moving.elsewhere(MIGRATING, None, {}, FENCED, {}) == ""
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
    told = moving.why(MIGRATING, DEST, {})
    assert "was migrating" in told
    assert "run on compute-2" in told
    assert f"openstack server migration list --server {ONE}" in told
    assert told.endswith(f"openstack server set --state error {ONE}")
    assert "run on its destination" in moving.why(MIGRATING, "", {})


def test_another_hosts_name_is_its_own() -> None:
    assert elsewhere(move(dest=NovaHost("compute-3"))) == "compute-3"


class TestTheWordOfItsDestination:
    def test_that_it_does_not_run_there_settles_it(self) -> None:
        assert elsewhere(move(), runs=False) is None
        assert elsewhere(move(), runs=True) == DEST

    def test_of_another_destination_it_settles_nothing(self) -> None:
        assert elsewhere(move(dest=NovaHost("compute-3")), runs=False) == "compute-3"
        assert elsewhere(move(dest=None), runs=False) == ""
        assert elsewhere(move(), move(dest=NovaHost("compute-3")), runs=False) == "compute-3"

    def test_of_a_move_from_elsewhere_it_settles_nothing(self) -> None:
        assert elsewhere(move(source=NovaHost("compute-3")), runs=False) == DEST

    def test_of_a_disk_among_files_it_settles_nothing(self) -> None:
        """It may have another name by now, and Nova would make it anew from its image."""
        resize = move("migrating", kind="resize")
        image = ImageId("debian")
        assert elsewhere(resize, runs=False, task_state="resize_migrating") is None
        assert elsewhere(resize, runs=False, task_state="resize_migrating", image=image) == DEST
        assert elsewhere(resize, runs=False, task_state="resize_prep", image=image) is None
        assert elsewhere(move(), runs=False, image=image) is None, (
            "a live migration renames nothing"
        )

    def test_it_is_told_where_it_runs(self) -> None:
        told = moving.why(MIGRATING, DEST, {DEST: {ONE: True}})
        assert "runs on compute-2, which Nova does not know" in told
        assert told.endswith(f"virsh shutdown {ONE}")

    def test_only_who_may_know_is_asked(self) -> None:
        assert to_ask(move()) == {DEST}
        assert to_ask(move("completed")) == set()
        assert to_ask(move("queued")) == set(), "it runs nowhere, whatever anybody says"
        assert to_ask(move(), off={DEST: STILL}) == set()
        assert to_ask(move(dest=HOST)) == to_ask(move(source=DEST)) == set()
        resize = move("migrating", kind="resize")
        assert to_ask(resize, task_state="resize_migrating", image=ImageId("debian")) == set()


class TestFailedByNovasWord:
    """A live migration has left it in error on its source; how far the guest came, Nova does not know."""

    @staticmethod
    def doubtful(*moves: Move, evacuated: int = 0, **about: Any) -> bool:
        one = instance(**{"vm_state": "error", **about})
        return moving.is_doubtful(one, moves, [record("failed", evacuated)] if evacuated else [])

    @pytest.mark.parametrize("status", ["error", "failed"])
    def test_it_may_run_on_its_destination(self, status: str) -> None:
        assert self.doubtful(move(status))
        failed: dict[str, Any] = {"vm_state": "error", "task_state": None}
        assert elsewhere(move(status), **failed) == DEST
        assert to_ask(move(status), **failed) == {DEST}
        assert elsewhere(move(status), runs=False, **failed) is None
        assert elsewhere(move(status), off={DEST: STILL}, **failed) is None

    @pytest.mark.parametrize("task", ["powering-off", "rebooting_hard"])
    def test_what_its_owner_asks_of_its_dead_host_does_not_settle_it(self, task: str) -> None:
        assert self.doubtful(move("error"), task_state=task)
        assert not self.doubtful(task_state=task)

    def test_not_if_something_came_after_it(self) -> None:
        assert not self.doubtful(move("error"), evacuated=8)
        assert self.doubtful(move("error"), evacuated=6)
        assert not self.doubtful(move("finished", kind="resize"), move("error"))
        assert not self.doubtful(move("error"), vm_state="active")

    def test_not_if_it_was_another_move(self) -> None:
        assert not self.doubtful()
        assert not self.doubtful(move("error", kind="migration"))
        assert not self.doubtful(move("completed"))
        assert not self.doubtful(move("error", source=DEST, dest=HOST))

    def test_a_persons_word_about_one_that_was_under_way_is_believed(self) -> None:
        assert not self.doubtful(move("running"))

    def test_what_is_told(self) -> None:
        one = instance(vm_state="error")
        assert moving.why(one, DEST, {}) == (
            "its live migration has failed by Nova's word, and it may run on compute-2: look there "
            "(virsh list --uuid); if it does not: openstack server set --state active one"
        )
        assert "end it there: virsh destroy one" in moving.why(one, DEST, {DEST: {ONE: True}})
