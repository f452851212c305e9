"""What Pacemaker's tools answer, whoever wrote the attributes and names in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, each_piece, texts, words
from tests.unit.replay import Replay
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib, quote
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.tools import parse_xml
from vmha_ocf.backends.process.command import Result
from vmha_ocf.cluster import flag_texts
from vmha_ocf.errors import CommandUnavailable, Unavailable, VmhaError
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.proof import presence

results = st.builds(Result, st.integers(-15, 130), any_texts(), any_texts())
STATE = ("in_ccm", "crmd", "node_fenced", "remote_node", "join")
EVENT = ("target", "status", "action", "completed", "delegate")


def element(tag: str, **attributes: str) -> str:
    told = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag} {told}/>"


def history(*events: str) -> Result:
    return Result(0, f"<pacemaker-result>{''.join(events)}</pacemaker-result>", "")


@each_piece
@given(text=any_texts())
def test_xml_is_read_or_refused(text: str) -> None:
    with suppress(CommandUnavailable):
        parse_xml("cibadmin", text)
    with suppress(CommandUnavailable):
        parse_xml("cibadmin", f"<a>{text}</a>")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
        '<!DOCTYPE a [<!ENTITY e "x"><!ENTITY f "&e;&e;&e;">]><a>&f;</a>',
        "<a>&e;</a>",
    ],
)
def test_no_entity_is_ever_resolved(text: str) -> None:
    with pytest.raises(CommandUnavailable):
        parse_xml("cibadmin", text)


def test_depth_is_no_weapon() -> None:
    with suppress(CommandUnavailable):
        parse_xml("cibadmin", "<a>" * 100_000 + "</a>" * 100_000)


@pytest.mark.parametrize(
    "ask",
    [
        lambda run: Attrd(run).values("evacuate"),
        lambda run: Attrd(run).update("evacuate", "nova:compute-1", "yes"),
        lambda run: Cib(run).node_attributes("evacuation"),
        lambda run: Cib(run).set_node_attribute(NodeName("compute-1"), "evacuation", "x"),
        lambda run: Cib(run).delete_node_attribute(NodeName("compute-1"), "evacuation", "x"),
        lambda run: Cib(run).quorate(),
        lambda run: PacemakerCluster(Cib(run), run).nodes(),
        lambda run: PacemakerCluster(Cib(run), run).local_node(),
    ],
    ids=str,
)
@given(first=results, second=results)
def test_any_answer_gives_a_value_or_an_error_of_ours(
    ask: Callable[[Replay], object], first: Result, second: Result
) -> None:
    with suppress(VmhaError):
        ask(Replay(first, second))


@given(st.dictionaries(words(), words(), max_size=5))
def test_one_bad_value_hides_no_other(values: dict[str, str]) -> None:
    told = {**values, "nova:compute-1": "yes"}
    listed = [element("attribute", name="evacuate", host=k, value=v) for k, v in told.items()]
    found = Attrd(Replay(history(*listed))).values("evacuate")
    assert len(found) >= 1
    assert found["nova:compute-1"] == "yes"
    assert flag_texts.merge(found, ())[NovaHost("compute-1")].pending


@given(
    st.fixed_dictionaries({"uname": texts()}, optional=dict.fromkeys(STATE, texts())),
    st.fixed_dictionaries({}, optional=dict.fromkeys(EVENT, texts())),
)
def test_node_states_are_read_whatever_they_say(
    state: dict[str, str], event: dict[str, str]
) -> None:
    states = Result(0, f"<xpath-query>{element('node_state', **state)}</xpath-query>", "")
    run = Replay(states, history(element("fence_event", **event)))
    with suppress(Unavailable):
        nodes = PacemakerCluster(Cib(run), run).nodes()
        for host, flag in flag_texts.merge({"nova:compute-1": "yes"}, ()).items():
            assert presence.is_back(flag, nodes, Names()) in (True, False), host


@given(st.integers(1, 10**10), st.sampled_from(["+00:00", " +14:00", " -12:00", "", "Z"]))
def test_a_completion_is_a_time_or_nothing(year: int, zone: str) -> None:
    event = element(
        "fence_event",
        target="compute-1",
        status="success",
        action="off",
        completed=f"{year:04d}-01-01 00:00:00{zone}",
    )
    state = element("node_state", uname="compute-1", in_ccm="true")
    run = Replay(Result(0, f"<xpath-query>{state}</xpath-query>", ""), history(event))
    PacemakerCluster(Cib(run), run).nodes()


@given(words(), words(), words())
def test_no_name_and_no_value_is_taken_for_an_option(node: str, name: str, value: str) -> None:
    """Each is the rest of one argument that begins with the option it belongs to."""
    run = Replay(*[Result(0, "", "")] * 3)
    Attrd(run).update(name, node, value)
    Cib(run).set_node_attribute(NodeName(node), name, value)
    Cib(run).delete_node_attribute(NodeName(node), name, value)
    options = {"--name", "--node", "--update", "--xpath", "--private", "--lifetime", "--delete"}
    for argv in run.asked:
        assert all(word.partition("=")[0] in options for word in argv[1:]), argv


@given(texts())
def test_a_quoted_text_is_one_xpath_literal(text: str) -> None:
    from lxml import etree

    legible = "".join(c for c in text if c.isprintable() or c in "\t\n")
    assert etree.XPath(f"string({quote(legible)})")(etree.Element("a")) == legible
