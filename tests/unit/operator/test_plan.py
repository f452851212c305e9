"""``vmha plan`` on the simulated cluster: what it says is what then happens, and it does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.agent.settings import Settings, Untagged
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.model import ImageId, Instance, InstanceId, NodeName, NovaHost
from vmha_ocf.operator.commands.plan import COMMAND
from vmha_ocf.operator.rules import deciding_rule
from vmha_ocf.sim import World
from vmha_ocf.sim.base.tripwire import Tripwire


def furnish(world: World) -> None:
    """One instance of each kind."""
    image = ImageId("img")
    world.database.images[image] = {"evacuable": "true"}
    world.boot("compute-1", name="tagged", tags=TAGS)
    world.boot("compute-1", name="first", tags=TAGS, metadata={"evacuation_priority": "9"})
    world.boot("compute-1", name="image", image=image)
    world.boot("compute-1", name="flavor", extra_specs={"evacuable": "yes"})
    world.boot("compute-1", name="paused", tags=TAGS, vm_state="paused")
    world.boot("compute-1", name="resized", tags=TAGS, vm_state="resized")
    world.boot("compute-1", name="untagged")
    world.boot("compute-1", name="out", tags=TAGS, metadata={"evacuable": "false"})
    world.boot("compute-1", name="deleting", tags=TAGS, task_state="deleting")


def by_name(desk: Desk, *argv: str) -> dict[str, tuple[str, str]]:
    found = desk.data(COMMAND, "compute-1", *argv)["instances"]
    return {one["name"]: (one["next"], one["rule"]) for one in found}


def test_each_instance_with_the_rule_that_decides(world: World, desk: Desk) -> None:
    furnish(world)
    tag = "server tag automatic-recovery"
    assert by_name(desk) == {
        "tagged": ("evacuate", tag),
        "first": ("evacuate", tag),
        "image": ("evacuate", "image evacuable"),
        "flavor": ("evacuate", "flavor evacuable"),
        "paused": ("reset", tag),
        "resized": ("report", tag),
        "untagged": ("leave", "no mark, untagged=auto and other things are marked"),
        "out": ("leave", "metadata evacuable=false"),
        "deleting": ("leave", tag),
    }


def test_the_headline_and_the_order(world: World, desk: Desk) -> None:
    furnish(world)
    told = desk.run(COMMAND, "compute-1")
    assert told.code == 1
    assert told.first == (
        "WARNING  compute-1, if it were fenced now: 5 of 6 instances would be evacuated; "
        "3 others are not to be"
    )
    rows = [line.split()[1] for line in told.lines if line[:1].isdigit()]
    assert rows == ["resized", "first", "tagged", "image", "flavor", "paused"]
    assert "untagged" in desk.run(COMMAND, "compute-1", "--all").out


class TestAPolicy:
    TEXT = """
