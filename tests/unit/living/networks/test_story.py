"""What the history has of networks that were lost."""

from __future__ import annotations

import pytest

from tests.unit.living.networks.test_networks import ONE, TEXT, TWO, Stage
from vmha_ocf.incidents import ailments
from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.living.networks.story import MANY
from vmha_ocf.model import Ailing, Turn


class Story(Stage):
    """Its networks tell what they find, and recall what was told."""

    def kept(self) -> dict[str, Ailment]:
        """The newest of each host."""
        found: ailments.Ailments = {}
        for event in self.events:
            change = ailments.change(found, event)
            found = found if change is None else ailments.changed(found, change)
        assert set(found) <= {What.NETWORK}
        return {one.patient.host: one for one in reversed(ailments.newest_first(found))}

    def states(self) -> dict[str, str]:
        return {host: one.state for host, one in self.kept().items()}

    def goes_on(self) -> list[Ailing]:
        return [
            Ailing(Turn.FAILED, one.patient, one.kind, one.since, one.since)
            for one in self.kept().values()
            if not one.ended
        ]


def test_one_that_is_held_is_told_and_heals() -> None:
    stage = Story()
    stage.looks(50)
    assert stage.kept() == {}
    stage.looks(20)
    one = stage.kept()[ONE]
    assert (one.what, one.patient.name, one.kind) == (What.NETWORK, "tenant-network", "lost")
    assert one.told == stage.networks.problems[0]
    assert one.turns[Turn.FAILED] - one.began >= 60
    stage.says("1")
    stage.looks(0)
    one = stage.kept()[ONE]
    assert one.recovery is not None
    assert one.recovery >= 60


def test_that_of_many_is_one() -> None:
    stage = Story()
    stage.world.attrd.put("net-tenant", TWO, "0")
    stage.looks(70)
    assert stage.states() == {MANY: "told"}
    stage.says("1")
    stage.looks(0)
    assert stage.states() == {MANY: "ended"}
    assert stage.kept()[MANY].recovery is not None


def test_one_becomes_that_of_many_and_one_again() -> None:
    stage = Story()
    stage.looks(70)
    stage.world.attrd.put("net-tenant", TWO, "0")
    stage.looks(70)
    assert stage.states() == {ONE: "ended", MANY: "told"}
    assert stage.kept()[ONE].outcome == "it is that of many hosts by now"
    stage.world.attrd.put("net-tenant", TWO, "1")
    stage.looks(0)
    assert stage.states() == {ONE: "told", MANY: "ended"}
    assert stage.kept()[MANY].outcome == "it is not that of many hosts any more"


def test_one_that_is_not_known_any_more_or_not_looked_at_ends() -> None:
    stage = Story()
    stage.looks(70)
    stage.says("")
    stage.looks(30)
    assert stage.states() == {ONE: "told"}
    stage.looks(60)
    assert stage.kept()[ONE].outcome == "how it is, nobody knows any more"
    stage.says("0")
    stage.looks(70)
    stage.looks(0, ONE)
    assert stage.kept()[ONE].outcome == f"{ONE} is not looked at now"


def test_a_policy_without_rows_ends_it() -> None:
    stage = Story()
    stage.looks(70)
    stage.world.policies[""] = "default_class = 'all'\n[class.all]\n"
    stage.looks(0)
    assert stage.kept()[ONE].outcome == "the policy asks for nothing any more"


@pytest.mark.parametrize("host", [ONE, MANY])
def test_one_that_is_not_measured_any_more_is_not_well(host: str) -> None:
    stage = Story()
    if host == MANY:
        stage.world.attrd.put("net-tenant", TWO, "0")
    stage.looks(70)
    assert stage.states() == {host: "told"}
    stage.world.policies[""] = TEXT.replace(".tenant", ".storage")
    stage.looks(0)
    assert stage.states() == {host: "ended"}
    assert stage.kept()[host].recovery is None
    assert stage.kept()[host].outcome == "the policy does not have it measured any more"


def test_the_next_worker_goes_on_with_it_and_ends_it() -> None:
    stage = Story()
    stage.looks(70)
    stage.start(recall=stage.goes_on)
    stage.looks(70)
    assert stage.states() == {ONE: "told"}
    stage.start(recall=stage.goes_on)
    stage.says("1")
    stage.looks(0)
    assert stage.kept()[ONE].recovery is not None


def test_the_next_worker_goes_on_with_that_of_many() -> None:
    stage = Story()
    stage.world.attrd.put("net-tenant", TWO, "0")
    stage.looks(70)
    stage.start(recall=stage.goes_on)
    stage.looks(30)
    assert stage.states() == {MANY: "told"}


def test_nothing_is_recalled_before_the_history_was_read() -> None:
    stage = Story()
    stage.looks(70)
    stage.start(recall=lambda: None)
    stage.says("1")
    stage.looks(0)
    assert stage.states() == {ONE: "told"}
