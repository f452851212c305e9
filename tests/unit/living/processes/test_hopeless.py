"""Hosts whose nova-compute no restart helps."""

from __future__ import annotations

from collections.abc import Collection

from tests.unit.cloud.policy.texts import policy
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.processes.hopeless import LONGEST_GAP, Times, after, cause
from vmha_ocf.model import Monotonic, NovaHost

ONE, TWO = NovaHost("compute-1"), NovaHost("compute-2")
TEXT = 'default_class = "all"\n[class.all]\nprocess.nova-compute = ["restart", "disable"]\n'
ROWS = policy(TEXT)


def looks(*found: Collection[NovaHost], every: float = 30.0) -> Times:
    """The hopeless ones at each; all others of the two are well."""
    times = Times()
    for number, hopeless in enumerate(found):
        well = {ONE, TWO} - set(hopeless)
        times = after(times, hopeless, well, Monotonic(1000.0 + number * every))
    return times


def judged(*found: Collection[NovaHost], every: float = 30.0) -> Cause:
    return cause(ROWS, looks(*found, every=every), [])


def test_one_for_its_time() -> None:
    assert judged([ONE], [ONE]).wanted == {}
    found = judged([ONE], [ONE], [ONE])
    assert found.wanted == {ONE: "nova-compute"}
    assert found.ailing == {ONE}
    assert found.well == {TWO: ("nova-compute",)}
    assert found.is_watched("nova-compute")


def test_a_look_at_which_it_is_none_begins_it_anew() -> None:
    assert judged([ONE], [], [ONE], [ONE]).wanted == {}


def test_where_nobody_has_looked_for_long_it_begins_anew() -> None:
    assert judged([ONE], [ONE], every=LONGEST_GAP).wanted == {ONE: "nova-compute"}
    assert judged([ONE], [ONE], every=LONGEST_GAP + 1).wanted == {}


def test_more_than_the_gate_lets_through_are_left() -> None:
    assert judged([ONE, TWO], [ONE, TWO], [ONE, TWO]).wanted == {}


def test_one_that_is_silent_ails() -> None:
    assert cause(ROWS, looks([]), [TWO]).ailing == {TWO}


def test_without_the_row_nobody_is() -> None:
    notify = policy(TEXT.replace("disable", "notify"))
    found = cause(notify, looks([ONE], [ONE], [ONE]), [TWO])
    assert (found.asks, found.wanted, found.ailing) == (False, {}, ())
    assert found.is_watched("nova-compute")
    nobody = policy('default_class = "all"\n[class.all]\n')
    assert not cause(nobody, looks([]), []).is_watched("nova-compute")


def test_where_nothing_is_to_be_done_nobody_looks() -> None:
    nothing = policy(TEXT.replace('["restart", "disable"]', '"none"'))
    assert not cause(nothing, looks([]), []).is_watched("nova-compute")
