"""``vmha hold``, ``release`` and ``flag`` on the simulated cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.driven import TAGS, Driven, requests
from tests.unit.operator_site import Desk
from vmha_ocf.cluster.configuration import Result
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.request import Target
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.operator.commands import flag
from vmha_ocf.operator.commands.hold import HOLD, RELEASE
from vmha_ocf.sim import World


class TestHoldAndRelease:
    def test_a_hold_names_who_and_why_and_keeps_the_worker(self, world: World, desk: Desk) -> None:
        world.boot("compute-1", tags=TAGS)
        told = desk.run(HOLD, "--reason", "rack 7 moves")
        assert (told.code, told.first) == (0, "OK  evacuation is held, by alice@ctl1")
        hold = world.holds().read()
        assert hold is not None
        assert (hold.node, hold.by, hold.why) == ("ctl1", "alice@ctl1", "rack 7 moves")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(60)
        assert requests(world) == 0
        told = desk.run(RELEASE)
        assert told.first == "OK  released: the hold of alice@ctl1"
        assert "evacuated now: compute-1" in told.out
        driven.until_done("compute-1")
        driven.check()

    def test_what_is_flagged_already_is_named(self, world: World, desk: Desk) -> None:
        world.fence("compute-1")
        assert "flagged now: compute-1" in desk.run(HOLD).out

    def test_somebody_elses_hold_stays_theirs(self, world: World, desk: Desk) -> None:
        theirs = Hold(NodeName("ctl2"), "bob@ctl2", 5.0, "disks")
        world.holds().write(theirs)
        told = desk.run(HOLD)
        assert told.first == "OK  evacuation is held already, by bob@ctl2 (disks)"
        assert world.holds().read() == theirs

    def test_a_storm_is_released_until_nothing_is_flagged(self, world: World, desk: Desk) -> None:
        desk.with_parameters(storm_limit="1")
        world.boot("compute-1", tags=TAGS)
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world, storm_limit=1)
        driven.run(10)
        assert requests(world) == 0
        told = desk.run(RELEASE)
        assert told.first.startswith("OK  released: the storm")
        world.say("operator", "released")
        driven.until_done("compute-1")
        assert requests(world) == 1

    def test_a_storm_that_only_the_worker_remembers(self, world: World, desk: Desk) -> None:
        """Some hosts were finished meanwhile: by the number of flags alone it is none."""
        world.fence("compute-1")
        reason = "more than storm_limit=1 hosts were down at once: evacuation is held"
        result = Result(NodeName("ctl2"), "monitor", 190, reason)
        desk.configuration = replace(desk.configuration, results={"nova-evacuate": [result]})
        assert "released: the storm" in desk.run(RELEASE).first
        assert world.flags().storm_release() is not None

    def test_a_hold_alone_does_not_release_a_storm_to_come(self, world: World, desk: Desk) -> None:
        desk.run(HOLD)
        desk.run(RELEASE)
        assert world.flags().storm_release() is None

    def test_a_hold_ends_although_the_evacuator_is_gone(self, world: World, desk: Desk) -> None:
        desk.run(HOLD)
        desk.configuration = replace(desk.configuration, resources=[])
        told = desk.run(RELEASE)
        assert told.first == "OK  released: the hold of alice@ctl1"
        assert "whether there is a storm is not known" in told.out
        assert world.holds().read() is None

    def test_nothing_to_release(self, desk: Desk) -> None:
        assert desk.run(RELEASE).first == "OK  nothing is held"

    def test_without_quorum_it_says_that_nothing_was_changed(
        self, world: World, desk: Desk
    ) -> None:
        world.fault("cib.quorum", "no-quorum")
        told = desk.run(HOLD)
        assert told.code == 2
        assert "no quorum" in told.err
        assert world.holds().read() is None

    def test_no_answer_is_unknown(self, world: World, desk: Desk) -> None:
        world.fault("cib", "down")
        assert desk.run(HOLD).code == 3
        assert desk.run(RELEASE).code == 3


class TestFlag:
    @pytest.fixture
    def dead(self, world: World) -> None:
        """compute-1 lost its power, and its BMC with it."""
        world.boot("compute-1", tags=TAGS)
        world.power_cut("compute-1")
        world.run(70)

    @pytest.mark.usefixtures("dead")
    def test_a_host_that_a_person_has_proved_dead_is_evacuated(
        self, world: World, desk: Desk
    ) -> None:
        desk.machine.typed = "compute-1\n"
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand")
        assert told.code == 0
        assert "on the word of alice@ctl1" in told.first
        assert "pcs stonith confirm compute-1" in told.out
        assert "they run twice" in desk.machine.asked[0]
        Driven(world).until_done("compute-1")
        assert requests(world) == 1

    @pytest.mark.usefixtures("dead")
    def test_all_hosts_of_a_machine_go_down_with_it(self, world: World, desk: Desk) -> None:
        second = world.add_host("x", nova="compute-1-b").name
        world.power_cut("x")
        world.run(70)
        world.pacemaker.remove(NodeName("x"))
        target = Target(NovaHost("compute-1"), NodeName("compute-1"), None, (second,))
        desk.machine.read_inventory = lambda path, domain: Inventory(  # type: ignore[method-assign]
            f"{path}{domain}", [target]
        )
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand", "--yes")
        assert told.code == 0
        found = world.flags().read()
        assert {(one.host, one.node) for one in found.values()} == {
            ("compute-1", "compute-1"),
            ("compute-1-b", "compute-1"),
        }

    @pytest.mark.usefixtures("dead")
    def test_who_said_it_is_in_the_evidence_and_in_the_timeline(
        self, world: World, desk: Desk
    ) -> None:
        assert desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand", "--yes").code == 0
        assert desk.machine.asked == []
        found = world.flag("compute-1")
        assert found is not None
        assert found.evidence is not None
        assert found.evidence.by == "alice@ctl1"
        assert found.evidence.proof == "fenced by hand, on the word of alice@ctl1"
        driven = Driven(world)
        driven.until_done("compute-1")
        assert "compute-1: claimed (fenced by hand, on the word of alice@ctl1" in driven.told()

    @pytest.mark.usefixtures("dead")
    @pytest.mark.parametrize("typed", ["", "yes", "compute-2"])
    def test_anything_but_its_name_is_no(self, world: World, desk: Desk, typed: str) -> None:
        desk.machine.typed = typed
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand")
        assert (told.code, told.first) == (2, "ERROR  not confirmed: compute-1 is not flagged")
        assert world.flag("compute-1") is None

    @pytest.mark.usefixtures("dead")
    def test_without_the_word_nothing_is_flagged(self, world: World, desk: Desk) -> None:
        told = desk.run(flag.COMMAND, "compute-1", "--yes")
        assert told.code == 64
        assert "--fenced-by-hand" in told.err
        assert world.flag("compute-1") is None

    def test_a_host_that_pacemaker_is_connected_to_is_refused(
        self, world: World, desk: Desk
    ) -> None:
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand", "--yes")
        assert told.code == 2
        assert "pcs stonith fence compute-1" in told.err
        assert world.flag("compute-1") is None

    def test_a_host_that_nova_hears_from_is_refused(self, world: World, desk: Desk) -> None:
        """Cut off from Pacemaker, and as alive as ever."""
        world.isolate("compute-1")
        world.run(30)
        service = world.service("compute-1")
        service.written = world.now - 4  # its heartbeats still reach Nova
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand", "--yes")
        assert told.code == 2
        assert "Nova heard from compute-1 4 s ago" in told.err
        assert world.flag("compute-1") is None

    @pytest.mark.usefixtures("dead")
    def test_a_silent_nova_is_told_and_is_in_nobodys_way(self, world: World, desk: Desk) -> None:
        world.fault("nova", "down")
        desk.machine.typed = "compute-1"
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand")
        assert told.code == 0
        assert "Nova was not asked whether it hears from compute-1" in desk.machine.asked[0]
        assert world.flag("compute-1") is not None

    @pytest.mark.usefixtures("dead")
    def test_a_name_that_nova_does_not_know_is_refused(self, world: World, desk: Desk) -> None:
        del world.database.services[NovaHost("compute-1")]
        told = desk.run(flag.COMMAND, "compute-1", "--fenced-by-hand", "--yes")
        assert told.code == 64
        assert world.flag("compute-1") is None
