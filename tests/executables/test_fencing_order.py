"""What Pacemaker is bound to do before what, on the CIB that the examples make.

Pacemaker's own scheduler answers, and its graph is asked: in a list of actions the right order may be
luck.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executables.deployer import GIVEN, Deployer
from tests.executables.installed import Installed
from tests.executables.transition import Transition

pytestmark = [
    pytest.mark.real,
    pytest.mark.conformance("crm_simulate: what waits for what"),
]
RECORD = "host=compute-1 at=1763695800 by=ctl1 proof=BMC 192.0.2.7 answered off"
SILENT = "--op-inject=compute-1_monitor_20000@{}=1"
STARTED = "nova-compute_start_0@compute-1"
FENCED = "stonith-compute-1-reboot@compute-1"


@pytest.fixture(scope="module")
def started(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A CIB of all examples that go together, everything running."""
    deployer = Deployer(installed, tmp_path_factory.mktemp("examples"))
    for name in ("fence-inventory.sh", "evacuate.sh", "compute.sh"):
        deployer.example(name, **GIVEN[name])
    deployer.verify()
    deployer.settle()
    return deployer.cib.read_text()


@pytest.fixture
def running(installed: Installed, tmp_path: Path, started: str) -> Deployer:
    return Deployer(installed, tmp_path, started)


def where(deployer: Deployer, resource: str) -> str:
    found = deployer.run(
        "crm_resource", "--locate", f"--resource={resource}", CIB_file=str(deployer.cib)
    )
    return found.stdout.split()[-1]


def silence(deployer: Deployer) -> Transition:
    """compute-1's connection fails."""
    return deployer.carry_out(SILENT.format(where(deployer, "compute-1")))


def test_a_host_is_connected_again_only_after_it_was_fenced(running: Deployer) -> None:
    transition = silence(running)
    assert transition.named("stonith") == [FENCED]
    assert transition.is_bound(FENCED, "compute-1_start_0")


def test_what_ran_on_a_silent_host_counts_as_stopped_only_after_the_fencing(
    running: Deployer,
) -> None:
    transition = silence(running)
    assert transition.is_bound(FENCED, "nova-compute_stop_0")


def test_neither_nova_evacuate_nor_another_host_is_touched_by_it(running: Deployer) -> None:
    transition = silence(running)
    assert transition.named("nova-evacuate") == []
    assert transition.named("compute-2") == []


def test_fencing_waits_for_nothing(running: Deployer) -> None:
    """Not for Nova, not for NovaEvacuate: they may be down."""
    transition = silence(running)
    others = set(transition.named("")) - {FENCED}
    assert not [name for name in others if transition.is_bound(name, FENCED)]


def test_nova_compute_returns_when_the_record_is_gone_and_not_before(running: Deployer) -> None:
    silence(running)
    running.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    running.settle()
    assert running.carry_out().named("") == []
    running.pcs("node", "attribute", "compute-1", "evacuation=")
    assert running.carry_out().named("nova-compute_start") == [STARTED]


def test_the_record_stops_a_nova_compute_that_runs(running: Deployer) -> None:
    running.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    transition = running.carry_out()
    assert transition.named("nova-compute_stop") == ["nova-compute_stop_0@compute-1"]
    assert transition.named("stonith") == []


def test_nova_evacuate_starts_elsewhere_only_after_its_controller_was_fenced(
    running: Deployer,
) -> None:
    """Two workers at once would be two evacuations of one instance."""
    home = where(running, "nova-evacuate")
    transition = running.carry_out(f"--node-fail={home}")
    (started,) = transition.named("nova-evacuate_start")
    assert not started.endswith(f"@{home}")
    assert transition.is_bound(f"stonith-{home}-reboot@{home}", "nova-evacuate_start")


def test_nova_evacuate_moves_by_stop_and_then_start(running: Deployer) -> None:
    home = where(running, "nova-evacuate")
    running.pcs("node", "attribute", home, "osprole=compute")
    transition = running.carry_out()
    assert transition.is_bound("nova-evacuate_stop_0", "nova-evacuate_start_0")


def test_two_hosts_are_fenced_without_waiting_for_each_other(running: Deployer) -> None:
    running.pcs("property", "set", "concurrent-fencing=true")
    both = [
        f"--op-inject={host}_monitor_20000@{where(running, host)}=1"
        for host in ("compute-1", "compute-2")
    ]
    transition = running.carry_out(*both)
    first, second = transition.named("stonith")
    assert not transition.is_bound(first, second)
    assert not transition.is_bound(second, first)


@pytest.mark.parametrize("recipe", sorted(name for name in GIVEN if name.startswith("recipe-")))
class TestEachRecipe:
    @pytest.fixture
    def transition(
        self, installed: Installed, tmp_path: Path, cib_of: Callable[[str], str], recipe: str
    ) -> Transition:
        """compute-1's connection fails, when all that the recipe made is running."""
        deployer = Deployer(installed, tmp_path, cib_of(recipe))
        deployer.settle()
        home = where(deployer, "compute-1")
        return deployer.carry_out(f"--op-inject=compute-1_monitor_10000@{home}=1")

    def test_the_host_is_fenced_and_nothing_keeps_it_waiting(self, transition: Transition) -> None:
        assert transition.named("stonith") == [FENCED]
        others = set(transition.named("")) - {FENCED}
        assert not [name for name in others if transition.is_bound(name, FENCED)]

    def test_it_is_not_connected_again_with_that(self, transition: Transition) -> None:
        """reconnect_interval: Pacemaker would purge attributes, and meet a host that boots."""
        assert transition.named("compute-1_start") == []

    def test_nothing_else_is_touched(self, transition: Transition) -> None:
        assert transition.named("nova-evacuate") == []
        assert transition.named("compute-2") == []


def test_an_upgraded_cluster_fences_a_silent_host_without_waiting(
    installed: Installed, tmp_path: Path, upgraded_cib: str
) -> None:
    """The older configuration had nova-evacuate, and the fencing with it, wait for others."""
    deployer = Deployer(installed, tmp_path, upgraded_cib)
    deployer.settle()
    transition = silence(deployer)
    assert transition.named("stonith") == [FENCED]
    others = set(transition.named("")) - {FENCED}
    assert not [name for name in others if transition.is_bound(name, FENCED)]
    assert transition.is_bound(FENCED, "compute-1_start_0")
    assert transition.named("nova-evacuate") == []
