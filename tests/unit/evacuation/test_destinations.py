"""Which hosts can take instances, from what was seen last and what has died since."""

from __future__ import annotations

from dataclasses import replace

from vmha_ocf.cloud.records import STILL
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    Evidence,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
)
from vmha_ocf.proof.presence import destinations, gated

ONE, TWO, THREE = (
    ComputeService(id=name, host=NovaHost(name), up=True, enabled=True, forced_down=False)
    for name in ("one", "two", "three")
)


SEEN = (ONE, TWO, THREE)


def test_nobody_has_looked_yet() -> None:
    assert destinations(None, {}, ()) is None


def test_what_died_since_is_none() -> None:
    assert destinations(SEEN, {}, ()) == SEEN
    assert destinations(SEEN, {ONE.host: STILL}, ()) == (TWO, THREE)
    assert destinations(SEEN, {host.host: STILL for host in SEEN}, ()) == ()


def test_what_nova_does_not_use_is_none() -> None:
    assert destinations((replace(ONE, enabled=False), replace(TWO, up=False)), {}, ()) == ()


def test_one_that_was_off_and_is_back_counts() -> None:
    assert destinations((ONE,), {ONE.host: Epoch(1000.0)}, ()) == (ONE,)


def test_not_while_it_is_at_its_gate() -> None:
    assert destinations(SEEN, {ONE.host: Epoch(1000.0)}, {ONE.host}) == (TWO, THREE)


class TestGated:
    NODE = NodeName("one")
    BACK = {NODE: NodeState(NODE, online=True, fenced=False, fenced_at=Epoch(1000.0))}
    EVIDENCE = Evidence("ctl1", Epoch(1000.0), "BMC answered off")

    def test_until_its_evacuation_is_over(self) -> None:
        flag = Flag(ONE.host, FlagState.NEEDED, evidence=self.EVIDENCE)
        assert gated([flag]) == {ONE.host}
        assert gated([replace(flag, state=FlagState.DONE)]) == frozenset()

    def test_not_on_the_word_of_a_flag_alone(self) -> None:
        assert gated([Flag(ONE.host, FlagState.NEEDED)]) == frozenset()
