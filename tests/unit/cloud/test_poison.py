"""Who was on hosts that died, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dead_host import DEST, FENCED, HOST, ONE, instance, record, text
from vmha_ocf.cloud import poison
from vmha_ocf.model import Evacuation, NovaHost


def off(source: str, ago: float, id: int = 1, **about: Any) -> Evacuation:
    about = {"status": "completed", "created_at": text(-ago), **about}
    return record(id=id, source=NovaHost(source), **about)


def suspects(*found: Evacuation, window: float = 3600) -> poison.Past:
    return poison.suspects(found, until=FENCED, window=window)


def test_one_that_left_two_dead_hosts_just_before() -> None:
    found = [off("compute-5", 200, 2), off("compute-4", 900, 1)]
    assert suspects(*found) == {ONE: found[::-1]}


@pytest.mark.parametrize("status", ["done", "completed"])
def test_whether_these_are_back_or_not(status: str) -> None:
    assert suspects(off("compute-4", 900), off("compute-5", 200, 2, status=status))


def test_a_host_that_died_twice_counts_twice() -> None:
    assert suspects(off("compute-4", 900), off("compute-4", 200, 2))


@pytest.mark.parametrize("status", ["accepted", "pre-migrating", "error", "failed", "cancelled"])
def test_attempts_that_moved_nothing_do_not_count(status: str) -> None:
    assert not suspects(off("compute-4", 900), off("compute-5", 200, 2, status=status))


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert suspects(off("compute-4", 3600), off("compute-5", 200, 2))
    assert not suspects(off("compute-4", 3601), off("compute-5", 200, 2))
    assert not suspects(off("compute-4", 900), off("compute-5", 200, 2), window=0)


def test_its_own_evacuation_does_not_count() -> None:
    assert not suspects(off("compute-4", 900), off(HOST, 0, 2), off(HOST, -9, 3))


def test_a_time_that_cannot_be_read_does_not_count() -> None:
    assert not suspects(off("compute-4", 900), off("compute-5", 1, 2, created_at="then"))


def test_other_instances_are_others() -> None:
    assert not suspects(off("compute-4", 900), off("compute-5", 200, 2, one="other"))


def test_it_is_told_with_the_hosts_and_the_command() -> None:
    past = [off("compute-4", 900), off(DEST, 200, 2)]
    told = poison.why(instance(), past, 3600)
    assert told.startswith(
        "it was on 2 hosts that died within 3600 s, compute-4, compute-2, and now"
    )
    assert told.endswith(f"openstack server evacuate {ONE}")
