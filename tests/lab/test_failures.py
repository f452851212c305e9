"""The cases of the lab that every run of all tests plays, and P10 before them, on the same lab.

``make lab`` plays all cases.
"""

from __future__ import annotations

import pytest

from tests.lab import cases
from tests.lab.cases.case import Case
from tests.lab.cases.scene import Scene
from tests.lab.cloud.identity import VMHA_PASSWORD
from tests.lab.layout import BMC_PASSWORD
from tests.lab.outcome import perform
from tests.lab.promises import Expected, broken
from tests.lab.secrets import Watch, in_files, open_to_others, secrets_in
from tests.lab.stage import Stage
from tests.lab.wait import wait_until

pytestmark = pytest.mark.lab
HOST = "compute-1"
NAMES = (
    "power-loss",
    "stopped-between-fencing-and-evacuation",
    "keystone-and-nova-api-down-before",
    "storm-held-and-released",
    "fifty-instances-and-a-restless-worker",
    "returns-during-its-evacuation",
    "check-finds-planted-mistakes",
    "one-story-through-a-failover",
    "unharmed-by-who-is-told",
)


def test_no_secret_is_shown_in_a_whole_recovery(stage: Stage) -> None:
    """What others can read while a host is fenced and evacuated, and after. The first test: no failure that
    was before it has written the files that it looks at."""
    tagged = stage.cloud.client().boot("web", 3, host=HOST, tags=["automatic-recovery"])
    with Watch(stage.lab) as watch:
        stage.cluster.kill(HOST)
        wait_until("the record of the fencing", lambda: HOST in stage.records(), 90, 0.2)
        stage.wait_in_service(HOST, timeout=180)
    for program in ("fence_compute", "ipmi_child", "vmha_ocf.worker"):
        assert watch.saw(program), f"{program} was not seen at all"
    assert sorted(watch.found) == []
    assert in_files(stage.lab) == []
    cib = stage.cluster.ask(["cibadmin", "--query"])
    status = stage.cluster.pcs("status", "--full") + stage.cluster.pcs("stonith", "history")
    assert "clouds_file" in cib
    assert secrets_in("the CIB", cib) + secrets_in("pcs status", status) == []
    assert open_to_others(lambda node, argv: stage.cluster.run(node, argv).output, stage.lab) == []
    assert broken(stage, Expected({HOST}, tagged)) == []


def test_a_secret_would_be_found(stage: Stage) -> None:
    """Otherwise the test above tests nothing."""
    node = stage.cluster.controller()
    argument = ["sh", "-c", "sleep 1; true", BMC_PASSWORD]
    with Watch(stage.lab) as watch:
        stage.cluster.run(node, argument)
        stage.cluster.run(node, ["env", f"OCF_RESKEY_password={VMHA_PASSWORD}", "sleep", "1"])
    told = " ".join(watch.found)
    assert "the BMCs' password is in the command line" in told
    assert "NovaEvacuate's password is in the environment" in told
    left = stage.lab.home(node) / "log" / "left"
    left.write_text(f"token gAAAAA{'x' * 80}")
    try:
        assert [line for line in in_files(stage.lab) if "a token" in line and "log/left" in line]
    finally:
        left.unlink()


@pytest.mark.parametrize("case", map(cases.named, NAMES), ids=NAMES)
def test_the_promises_are_kept(stage: Stage, case: Case) -> None:
    assert not case.cannot
    perform(Scene(stage), case)
