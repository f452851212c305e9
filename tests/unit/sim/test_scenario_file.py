"""scenario.toml: what it may say, and the sentences for what it must not."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from vmha_ocf.sim.base.scenario import EventSpec, Scenario, ScenarioError
from vmha_ocf.sim.play.events import EVENTS, FIELDS
from vmha_ocf.sim.play.run import load
from vmha_ocf.sim.play.scenario_check import verify
from vmha_ocf.sim.play.scenario_toml import format_scenario, parse

GOOD = """
title = "A host dies"
length = 100
[[host]]
name = "compute-1"
[[host]]
name = "compute-2"
capacity = 4
[[instances]]
name = "web"
host = "compute-1"
count = 2
[[event]]
at = 10
do = "power_cut"
host = "compute-1"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        verify(parse(text))
    return refused.value.problems


def scenario(more: str = "") -> Scenario:
    return verify(parse(GOOD + more))


def test_it_is_read() -> None:
    read = scenario()
    assert read.title == "A host dies"
    assert [host.capacity for host in read.host] == [1000, 4]
    assert read.event == (EventSpec(at=10.0, do="power_cut", host="compute-1"),)
    assert read.instances[0].tags == ("automatic-recovery",)


def test_parameters_may_be_numbers_and_booleans() -> None:
    read = scenario("[options]\nstorm_limit = 2\nno_shared_storage = true\n")
    assert read.options == {"storm_limit": "2", "no_shared_storage": "true"}


def test_it_is_written_so_that_it_reads_back() -> None:
    read = scenario(
        """
        [options]
        storm_limit = 2
        [pacemaker]
        level = ["other", "record_only"]
        fence_options = { power_timeout = "9" }
        [pacemaker.timing]
        election = 2.5
        [[fault]]
        where = "nova.evacuate"
        what = "lost-answer"
        times = 1
        until = 50
        [expect]
        said = ['a "quoted" \\ text', "umlaut ä"]
        [[expect.instances]]
        group = "web"
        moved = true
        [[expect.host]]
        name = "compute-1"
        enabled = false
        """
    )
    assert parse(format_scenario(read)) == read


def test_what_is_the_default_is_not_written() -> None:
    assert "capacity" not in format_scenario(replace(scenario(), host=scenario().host[:1]))


def test_what_most_scenarios_have_is_said_in_a_word() -> None:
    short = """
        title = "A host dies"
        length = 100
        hosts = 2
        [[host]]
        name = "compute-3"
        capacity = 4
        [expect]
        in_service = ["compute-1"]
        """
    read = verify(parse(short))
    assert [host.name for host in read.host] == ["compute-1", "compute-2", "compute-3"]
    (expected,) = read.expect.host
    assert (expected.name, expected.flag, expected.up) == ("compute-1", "none", True)
    assert (expected.enabled, expected.forced_down) == (True, False)
    assert parse(format_scenario(read)) == read


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hosts = -1", "hosts is how many there are, not -1"),
        ("hosts = true", "hosts is how many there are, not True"),
        ("[expect]\nin_service = 'compute-1'", "expect.in_service is a list, not 'compute-1'"),
        ("hosts = 1\n[expect]\nin_service = ['compute-9']", "'compute-9' does not exist"),
    ],
)
def test_a_word_that_means_nothing_is_refused(text: str, sentence: str) -> None:
    assert sentence in problems(f"title = 'x'\nlength = 1\n{text}")[0]


