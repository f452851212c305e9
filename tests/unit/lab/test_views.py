"""What the lab reads out of Pacemaker's XML (answers of 2.1.5 and of 3.0.0)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.lab.views import (
    Fencing,
    NodeState,
    parse_connected,
    parse_fence_history,
    parse_node_states,
)
from tests.unit.replay import recorded

_CIB = """\
<cib><configuration/><status>
  <node_state id="1" uname="ctl1" in_ccm="true" crmd="online" join="member" expected="member"/>
  <node_state id="2" uname="ctl2" in_ccm="true" crmd="offline" join="down" expected="member"/>
  <node_state id="3" uname="ctl3" in_ccm="1795233854" crmd="1795233854" join="member"/>
  <node_state remote_node="true" id="compute-1" uname="compute-1" in_ccm="false"
    crm-debug-origin="send_stonith_update" node_fenced="1795233854"/>
  <node_state remote_node="true" id="compute-2" uname="compute-2" in_ccm="true" node_fenced="0"/>
</status></cib>
"""
_HISTORY = """\
<pacemaker-result api-version="2.25" request="stonith_admin -V -H * --output-as=xml">
  <list name="fencing history" count="2">
    <fence_event action="reboot" target="compute-1" client="pacemaker-controld.37" origin="ctl3"
      status="pending" extended-status="pending"/>
    <fence_event action="reboot" target="compute-2" client="pacemaker-controld.37" origin="ctl3"
      status="success" delegate="ctl1" completed="2026-11-21 04:04:01Z"/>
  </list>
  <status code="0" message="OK"/>
</pacemaker-result>
"""


def test_node_states() -> None:
    assert parse_node_states(_CIB) == {
        "ctl1": NodeState("ctl1", online=True, fenced=False),
        "ctl2": NodeState("ctl2", online=False, fenced=False),
        "ctl3": NodeState("ctl3", online=True, fenced=False),
        "compute-1": NodeState("compute-1", online=False, fenced=True),
        "compute-2": NodeState("compute-2", online=True, fenced=False),
    }


def test_a_remote_node_that_pacemaker_3_leaves_out_of_the_node_states_is_doubtful() -> None:
    kept = recorded("node_state-3.0-online").stdout.replace("xpath-query", "status")
    states = parse_node_states(f"<cib>{kept}</cib>")
    assert {name for name, state in states.items() if state.doubtful} == {"compute-1", "compute-2"}
    assert {name for name, state in states.items() if state.online} == {"ctl1", "ctl2", "ctl3"}


@pytest.mark.parametrize(
    ("told", "connected"),
    [
        ("crm_mon-3.0-online", {"compute-1", "compute-2"}),
        ("crm_mon-3.0-lost", {"compute-2"}),
        ("crm_mon-3.0-starting", {"compute-2"}),
    ],
)
def test_crm_mon_knows_whose_connection_is_up(told: str, connected: set[str]) -> None:
    assert parse_connected(recorded(told).stdout) == connected


def test_fence_history() -> None:
    client = "pacemaker-controld.37"
    when = datetime(2026, 11, 21, 4, 4, 1, tzinfo=UTC)
    assert parse_fence_history(_HISTORY) == [
        Fencing("compute-1", "reboot", False, True, "", client, None),
        Fencing("compute-2", "reboot", True, False, "ctl1", client, when),
    ]
