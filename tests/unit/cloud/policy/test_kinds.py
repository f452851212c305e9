from __future__ import annotations

from vmha_ocf.cloud.policy.kinds import KINDS
from vmha_ocf.living.guests.states import Kind


def test_a_guest_fails_in_the_ways_that_its_host_can_tell() -> None:
    """What tears a guest, or nobody understands, is told in any case: no policy is asked."""
    always_told = {Kind.TORN.value, Kind.UNCLEAR.value}
    assert set(KINDS["guest"]) == {kind.value for kind in Kind} - always_told


def test_what_cannot_work_is_nowhere_allowed() -> None:
    for kinds in KINDS.values():
        for kind in kinds.values():
            assert not set(kind.cannot) & set(kind.may)