def test_the_least_that_a_scenario_is() -> None:
    assert problems("") == ["title is missing", "length is missing"]
    assert problems('title = "x"\nlength = 1') == ["there is no host: hosts = 3, or [[host]]"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense", "this is not TOML: "),
        ("hots = 3", "hots is unknown; did you mean host?"),
        ("xyzzy = 3", "xyzzy is unknown; known: title, length"),
        ("fault = 3", "fault is a list, not 3"),
        ("options = 3", "options is a table, not 3"),
        ("[timing]\nspawn = 'fast'", "timing.spawn is a number, not 'fast'"),
        ("[pacemaker]\nalert = 1", "pacemaker.alert is true or false, not 1"),
        ("[pacemaker]\naction_limit = true", "pacemaker.action_limit is a whole number, not True"),
        ("[[event]]\nat = 1", "event[2].do is missing"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, sentence: str) -> None:
    body = GOOD + text if text.startswith("[") else text + GOOD
    assert any(problem.startswith(sentence) for problem in problems(body)), problems(body)


def event(more: str) -> str:
    return f"[[event]]\nat = 20\n{more}"


def fault(more: str) -> str:
    return f'[[fault]]\nwhere = "nova"\nwhat = "down"\n{more}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[host]]\nname = 'compute-1'", "host compute-1 is there 2 times"),
        (
            "[[instances]]\nname = 'db'\nhost = 'compute-9'",
            "instances db: host 'compute-9' does not exist; did you mean compute-",
        ),
        (
            "[[instances]]\nname = 'db'\nhost = 'compute-2'\ncount = 5",
            "compute-2 has 5 instances and room for 4",
        ),
        ("[[instances]]\nname = 'db'\nhost = 'compute-2'\ncount = 0", "count is 0: at least 1"),
        (
            "[[instances]]\nname = 'db'\nhost = 'compute-2'\nserver_group = 'g'",
            "server_group 'g' does not exist; there is none",
        ),
        (
            "[[instances]]\nname = 'db'\nhost = 'compute-2'\nimage = 'i'",
            "image 'i' does not exist; there is none",
        ),
        (
            "[[server_group]]\nname = 'g'\npolicy = 'near'",
            "policy of g is 'near': one of affinity",
        ),
        (event("do = 'power_cutt'\nhost = 'compute-1'"), "did you mean power_cut?"),
        (event("do = 'power_cut'\nhost = 'compute-7'"), "host 'compute-7' does not exist"),
        (event("do = 'power_cut'"), "event 2 (power_cut): host is missing"),
        (event("do = 'lose_dc'\nhost = 'compute-1'"), "event 2 (lose_dc): host says nothing here"),
        (event("do = 'operator'\nhost = 'compute-1'"), "neither enabled nor forced_down is given"),
        (event("do = 'delete_instances'\ninstances = 'db'"), "instances 'db' does not exist"),
        (event("do = 'kill_controller'\ncontroller = 'ctl9'"), "controller 'ctl9' does not exist"),
        (event("do = 'start_controller'\ncontroller = 'ctl1'"), "ctl1 is up already"),
        (
            event("do = 'stop_cluster'") + "\n[[event]]\nat=30\ndo='kill_controller'\n"
            "controller='ctl1'",
            "ctl1 is down already",
        ),
        (event("do = 'start_cluster'"), "it is up already"),
        ("[[event]]\nat = -1\ndo = 'lose_dc'", "at -1 is not within 0 to 100"),
        ("[[event]]\nat = 101\ndo = 'lose_dc'", "at 101 is not within 0 to 100"),
        ("[[fault]]\nwhere = 'novva'\nwhat = 'down'", "nothing can fail at 'novva'"),
        ("[[fault]]\nwhere = 'nova'\nwhat = 'dwon'", "nova cannot be 'dwon'"),
        (fault("host = 'compute-9'"), "host 'compute-9' does not exist"),
        (fault("times = 0"), "it would never strike"),
        (fault("since = 200"), "since 200 is not within 0 to 100"),
        (fault("since = 50\nuntil = 40"), "it ends at 40, not after it begins at 50"),
        ("[options]\nstorm_limits = 1", "did you mean storm_limit?"),
        ("[options]\nstorm_limit = 'many'", "parameter storm_limit: 'many' is wrong"),
        ("[pacemaker]\naction = 'reset'", "pacemaker.action is 'reset': one of reboot, off"),
        ("[pacemaker]\nlevel = []", "pacemaker.level is empty"),
        ("[pacemaker]\nlevel = ['ipmi']", "pacemaker.level is 'ipmi': one of"),
        ("[pacemaker]\naction_limit = 0", "nothing could be fenced; -1 is any number"),
        ("[pacemaker]\ncontrollers = []", "somebody has to decide"),
        ("[pacemaker]\ncontrollers = ['a', 'a']", "controller a is there 2 times"),
        (
            "[pacemaker]\nfence_options = { power_timeout = -1 }",
            "power_timeout=-1 is not possible",
        ),
        ("[timing]\nboot = -1", "timing.boot is negative"),
        ("[pacemaker.timing]\njoin = -1", "pacemaker.timing.join is negative"),
        ("[[expect.instances]]\ngroup = 'db'", "expect.instances db 'db' does not exist"),
        ("[[expect.instances]]\ngroup = 'web'\non = ['x']", "on 'x' does not exist"),
        (
            "[[expect.instances]]\ngroup = 'web'\nstays = true\nmoved = true",
            "cannot stay and move",
        ),
        ("[[expect.host]]\nname = 'compute-1'\nflag = 'up'", "one of none, needed, claimed, done"),
        ("[[expect.host]]\nname = 'compute-9'", "'compute-9' does not exist"),
        ("[expect]\nproblem = 'x'\nno_problem = true", "problem and no_problem cannot both be"),
    ],
)
def test_what_cannot_happen_is_told(text: str, sentence: str) -> None:
    told = problems(GOOD + text)
    assert any(sentence in problem for problem in told), told


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(problems(GOOD + "[timing]\nboot = -1\nspawn = -1")) == 2


def test_a_length_that_is_none() -> None:
    assert "a scenario takes time" in problems(GOOD.replace("100", "0"))[0]


def test_events_need_and_may_have_what_an_event_has() -> None:
    taken = {name for kind in EVENTS.values() for name in kind.needs | kind.may | kind.one_of}
    assert taken == FIELDS
    assert {one.name for one in fields(EventSpec)} - {"at", "do"} == FIELDS


def test_a_folder_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(GOOD)
    assert load(tmp_path) == load(tmp_path / "scenario.toml") == scenario()
