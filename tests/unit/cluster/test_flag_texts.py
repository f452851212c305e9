"""What is written can be read again, and whatever else is read shuts the gate."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.cluster.flag_texts import (
    check,
    format_key,
    format_record,
    format_value,
    is_record_of,
    merge,
    parse_key,
    parse_record,
    parse_value,
)
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NovaHost

visible = "".join(sorted(set(string.printable) - set(string.whitespace)))
names = st.text(visible, min_size=1, max_size=40)
hosts = names.map(NovaHost)
nodes = names.map(NodeName)
owners = st.text(visible.replace("@", ""), min_size=1, max_size=40)
times = st.integers(0, 10**12 - 1)
evidence = st.builds(Evidence, by=st.text(), at=st.floats(0, 10**11), proof=st.text())
flags = st.one_of(
    st.builds(Flag, hosts, st.just(FlagState.NEEDED)),
    st.builds(Flag, hosts, st.just(FlagState.DONE)),
    st.builds(Flag, hosts, st.just(FlagState.CLAIMED), owner=owners, since=times.map(float)),
)


@given(hosts)
def test_a_key_gives_its_host(host: NovaHost) -> None:
    assert parse_key(format_key(host)) == host


@given(flags)
def test_a_value_gives_its_flag(flag: Flag) -> None:
    check(flag)
    assert parse_value(flag.host, format_value(flag)) == flag


@given(hosts, st.text())
def test_whatever_is_not_no_or_blank_is_pending(host: NovaHost, value: str) -> None:
    flag = parse_value(host, value)
    if not value.strip():
        assert flag is None
    else:
        assert flag is not None
        assert flag.pending == (value.strip().lower() != "no")


@given(hosts, nodes, evidence)
def test_a_record_gives_its_host_and_is_its_own(
    host: NovaHost, node: NodeName, told: Evidence
) -> None:
    flag = Flag(host, FlagState.NEEDED, node=node, evidence=told)
    text = format_record(flag)
    assert text.isascii()
    assert text.isprintable()
    record = parse_record(node, text)
    assert record.host == host
    assert record.evidence is not None
    assert abs(record.evidence.at - told.at) < 0.001
    assert is_record_of(flag, node, text)
    # Formatting is stable: what was read is written as it was.
    assert format_record(Flag(host, FlagState.NEEDED, evidence=record.evidence)) == text


@given(hosts, nodes, evidence, evidence)
def test_a_record_of_another_power_off_is_not_its_own(
    host: NovaHost, node: NodeName, one: Evidence, other: Evidence
) -> None:
    first = Flag(host, FlagState.NEEDED, node=node, evidence=one)
    second = Flag(host, FlagState.NEEDED, node=node, evidence=other)
    text = format_record(second)
    assert is_record_of(first, node, text) == (format_record(first) == text)


@given(nodes, st.text())
def test_any_record_is_a_pending_flag(node: NodeName, text: str) -> None:
    (flag,) = merge({}, [(node, text)]).values()
    assert flag.pending
    assert flag.node == node


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(nodes, st.text()))
def test_no_garbage_opens_a_gate(values: dict[str, str], records: dict[NodeName, str]) -> None:
    found = merge(values, records.items())
    pending = {flag.host.casefold() for flag in found.values() if flag.pending}
    for node, text in records.items():
        assert parse_record(node, text).host.casefold() in pending
    for key, value in values.items():
        flag = parse_value(parse_key(key), value)
        if flag is not None and flag.pending:
            assert flag.host.casefold() in pending


def test_two_keys_of_one_host_count_as_the_one_with_more_to_do() -> None:
    host = NovaHost("compute-1")
    assert merge({"nova:compute-1": "no", "compute-1": "yes"}, ())[host].state is FlagState.NEEDED
    assert merge({"nova:compute-1": "no", "compute-1": "c@1"}, ())[host].owner == "c"


def test_the_records_spelling_of_a_host_wins() -> None:
    record = "host=Compute-1 at=5 by=ctl1 proof=off"
    found = merge({"nova:COMPUTE-1": "ctl1@7"}, [(NodeName("c1"), record)])
    assert list(found) == ["Compute-1"]
    assert found[NovaHost("Compute-1")].owner == "ctl1"


def test_attrd_alone_does_not_end_a_flag() -> None:
    record = "host=compute-1 at=5 by=ctl1 proof=off"
    (flag,) = merge({"nova:compute-1": "no"}, [(NodeName("c1"), record)]).values()
    assert flag.state is FlagState.NEEDED


@pytest.mark.parametrize(
    "flag",
    [
        Flag(NovaHost(""), FlagState.NEEDED),
        Flag(NovaHost("a b"), FlagState.NEEDED),
        Flag(NovaHost("a\n"), FlagState.NEEDED),
        Flag(NovaHost("é"), FlagState.NEEDED),
        Flag(NovaHost("a"), FlagState.NEEDED, node=NodeName("")),
        Flag(NovaHost("a"), FlagState.NEEDED, node=NodeName("a b")),
        Flag(NovaHost("a"), FlagState.NEEDED, node=NodeName("n" * 201)),
        Flag(NovaHost("a"), FlagState.CLAIMED, owner="", since=Epoch(1)),
        Flag(NovaHost("a"), FlagState.CLAIMED, owner="a@b", since=Epoch(1)),
        Flag(NovaHost("a"), FlagState.CLAIMED, owner="a b", since=Epoch(1)),
        Flag(NovaHost("a"), FlagState.NEEDED, evidence=Evidence("c", Epoch(-1.0), "off")),
        Flag(NovaHost("a"), FlagState.NEEDED, evidence=Evidence("c", Epoch(float("nan")), "off")),
    ],
)
def test_what_could_not_be_read_again_is_refused(flag: Flag) -> None:
    with pytest.raises(ParameterError) as raised:
        check(flag)
    assert raised.value.hint


def test_the_longest_names_that_can_be_read_again() -> None:
    check(Flag(NovaHost("h" * 200), FlagState.NEEDED, node=NodeName("n" * 200)))


@pytest.mark.parametrize(
    ("evidence", "record"),
    [
        (None, "at=0.000 by=unknown proof=none given"),
        (Evidence("", Epoch(1.5), " "), "at=1.500 by=unknown proof=none given"),
        (Evidence("ctl 1", Epoch(1.5), "off\nand out"), "at=1.500 by=ctl_1 proof=off and out"),
        (Evidence("ctl\u00e9", Epoch(1.5), "d\u00e9j\u00e0"), "at=1.500 by=ctl? proof=d?j?"),
        (
            Evidence("c" * 101, Epoch(1.5), "p" * 201),
            f"at=1.500 by={'c' * 100} proof={'p' * 200}",
        ),
    ],
)
def test_a_record_is_one_plain_line_of_bounded_length(
    evidence: Evidence | None, record: str
) -> None:
    flag = Flag(NovaHost("compute-1"), FlagState.NEEDED, evidence=evidence)
    assert format_record(flag) == f"host=compute-1 {record}"