default_class = "cattle"
[[exclude]]
why = "Octavia makes new ones"
names = ["amphora-*"]
[class.pets]
tags = ["pet"]
[class.cattle]
"""

    def _furnish(self, world: World, desk: Desk) -> None:
        world.policies[""] = self.TEXT
        desk.with_parameters(policy="/etc/vmha/policy.toml")
        world.boot("compute-1", name="web-1", tags=TAGS)
        world.boot("compute-1", name="db-1", tags=TAGS | {"pet"})
        world.boot("compute-1", name="amphora-1", tags=TAGS)

    def test_who_is_left_alone_is_named_with_the_reason(self, world: World, desk: Desk) -> None:
        self._furnish(world, desk)
        told = desk.run(COMMAND, "compute-1")
        assert told.first.endswith("2 of 2 instances would be evacuated; 1 others are not to be")
        assert "Left alone by the policy" in told.out
        assert "line 3 (name amphora-*): Octavia makes new ones" in told.out
        assert "Classes" in told.out

    def test_so_is_who_is_told_of_them(self, world: World, desk: Desk) -> None:
        self._furnish(world, desk)
        world.policies[""] = self.TEXT.replace("names =", "notify = true\nnames =")
        told = desk.run(COMMAND, "compute-1")
        assert "Octavia makes new ones; left to whoever is told" in told.out
        found = {one["name"]: one for one in desk.data(COMMAND, "compute-1")["instances"]}
        assert found["amphora-1"]["left_to_others"]
        assert not found["web-1"]["left_to_others"]

    def test_each_has_its_class(self, world: World, desk: Desk) -> None:
        self._furnish(world, desk)
        found = {one["name"]: one for one in desk.data(COMMAND, "compute-1")["instances"]}
        assert {name: (one["class"], one["class_by"]) for name, one in found.items()} == {
            "web-1": ("cattle", "default_class"),
            "db-1": ("pets", "server tag pet"),
            "amphora-1": ("cattle", "default_class"),
        }
        assert found["amphora-1"]["next"] == "leave"
        assert (found["web-1"]["recovery"], found["web-1"]["recovery_by"]) == ("crash", "the mark")
        assert "Octavia makes new ones" in found["amphora-1"]["excluded"]
        assert found["web-1"]["excluded"] is None

    def test_images_are_looked_up_for_it_or_it_is_not_known(
        self, world: World, desk: Desk
    ) -> None:
        self._furnish(world, desk)
        world.policies[""] = self.TEXT.replace('tags = ["pet"]', "image = { pet = true }")
        world.database.images[ImageId("img")] = {"pet": "true", "recovery": "always"}
        world.boot("compute-1", name="db-2", tags=TAGS, image=ImageId("img"))

        def of_db() -> tuple[object, object]:
            found = desk.data(COMMAND, "compute-1")["instances"]
            one = next(one for one in found if one["name"] == "db-2")
            return one["class"], one["recovery"]

        assert of_db() == ("pets", "always")
        world.fault("nova.image_marks", "down")
        assert of_db() == (None, None)

    def test_without_one_nothing_is_said_of_it(self, world: World, desk: Desk) -> None:
        furnish(world)
        assert "class" not in desk.data(COMMAND, "compute-1")["instances"][0]
        assert "policy" not in desk.run(COMMAND, "compute-1").out

    def test_one_that_is_not_understood_is_said(self, world: World, desk: Desk) -> None:
        self._furnish(world, desk)
        world.policies[""] = "x = "
        told = desk.run(COMMAND, "compute-1")
        assert "the policy /etc/vmha/policy.toml is not understood: line 1" in told.out


class TestANetworkThatIsDown:
    TEXT = """
