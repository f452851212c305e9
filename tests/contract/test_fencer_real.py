"""What Pacemaker's own fencer does with an agent that dies: the simulated one does the same.

``sim/pacemaker/fencing.py``; ``tests/unit/sim/test_pacemaker.py`` has the other side.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.one_node import OneNode, missing
from tests.lab.release import controller_layers
from vmha_ocf.sim.pacemaker.fencing import ATTEMPTS

pytestmark = pytest.mark.real

_AGENT = """#!/bin/sh
action=$(sed -n 's/^action=//p')
case $action in
metadata) cat <<END
<?xml version="1.0"?><resource-agent name="fence_dies"><longdesc>It dies.</longdesc>
<parameters><parameter name="port"><getopt mixed="-n"/><content type="string"/></parameter>
</parameters><actions><action name="off"/><action name="reboot"/><action name="monitor"/>
<action name="metadata"/></actions></resource-agent>
END
;;
off|reboot) echo "$action" >> {folder}/calls
[ "$(wc -l < {folder}/calls)" -ge "$(cat {folder}/lives)" ] || kill -9 $$ ;;
esac
"""
_REGISTER = "stonith_admin --register dies --agent fence_ipmilan --option pcmk_host_list=compute-1"
_STAND_IN = "mount --bind {folder}/agent /usr/sbin/fence_ipmilan"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[OneNode]:
    """Of its own: its fencer remembers. The agent stands in for another one, in its namespace alone."""
    if absent := missing():
        pytest.skip(f"a one-node cluster cannot be started: {absent}")
    (tmp_path / "agent").write_text(_AGENT.format(folder=tmp_path))
    (tmp_path / "agent").chmod(0o755)
    node = OneNode.start(tmp_path, layers=controller_layers())
    try:
        for line in (_STAND_IN.format(folder=tmp_path), _REGISTER):
            done = node.run(line.split(), timeout=30)
            assert done.rc == 0, done
        yield node
    finally:
        node.stop()


def _calls(node: OneNode, folder: Path, lives: int) -> tuple[int, int]:
    """How often the agent was run for one fencing, and the exit code of who asked for that; it lives
    through its n-th run."""
    (folder / "calls").write_text("")
    (folder / "lives").write_text(str(lives))
    asked = node.run(["stonith_admin", "--reboot", "compute-1", "--timeout", "60"], timeout=60)
    return len((folder / "calls").read_text().splitlines()), asked.rc


def test_an_agent_that_is_killed_is_run_once_more_in_its_operation(
    node: OneNode, tmp_path: Path
) -> None:
    assert _calls(node, tmp_path, lives=1) == (1, 0)
    assert _calls(node, tmp_path, lives=2) == (2, 0)
    often, rc = _calls(node, tmp_path, lives=9)
    assert (often, rc != 0) == (ATTEMPTS, True), "and whoever asked for it has to ask again"
