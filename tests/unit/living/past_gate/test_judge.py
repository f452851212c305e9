from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.layout import REPOSITORY
from vmha_ocf.living.booting import starters
from vmha_ocf.living.past_gate import telling
from vmha_ocf.living.past_gate.containers import Container, Named, parse_containers, started_by
from vmha_ocf.living.past_gate.judge import (
    Found,
    Ours,
    candidates,
    judge,
    ours_of,
    triggers_of,
)
from vmha_ocf.living.past_gate.units import Unit, parse_units

RECORDED = REPOSITORY / "tests/recorded/containers"
KOLLA = "kolla-nova_compute-container.service"
START = ("/usr/bin/docker", "start", "-a", "nova_compute")
BY_UNIT = Ours(KOLLA, Named("docker", "nova_compute"))
BY_COMMAND = Ours(container=Named("docker", "nova_compute"))
# systemd 252 over the unit that kolla-ansible writes, while it waits for its next restart.
SHOWN = """\
Restart=no
Id=nova-compute.service
RequiredBy=
WantedBy=
LoadState=not-found
ActiveState=inactive
UnitFileState=

Restart=always
ExecStart={ path=/usr/bin/docker ; argv[]=/usr/bin/docker start -a nova_compute ; ignore_errors=no ; \
start_time=[Sat 2026-11-28 01:46:58 UTC] ; stop_time=[n/a] ; pid=5841 ; code=exited ; status=203 }
Id=kolla-nova_compute-container.service
RequiredBy=
WantedBy=default.target
TriggeredBy=night.timer
LoadState=loaded
ActiveState=activating
SourcePath=
UnitFileState=enabled
"""


def unit(name: str = KOLLA, **more: Any) -> Unit:
    return Unit(name, **{"commands": (START,), **more})


def found(
    ours: Ours,
    *units: Unit,
    triggers: Mapping[str, Unit] | None = None,
    containers: tuple[Container, ...] = (),
) -> list[Found]:
    return list(judge(ours, {one.name: one for one in units}, triggers or {}, containers))


def test_what_systemd_shows_is_read() -> None:
    absent, kolla = parse_units(SHOWN).values()
    assert (absent.name, absent.loaded, absent.commands) == ("nova-compute.service", False, ())
    assert kolla == unit(
        active=True,
        enabled=True,
        restart="always",
        wanted_by=("default.target",),
        triggered_by=("night.timer",),
    )


@pytest.mark.parametrize("text", ["", "loaded\n", "Failed to connect to bus"])
def test_what_says_nothing_of_units_has_none(text: str) -> None:
    assert parse_units(text) == {}


def test_podmans_own_answer_is_read() -> None:
    text = (RECORDED / "podman-4.3-always.json").read_text()
    assert parse_containers("podman", text) == (
        Container("podman", "nova_compute", False, "always", "tripleo_nova_compute.service"),
    )


def test_dockers_name_has_a_slash() -> None:
    text = (RECORDED / "docker-unless-stopped.json").read_text()
    assert parse_containers("docker", text) == (
        Container("docker", "nova_compute", True, "unless-stopped"),
    )


def test_no_policy_is_none() -> None:
    text = (RECORDED / "podman-4.3-always.json").read_text().replace('"always"', '"no"')
    assert [one.restart for one in parse_containers("podman", text)] == [""]


@pytest.mark.parametrize(
    "text", ["", "true", "[]", "{}", "[1]", '[{"Name": "x"}]', '[{"HostConfig": null}]']
)
def test_what_is_not_understood_is_no_container(text: str) -> None:
    assert parse_containers("docker", text) == ()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("podman", "start", "nova_compute"), Named("podman", "nova_compute")),
        (START, Named("docker", "nova_compute")),
        (("sh", "-c", "docker start -a nova_compute"), Named("docker", "nova_compute")),
        (("podman", "run", "--name=nova", "--rm", "image"), Named("podman", "nova")),
        (("podman", "run", "--name", "nova", "image"), Named("podman", "nova")),
        (("podman", "run", "image"), None),
        (("podman", "start"), None),
        (("podman", "exec", "nova_compute", "start"), None),
        (("podman", "healthcheck", "run", "nova_compute"), None),
        (("docker", "ps"), None),
        (("/usr/local/sbin/start-nova",), None),
    ],
)
def test_the_container_that_a_command_starts(
    command: tuple[str, ...], expected: Named | None
) -> None:
    assert started_by(command) == expected


