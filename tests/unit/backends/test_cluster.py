"""Pacemaker's view of the nodes, as recorded in one fencing of compute-1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.replay import Replay, recorded
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.process.command import Result
from vmha_ocf.errors import ClusterUnavailable, NotInstalled
from vmha_ocf.model import Epoch, NodeName, NodeState

COMPUTE = NodeName("compute-1")
EMPTY = recorded("fencing-history-empty")
FENCED_AT = Epoch(1795234488.0)


def cluster(*answers: Result) -> PacemakerCluster:
    run = Replay(*answers)
    return PacemakerCluster(Cib(run), run)


def compute_1(states: Result, history: Result = EMPTY) -> NodeState:
    return cluster(states, history).nodes()[COMPUTE]


def states(*elements: str) -> Result:
    return Result(0, f"<xpath-query>{''.join(elements)}</xpath-query>", "")


def event(**attributes: str) -> str:
    given = {"target": "compute-1", "action": "off", "status": "success"} | attributes
    return f"<fence_event {' '.join(f'{name}={text!r}' for name, text in given.items())}/>"


def history(*events: str) -> Result:
    return Result(0, f"<pacemaker-result><list>{''.join(events)}</list></pacemaker-result>", "")


def test_all_nodes_are_online() -> None:
    nodes = cluster(recorded("node_state-online"), EMPTY).nodes()
    assert sorted(nodes) == ["compute-1", "compute-2", "ctl1", "ctl2", "ctl3"]
    assert all(node.online and not node.fenced for node in nodes.values())
    assert all(node.fenced_at is None for node in nodes.values())


def test_a_lost_node_is_not_yet_fenced() -> None:
    node = compute_1(recorded("node_state-lost"))
    assert (node.online, node.fenced, node.fenced_at) == (False, False, None)


def test_a_fenced_node_tells_when_and_by_whom() -> None:
    node = compute_1(recorded("node_state-fenced"), recorded("fencing-history"))
    assert node == NodeState(COMPUTE, False, True, FENCED_AT, "ctl3")


def test_the_time_is_known_without_the_history_too() -> None:
    node = compute_1(recorded("node_state-fenced"))
    assert (node.fenced, node.fenced_at) == (True, FENCED_AT)


def test_a_node_that_came_back_is_not_fenced_but_its_fencing_is_remembered() -> None:
    node = compute_1(recorded("node_state-back"), recorded("fencing-history"))
    assert node == NodeState(COMPUTE, True, False, FENCED_AT, "ctl3")


def test_a_person_who_confirms_is_a_fencing() -> None:
    node = compute_1(recorded("node_state-lost"), recorded("fencing-history-manual"))
    assert node.fenced_by == "a human"
    assert node.fenced_at is not None


@pytest.mark.parametrize(
    "told",
    [
        event(status="failed", completed="2026-11-21 04:14:48Z"),
        event(status="pending"),
        event(action="on", completed="2026-11-21 04:14:48Z"),
        event(completed="last Tuesday"),
        event(completed=""),
    ],
)
def test_what_is_no_power_off_does_not_count(told: str) -> None:
    assert compute_1(recorded("node_state-lost"), history(told)).fenced_at is None


@pytest.mark.parametrize(
    "text",
    ["2026-11-21 04:14:48Z", "2026-11-21 05:14:48 +01:00", "2026-11-21 04:14:48.000000Z"],
)
def test_times_of_any_zone(text: str) -> None:
    node = compute_1(recorded("node_state-lost"), history(event(completed=text)))
    assert node.fenced_at == FENCED_AT


def test_the_last_fencing_counts_wherever_it_stands() -> None:
    first = event(completed="2026-11-21 04:00:00Z", delegate="ctl1")
    last = event(completed="2026-11-21 04:14:48Z", delegate="ctl2")
    for told in (history(first, last), history(last, first)):
        node = compute_1(recorded("node_state-lost"), told)
        assert (node.fenced_at, node.fenced_by) == (FENCED_AT, "ctl2")


def test_pacemaker_since_2_1_7_writes_times() -> None:
    """From its documentation: in_ccm and crmd are the time since when, or 0."""
    answer = states(
        "<node_state uname='ctl1' in_ccm='1721000000' crmd='1721000001' join='member'/>",
        "<node_state uname='ctl2' in_ccm='1721000000' crmd='0' join='down'/>",
        "<node_state uname='ctl3' in_ccm='0' crmd='0' join='down'/>",
        "<node_state uname='compute-1' remote_node='true' in_ccm='1721000000' node_fenced='0'/>",
        "<node_state uname='compute-2' remote_node='true' in_ccm='0' node_fenced='1721000002'/>",
    )
    nodes = cluster(answer, EMPTY).nodes()
    online = sorted(name for name, node in nodes.items() if node.online)
    assert online == ["compute-1", "ctl1"]
    assert nodes[NodeName("compute-2")].fenced_at == 1721000002.0


def test_pacemaker_3_forgets_that_a_remote_node_is_connected() -> None:
    """In its node states; crm_mon knows."""
    answers = (recorded("node_state-3.0-online"), EMPTY, recorded("crm_mon-3.0-online"))
    nodes = cluster(*answers).nodes()
    assert sorted(nodes) == ["compute-1", "compute-2", "ctl1", "ctl2", "ctl3"]
    assert all(node.online and not node.fenced for node in nodes.values())


@pytest.mark.parametrize("told", ["crm_mon-3.0-lost", "crm_mon-3.0-starting"])
def test_a_connection_that_is_lost_or_just_being_made_is_none(told: str) -> None:
    nodes = cluster(recorded("node_state-3.0-online"), EMPTY, recorded(told)).nodes()
    assert not nodes[COMPUTE].online
    assert nodes[NodeName("compute-2")].online


def test_a_connection_that_is_pending_is_none() -> None:
    """As Pacemaker before 3.0 shows it."""
    answer = recorded("crm_mon-3.0-online")
    made = '<resource id="compute-1" '
    pending = Result(0, answer.stdout.replace(made, f'{made}pending="Starting" '), "")
    assert pending.stdout != answer.stdout
    nodes = cluster(recorded("node_state-3.0-online"), EMPTY, pending).nodes()
    assert not nodes[COMPUTE].online


def test_who_is_fenced_is_away_whatever_crm_mon_says() -> None:
    """It calls a node online while its reconnect is pending. It is not asked."""
    answer = states(
        "<node_state uname='compute-1' remote_node='true' in_ccm='0' node_fenced='1721000002'/>"
    )
    node = compute_1(answer)
    assert (node.online, node.fenced) == (False, True)


@pytest.mark.parametrize("answer", [Result(102, "", "not connected"), Result(0, "", "")])
def test_without_crm_mons_word_there_is_no_view(answer: Result) -> None:
    with pytest.raises(ClusterUnavailable):
        cluster(recorded("node_state-3.0-online"), EMPTY, answer).nodes()


def test_a_cluster_node_that_was_stopped_in_peace_is_not_fenced() -> None:
    answer = states("<node_state uname='compute-1' in_ccm='false' crmd='offline' join='down'/>")
    node = compute_1(answer, recorded("fencing-history"))
    assert not node.fenced
    assert node.fenced_at == FENCED_AT


@pytest.mark.parametrize(
    "answers",
    [
        [recorded("cib-no-cluster")],
        [recorded("cib-nothing-found"), EMPTY],
        [recorded("node_state-online"), recorded("fencing-history-no-cluster")],
        [recorded("node_state-online"), Result(0, "", "")],
        [Result(0, "", "")],
    ],
)
def test_no_clear_answer_is_no_view(answers: list[Result]) -> None:
    with pytest.raises(ClusterUnavailable) as raised:
        cluster(*answers).nodes()
    assert raised.value.hint


def test_the_name_of_this_node() -> None:
    assert cluster(recorded("crm_node-name")).local_node() == "ctl1"
    with pytest.raises(ClusterUnavailable):
        cluster(recorded("crm_node-no-cluster")).local_node()


@pytest.mark.parametrize("hostname", ["compute-1", "compute-1.example.com"])
def test_a_remote_node_of_debian_has_no_crm_node(hostname: str) -> None:
    node = Result(0, '<node id="compute-1" uname="compute-1" type="remote"/>', "")
    assert without_crm_node(node, hostname).local_node() == "compute-1"


@pytest.mark.parametrize(
    "answer",
    [
        Result(105, "", "no such object"),
        Result(102, "", "not connected"),
        states('<node uname="compute-1"/>', '<node uname="compute-1.example.com"/>'),
    ],
)
def test_an_unknown_machine_is_no_node(answer: Result) -> None:
    with pytest.raises(ClusterUnavailable) as raised:
        without_crm_node(answer, "compute-1.example.com").local_node()
    assert raised.value.hint


def without_crm_node(answer: Result, hostname: str) -> PacemakerCluster:
    replay = Replay(answer)

    def run(argv: Sequence[str], **how: Any) -> Result:
        if argv[0] == "crm_node":
            raise NotInstalled("crm_node is not installed", hint="")
        return replay(argv, **how)

    return PacemakerCluster(Cib(run), run, hostname=hostname)


def test_quorum() -> None:
    assert cluster(recorded("crm_node-quorum")).quorate()
    with pytest.raises(ClusterUnavailable):
        cluster(recorded("crm_node-no-cluster")).quorate()


def test_novaevacuate_is_active_where_pacemaker_has_started_it() -> None:
    assert cluster(recorded("crm_mon-3.0-online")).evacuators() == {NodeName("ctl1")}


def test_who_runs_it_is_not_known_without_an_answer() -> None:
    with pytest.raises(ClusterUnavailable, match="Pacemaker does not say"):
        cluster(recorded("fencing-history-no-cluster")).evacuators()


def test_a_node_is_fenced_as_pcs_does_it() -> None:
    run = Replay(Result(0, "", ""), Result(1, "", "No such device"))
    pacemaker = PacemakerCluster(Cib(run), run)
    pacemaker.fence(COMPUTE)
    assert run.asked[0][:3] == ["stonith_admin", "--reboot", "compute-1"]
    with pytest.raises(ClusterUnavailable, match="No such device"):
        pacemaker.fence(COMPUTE)


def test_the_configuration_is_one_question() -> None:
    run = Replay(
        Result(
            0,
            '<cib><configuration><alerts><alert path="/wake"/></alerts></configuration></cib>',
            "",
        )
    )
    assert PacemakerCluster(Cib(run), run).configuration().alerts == ["/wake"]
    assert run.asked == [["cibadmin", "--query", "--xpath=/cib"]]


def test_without_an_answer_there_is_no_configuration() -> None:
    with pytest.raises(ClusterUnavailable) as raised:
        cluster(Result(1, "", "Could not connect")).configuration()
    assert raised.value.hint
