"""The CIB's tools, as recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.unit.replay import Replay, recorded
from vmha_ocf.backends.pacemaker.cib import Cib, quote
from vmha_ocf.backends.process.command import Result
from vmha_ocf.errors import CommandUnavailable, ParameterError
from vmha_ocf.model import NodeName

NODE = NodeName("compute-1")
RECORD = "host=compute-1.example.com at=1763695800.250 by=ctl1 proof=BMC 192.0.2.7 answered off"


def records(answer: Result) -> dict[NodeName, str]:
    return dict(Cib(Replay(answer)).node_attributes("evacuation"))


def test_one_record_comes_without_a_wrapper() -> None:
    assert records(recorded("cib-one-record")) == {NODE: RECORD}


def test_several_records_come_with_one() -> None:
    assert records(recorded("cib-two-records")) == {
        NODE: RECORD,
        NodeName("compute-2"): 'by hand: "don\'t" <&>',
    }


def test_nothing_found_is_no_record() -> None:
    assert records(recorded("cib-nothing-found")) == {}


@pytest.mark.parametrize(
    "answer",
    [recorded("cib-no-cluster"), Result(0, "", ""), Result(124, "", ""), Result(0, "<", "")],
)
def test_no_clear_answer_is_never_no_record(answer: Result) -> None:
    with pytest.raises(CommandUnavailable) as raised:
        records(answer)
    assert raised.value.hint


def test_a_node_that_pacemaker_has_not() -> None:
    cib = Cib(Replay(recorded("crm_attribute-no-such-node")))
    with pytest.raises(ParameterError, match="no node 'compute-9'") as raised:
        cib.set_node_attribute(NodeName("compute-9"), "evacuation", RECORD)
    assert raised.value.hint


def test_a_change_that_nobody_took() -> None:
    cib = Cib(Replay(recorded("crm_attribute-no-cluster"), Result(1, "", ""), Result(1, "", "")))
    for _ in range(2):
        with pytest.raises(CommandUnavailable):
            cib.set_node_attribute(NODE, "evacuation", RECORD)
    with pytest.raises(CommandUnavailable):
        cib.delete_node_attribute(NODE, "evacuation", RECORD)


def test_a_change_that_was_taken() -> None:
    run = Replay(recorded("crm_attribute-set"), recorded("cib-delete-no-match"))
    Cib(run).set_node_attribute(NODE, "evacuation", RECORD)
    Cib(run).delete_node_attribute(NODE, "evacuation", "x")
    assert run.asked[0][1:] == [
        "--lifetime=forever",
        "--node=compute-1",
        "--name=evacuation",
        f"--update={RECORD}",
    ]


def test_quorum() -> None:
    assert Cib(Replay(recorded("crm_node-quorum"))).quorate()
    assert not Cib(Replay(recorded("crm_node-no-quorum"))).quorate()


@pytest.mark.parametrize(
    "answer",
    [recorded("crm_node-no-cluster"), Result(0, "", ""), Result(0, "2", ""), Result(106, "1", "")],
)
def test_no_clear_answer_is_no_quorum_either(answer: Result) -> None:
    with pytest.raises(CommandUnavailable):
        Cib(Replay(answer)).quorate()


# No NUL and no surrogate reaches an argv, and XML carries no control character.
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_quoted_text_is_that_text(text: str) -> None:
    assert etree.XML("<x/>").xpath(f"string({quote(text)})") == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_deletion_matches_its_value_and_no_other(value: str) -> None:
    run = Replay(Result(0, "", ""))
    Cib(run).delete_node_attribute(NODE, "evacuation", value)
    (argv,) = run.asked
    xpath = argv[-1].removeprefix("--xpath=")
    root = etree.XML("<cib><configuration><nodes/></configuration></cib>")
    nodes = root.find("configuration/nodes")
    assert nodes is not None
    for name in ("compute-1", "compute-2"):
        node = etree.SubElement(nodes, "node", uname=name)
        pairs = etree.SubElement(node, "instance_attributes")
        for number, each in enumerate((value, value + "x", "")):
            pair = {"name": "evacuation", "value": each, "id": f"{name}-{number}"}
            etree.SubElement(pairs, "nvpair", pair)
    found = root.xpath(xpath)
    assert isinstance(found, list)
    expected = ["compute-1-0", "compute-1-2"] if value == "" else ["compute-1-0"]
    assert [element.get("id") for element in found] == expected  # type: ignore[union-attr]