class TestOurs:
    def test_a_command_names_a_container(self) -> None:
        assert ours_of(START, ("nova-compute.service",), {}) == BY_COMMAND

    def test_a_command_may_start_a_unit(self) -> None:
        words = ("/bin/systemctl", "start", "kolla-nova_compute-container")
        assert ours_of(words, (), {KOLLA: unit()}) == BY_UNIT

    def test_the_first_unit_that_is_there_counts(self) -> None:
        units = {KOLLA: unit(), "nova-compute.service": Unit("nova-compute.service", loaded=False)}
        names = ("nova-compute.service", "gone", KOLLA)
        assert ours_of((), names, units) == BY_UNIT

    def test_where_nothing_is_there_nothing_is_known(self) -> None:
        assert ours_of((), ("nova-compute",), {}) == Ours()
        assert ours_of(("/usr/local/sbin/start-nova",), (), {}) == Ours()


class TestUnits:
    def test_a_unit_at_rest_is_no_harm(self) -> None:
        assert found(BY_COMMAND, unit(restart="always")) == []

    def test_restart_of_the_unit_that_novacompute_has_is_no_harm(self) -> None:
        assert found(BY_UNIT, unit(restart="always", active=True)) == []

    def test_restart_of_the_one_that_owns_the_container_is(self) -> None:
        assert found(BY_COMMAND, unit(restart="always", active=True)) == [Found("owner", KOLLA)]

    def test_so_it_is_where_podman_alone_knows_the_owner(self) -> None:
        container = Container("docker", "nova_compute", True, "", "site.service")
        owner = unit("site.service", active=True, restart="on-failure", commands=())
        assert found(BY_COMMAND, owner, containers=(container,)) == [
            Found("owner", "site.service")
        ]

    @pytest.mark.parametrize("ours", [BY_UNIT, BY_COMMAND])
    @pytest.mark.parametrize(
        ("more", "expected"),
        [
            ({"enabled": True, "wanted_by": ("multi-user.target",)}, Found("enabled", KOLLA)),
            (
                {
                    "wanted_by": ("multi-user.target",),
                    "source": "/etc/containers/systemd/n.container",
                },
                Found("generated", KOLLA, "/etc/containers/systemd/n.container"),
            ),
            ({"wanted_by": ("site.target",)}, Found("wanted", KOLLA, "site.target")),
        ],
    )
    def test_what_starts_with_something_else_is_found(
        self, ours: Ours, more: dict[str, Any], expected: Found
    ) -> None:
        assert found(ours, unit(**more)) == [expected]
        assert found(ours, unit(**more, gated=True)) == []

    @pytest.mark.parametrize(
        ("trigger", "expected"),
        [
            (Unit("night.timer", active=True), [Found("trigger", "night.timer", KOLLA)]),
            (Unit("night.timer", enabled=True), [Found("trigger", "night.timer", KOLLA)]),
            (Unit("night.timer"), []),
        ],
    )
    def test_a_timer_counts_where_it_runs_or_will(
        self, trigger: Unit, expected: list[Found]
    ) -> None:
        triggered = unit(triggered_by=("night.timer",))
        assert triggers_of({KOLLA: triggered}, BY_COMMAND) == ("night.timer",)
        assert triggers_of({KOLLA: triggered}, Ours()) == ("night.timer",)
        assert found(BY_UNIT, triggered, triggers={"night.timer": trigger}) == expected
        assert found(BY_UNIT, triggered) == []

    def test_a_second_unit_counts_while_it_runs(self) -> None:
        def package(active: bool) -> Unit:
            words = ("/usr/bin/python3", "/usr/bin/nova-compute", "--config-file=/x")
            return unit("nova-compute.service", active=active, commands=(words,))

        assert found(BY_UNIT, package(True)) == [Found("second", "nova-compute.service")]
        assert found(BY_UNIT, package(False)) == []

    def test_other_units_are_not_looked_at(self) -> None:
        others = (
            unit("kolla-nova_libvirt-container.service", active=True, enabled=True,
                 commands=(("/usr/bin/docker", "start", "-a", "nova_libvirt"),)),
            unit("tripleo_nova_compute_healthcheck.service", active=True, enabled=True,
                 commands=(("/usr/bin/podman", "exec", "nova_compute", "/openstack/healthcheck"),)),
            Unit("gone.service", loaded=False, commands=(START,), active=True),
        )  # fmt: skip
        assert found(BY_COMMAND, *others) == []