default_class = "cattle"
[class.pets]
tags = ["pet"]
network.tenant = "notify"
[class.cattle]
network.several = "notify"
network.storage = "none"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1
[measured.storage]
attribute = "net-storage"
resource = "net-storage"
healthy_from = 1
"""

    def _rows(self, desk: Desk, *argv: str) -> dict[str, tuple[str, list[str]]]:
        found = desk.data(COMMAND, "compute-1", *argv)["instances"]
        return {one["name"]: (one["row"], one["actions"]) for one in found}

    @pytest.fixture(autouse=True)
    def _furnish(self, world: World, desk: Desk) -> None:
        world.policies[""] = self.TEXT
        desk.with_parameters(policy="/etc/vmha/policy.toml")
        world.boot("compute-1", name="web-1", tags=TAGS)
        world.boot("compute-1", name="db-1", tags=TAGS | {"pet"})

    def test_each_instance_with_the_row_of_its_class(self, desk: Desk) -> None:
        assert self._rows(desk, "--if", "tenant=down") == {
            "web-1": ("network.tenant", []),
            "db-1": ("network.tenant", ["notify"]),
        }
        told = desk.run(COMMAND, "compute-1", "--if", "tenant=down")
        assert told.first == (
            "OK  compute-1, if its tenant network were down for 60 s, and no more than 1 host at "
            "once: 1 of 2: nothing; 1 of 2: notify"
        )

    def test_with_two_the_row_for_several_goes_first(self, desk: Desk) -> None:
        assert self._rows(desk, "--if", "storage=down", "--if", "tenant=down") == {
            "web-1": ("network.several", ["notify"]),
            "db-1": ("network.tenant", ["notify"]),
        }

    def test_whether_its_host_would_be_disabled_is_said(self, world: World, desk: Desk) -> None:
        told = "compute-1 would be disabled in Nova, so that no new instance goes there"
        assert told not in desk.run(COMMAND, "compute-1", "--if", "tenant=down").out
        world.policies[""] = self.TEXT.replace('several = "notify"', 'several = "disable"')
        assert told not in desk.run(COMMAND, "compute-1", "--if", "tenant=down").out
        both = desk.run(COMMAND, "compute-1", "--if", "storage=down", "--if", "tenant=down")
        assert told in both.out
        assert both.code == 0

    def test_who_would_leave_and_who_would_not(self, world: World, desk: Desk) -> None:
        exclude = '[[exclude]]\nwhy = "a canary"\nnames = "db-2"\nfrom = "move"\n'
        leave = self.TEXT.replace('tenant = "notify"', 'tenant = ["migrate", "notify"]')
        world.policies[""] = leave.replace("[class.pets]", f"{exclude}[class.pets]")
        world.boot("compute-1", name="db-2", tags=TAGS | {"pet"})
        world.boot("compute-1", name="db-3", vm_state="stopped", tags=TAGS | {"pet"})

        def why(*argv: str) -> dict[str, str | None]:
            found = desk.data(COMMAND, "compute-1", "--if", "tenant=down", *argv)["instances"]
            return {one["name"]: one["stays"] for one in found}

        assert why() == {
            "web-1": None,
            "db-1": None,
            "db-2": "excluded by the policy, line 3 (name db-2): a canary",
            "db-3": "it is stopped, and only who runs or is paused leaves live",
        }
        assert why("--if", "admin=down")["db-1"] == "Nova talks to it over its admin network"
        told = desk.run(COMMAND, "compute-1", "--if", "tenant=down")
        assert "1 of 4: migrate, then notify;" in told.out
        assert "it stays: it is stopped" in told.out
        assert "compute-1 would be disabled in Nova" in told.out

    def test_a_network_that_nobody_measures_is_said(self, desk: Desk) -> None:
        told = desk.run(COMMAND, "compute-1", "--if", "admin=down")
        assert told.code == 1
        assert "nobody measures the admin network, so it would not be seen" in told.out

    def test_a_host_without_instances(self, desk: Desk) -> None:
        told = desk.run(COMMAND, "compute-2", "--if", "tenant=down")
        assert told.first.endswith("there is no instance")

    @pytest.mark.parametrize("text", ["tenant", "tenant=up", "wifi=down", ""])
    def test_what_is_no_network_is_refused(
        self, desk: Desk, text: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = desk.run(COMMAND, "compute-1", "--if", text)
        assert told.code == 64
        assert "is none of admin=down, tenant=down, storage=down" in capsys.readouterr().err


def test_it_comes_true(world: World, desk: Desk) -> None:
    furnish(world)
    planned = {name for name, (what, _) in by_name(desk).items() if what in ("evacuate", "reset")}
    world.fence("compute-1")
    Driven(world).run(200)
    servers = world.database.servers.values()
    assert planned == {one.name for one in servers if one.host != "compute-1"}


def test_nothing_is_changed_not_even_a_claim(world: World, desk: Desk) -> None:
    furnish(world)
    world.fence("compute-1")
    before = (world.flag("compute-1"), world.service("compute-1").view(), len(world.log))
    calls = Tripwire()
    desk.run(COMMAND, "compute-1", watched=calls)
    after = (world.flag("compute-1"), world.service("compute-1").view(), len(world.log))
    assert before == after
    assert set(calls.calls) <= {
        "flags.read", "flags.storm_release", "failures.read", "holds.read", "cluster.nodes",
        "nova.services",
        "nova.instances_on", "nova.evacuations_from", "nova.image_marks", "nova.anything_marked",
        "nova.server_groups", "nova.evacuations_since",
    }  # fmt: skip
    assert "nova.instances_on" in calls.calls


def test_a_flagged_host_shows_what_is_in_flight(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS, name="web-1")
    world.fault("nova.destination", "slow", seconds=60)
    world.fence("compute-1")
    Driven(world).run(5)
    told = desk.run(COMMAND, "compute-1")
    assert told.first.startswith("OK  compute-1, it is flagged: 1 of 1 instances")
    assert by_name(desk)["web-1"][0] == "in flight"


def test_what_holds_it_is_told(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS)
    world.holds().write(Hold(NodeName("ctl1"), "alice@ctl1", 5.0))
    desk.with_parameters(storm_limit="1")
    world.fence("compute-2")
    told = desk.run(COMMAND, "compute-1")
    assert told.code == 1
    assert "held by alice@ctl1" in told.out
    assert "storm_limit=1" in told.out


def test_without_another_host_nothing_would_come_back() -> None:
    world = World.with_hosts("compute-1")
    world.boot("compute-1", tags=TAGS, name="web-1")
    told = Desk(world).run(COMMAND, "compute-1")
    assert told.code == 1
    assert "0 of 1 instances" in told.first
    assert "no other compute host is up" in told.out


def test_marks_that_cannot_be_looked_up_are_unknown(world: World, desk: Desk) -> None:
    world.boot("compute-1", name="web-1", image=ImageId("img"))
    world.fault("nova.image_marks", "down")
    told = desk.run(COMMAND, "compute-1")
    assert told.code == 3
    assert "marks could not be looked up" in told.out


def test_a_host_is_found_by_either_name(world: World) -> None:
    world.add_host("compute-9", nova="compute-9.example.com")
    desk = Desk(world)
    for name in ("compute-9", "compute-9.example.com"):
        assert desk.run(COMMAND, name).code == 0
    for name in ("COMPUTE-9", "Compute-9.example.com"):
        told = desk.run(COMMAND, name)
        assert told.code == 64
        assert "did you mean compute-9 (compute-9.example.com in Nova)?" in told.err
    told = desk.run(COMMAND, "compute-7")
    assert told.code == 64
    assert "compute-7 is not a compute host of this cluster" in told.err


def test_a_name_that_nova_does_not_know_has_no_empty_plan(world: World, desk: Desk) -> None:
    del world.database.services[NovaHost("compute-1")]
    told = desk.run(COMMAND, "compute-1")
    assert told.code == 64
    assert "Nova has no compute service on compute-1" in told.err


WORDS = st.sampled_from(["true", "no", "perhaps", ""])
KEYS = st.sampled_from(["evacuable", "HA_Enabled", "other"])
MARKS = st.dictionaries(KEYS, WORDS, max_size=2)
_KINDS = {
    Choice.EVACUATE: ("server tag", "metadata", "flavor", "image", "no mark, untagged=a"),
    Choice.OPTED_OUT: ("metadata",),
    Choice.UNTAGGED: ("no mark",),
    Choice.UNKNOWN: ("flavor or image could not", "no mark, untagged=auto and it is not known"),
}


IMAGE = ImageId("img")
INSTANCES = st.builds(
    Instance,
    st.just(InstanceId("1")),
    st.just(NovaHost("compute-1")),
    tags=st.frozensets(st.sampled_from(["automatic-recovery", "blue"])),
    metadata=MARKS,
    extra_specs=st.none() | MARKS,
    image=st.none() | st.just(IMAGE),
)


@given(
    INSTANCES,
    st.none() | MARKS,
    st.sampled_from(Untagged),
    st.sampled_from([None, True, False]),
)
def test_the_rule_fits_what_is_decided(
    one: Instance, image: dict[str, str] | None, untagged: Untagged, anything: bool | None
) -> None:
    images = {} if image is None else {IMAGE: image}
    settings = Settings(untagged=untagged)
    choice = tagging.choose(one, settings, images, anything)
    assert deciding_rule(one, settings, images, anything).startswith(_KINDS[choice])
