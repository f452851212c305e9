"""How many hosts can take instances, from what was seen last and what has died since."""

from __future__ import annotations

from vmha_ocf.model import ComputeService, NovaHost
from vmha_ocf.presence import destinations
from vmha_ocf.records import STILL

ONE, TWO, THREE = (
    ComputeService(id=name, host=NovaHost(name), up=True, enabled=True, forced_down=False)
    for name in ("one", "two", "three")
)


def test_nobody_has_looked_yet() -> None:
    assert destinations(None, {}) is None


def test_what_died_since_is_none() -> None:
    seen = (ONE, TWO, THREE)
    assert destinations(seen, {}) == 3
    assert destinations(seen, {ONE.host: STILL}) == 2
    assert destinations(seen, {host.host: STILL for host in seen}) == 0


def test_one_that_was_off_and_is_back_counts() -> None:
    assert destinations((ONE,), {ONE.host: 1000.0}) == 1