class TestContainers:
    def test_a_restart_policy_is_found(self) -> None:
        container = Container("docker", "nova_compute", True, "unless-stopped")
        expected = [Found("policy", "docker/nova_compute")]
        assert found(BY_UNIT, containers=(container,)) == expected
        assert found(Ours(), containers=(container,)) == expected

    def test_ours_without_one_is_fine(self) -> None:
        assert found(BY_COMMAND, containers=(Container("docker", "nova_compute", True),)) == []

    def test_the_same_name_in_the_other_engine_is_a_second_one(self) -> None:
        second = Container("podman", "nova_compute", True)
        assert found(BY_COMMAND, containers=(second,)) == [Found("second", "podman/nova_compute")]
        resting = Container("podman", "nova_compute")
        assert found(BY_COMMAND, containers=(resting,)) == []

    def test_so_is_one_beside_a_packages_unit(self) -> None:
        ours = Ours("nova-compute.service")
        running = (Container("podman", "nova_compute", True),)
        assert found(ours, containers=running) == [Found("second", "podman/nova_compute")]

    def test_its_unit_is_told_instead_where_it_has_one(self) -> None:
        ours = Ours("nova-compute.service")
        owner = unit("edpm_nova_compute.service", active=True, restart="always")
        running = Container("podman", "nova_compute", True, "", owner.name)
        assert found(ours, owner, containers=(running,)) == [Found("owner", owner.name)]

    def test_they_are_looked_for_by_the_name_we_know_and_by_those_people_use(self) -> None:
        assert candidates(Ours(container=Named("docker", "nova"))) == (
            "nova", "nova_compute", "nova-compute",
        )  # fmt: skip
        assert candidates(Ours()) == ("nova_compute", "nova-compute")


class TestTelling:
    @pytest.mark.parametrize(
        ("one", "what", "how"),
        [
            (Found("enabled", KOLLA), f"{KOLLA} starts", f"systemctl disable {KOLLA}"),
            (Found("generated", "n.service", "/etc/n"), "n.service starts", "out of /etc/n"),
            (Found("wanted", "n.service", "x.target"), "with x.target", "what x.target wants"),
            (Found("owner", KOLLA), "starts it again", f"give NovaCompute unit={KOLLA}"),
            (Found("trigger", "n.timer", KOLLA), f"n.timer starts {KOLLA}", "--now n.timer"),
            (Found("policy", "docker/nova"), "docker starts", "docker update --restart=no nova"),
            (Found("policy", "podman/nova"), "podman starts", "before podman 5.1"),
            (Found("second", "podman/nova"), "the container nova", "podman stop nova"),
            (Found("second", "n.service"), "by n.service", "systemctl disable --now n.service"),
        ],
    )
    def test_each_has_one_sentence_and_what_to_type(self, one: Found, what: str, how: str) -> None:
        (text,) = telling.format_found([one])
        [(said, typed)] = telling.told(text)
        assert what in said
        assert how in typed

    def test_words_of_both_kinds_stand_side_by_side(self) -> None:
        words = telling.format_found(
            [Found("wanted", "a,b;c.service", "x"), Found("owner", KOLLA)]
        )
        text = starters.format_starters(["autostart", *words])
        assert len(starters.told(text)) == 1
        assert [what.split()[0] for what, _ in telling.told(text)] == ["abc.service,", KOLLA]

    @pytest.mark.parametrize(
        "text", ["", "none", "typed by somebody", "x;y;z", "policy;lxc/n;", "policy;n;", "a;b"]
    )
    def test_nothing_is_told_of_nothing(self, text: str) -> None:
        assert telling.told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "/bin/sh -c docker start nova_compute && sleep infinity",
        "/bin/sh -c docker start nova_compute; docker logs -f other",
        "/usr/bin/docker start nova_compute nova_libvirt",
        "/bin/sh -c docker start nova_compute || exit 1",
    ],
)
def test_what_comes_behind_the_name_is_not_the_name(text: str) -> None:
    assert started_by(text.split()) == Named("docker", "nova_compute")
