"""What a room knows of its failures."""

from __future__ import annotations

from vmha_ocf.living.disabling.causes import Cause, joined, named, since, split, told
from vmha_ocf.model import Monotonic, NovaHost
from vmha_ocf.service import marker

ONE, TWO = NovaHost("compute-1"), NovaHost("compute-2")


def test_names_are_joined_in_their_order_and_split_again() -> None:
    assert joined({"tenant", "storage"}) == "storage+tenant"
    assert split("storage+tenant") == ["storage", "tenant"]


def test_people_read_it_as_words() -> None:
    assert named(marker.NETWORK, "tenant") == "its tenant network"
    assert named(marker.NETWORK, "storage+tenant") == "its storage and tenant networks"
    assert named(marker.PROCESS, "nova-compute") == "its nova-compute"


def test_well_is_all_of_it_and_nothing_that_ails() -> None:
    cause = Cause("network", ["tenant", "storage"], well={ONE: ["tenant"]})
    assert cause.is_well(ONE, "tenant")
    assert not cause.is_well(ONE, "storage+tenant")
    assert not cause.is_well(TWO, "tenant")
    ailing = Cause("network", ["tenant"], ailing=[ONE], well={ONE: ["tenant"]})
    assert not ailing.is_well(ONE, "tenant")


def test_watched_is_all_of_it() -> None:
    cause = Cause("network", ["tenant"])
    assert cause.is_watched("tenant")
    assert not cause.is_watched("storage+tenant")


def test_while_nobody_can_tell_nobody_is_disabled_or_enabled() -> None:
    cause = Cause("network", ["tenant"], True, {ONE: "tenant"}, [ONE], {TWO: ["tenant"]})
    assert cause.unsure == Cause("network", ["tenant"], True, {}, [ONE], {})


def test_who_is_notified_reads_that_its_host_is_disabled() -> None:
    assert told("it fails", ONE, [TWO]) == "it fails"
    assert told("it fails", ONE, [ONE]) == "it fails; compute-1 is disabled in Nova for it"


def test_since_when_is_kept_as_long_as_it_is_so() -> None:
    before = {ONE: Monotonic(5.0)}
    assert since(before, [ONE, TWO], Monotonic(9.0)) == {ONE: 5.0, TWO: 9.0}
    assert since(before, [TWO], Monotonic(9.0)) == {TWO: 9.0}
