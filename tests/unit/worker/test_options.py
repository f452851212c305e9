from __future__ import annotations

import pytest

from vmha_ocf.agent.settings import Caps, Marks, Settings, Untagged
from vmha_ocf.programs.nova_evacuate import AGENT
from vmha_ocf.worker.options import worker_options

DEFAULTS = {one.name: one.default for one in AGENT.parameters}


def settings(**values: str) -> Settings:
    return worker_options({**DEFAULTS, **values}).settings


def test_the_agents_defaults_are_those_of_the_policy() -> None:
    assert settings() == Settings()


def test_what_is_said_is_taken() -> None:
    options = worker_options({**DEFAULTS, "domain": "example.com", "verbose": "on"})
    assert (options.domain, options.verbose, options.request_timeout) == ("example.com", True, 30)
    assert settings(untagged="none").untagged is Untagged.NONE
    assert not settings(unevacuable_states="report").recover_states
    assert settings(storm_limit="0").storm_limit == 0
    caps = settings(max_in_flight="3", max_per_host="2", max_per_destination="1").caps
    assert (caps.total, caps.per_host, caps.per_destination) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "is_good"), [("/etc/vmha/notify", True), ("notify", False), ("/etc/\0", False)]
)
def test_a_program_to_notify_has_a_whole_path(text: str, is_good: bool) -> None:
    (parameter,) = (one for one in AGENT.parameters if one.name == "notify_command")
    assert (parameter.problem(text) is None) == is_good


@pytest.mark.parametrize(
    ("text", "names"),
    [("a", ("a",)), ("a,b b  c,", ("a", "b", "c")), ("none", ()), ("none,a", ("none", "a"))],
)
def test_a_list_of_names(text: str, names: tuple[str, ...]) -> None:
    assert settings(server_tags=text).marks == Marks(server_tags=names)


@pytest.mark.parametrize(
    ("not_shared", "rebuild", "allowed"),
    [("0", "0", True), ("false", "yes", True), ("1", "0", False), ("true", "true", True)],
)
def test_storage_not_shared(not_shared: str, rebuild: str, allowed: bool) -> None:
    chosen = settings(no_shared_storage=not_shared, rebuild_from_image=rebuild)
    assert chosen.rebuild_from_image is allowed
    assert chosen.new_disks is (not_shared in ("1", "true"))


@pytest.mark.parametrize(("timeout", "settle"), [("2", 60.0), ("30", 60.0), ("600", 600.0)])
def test_impatience_does_not_make_nova_faster(timeout: str, settle: float) -> None:
    assert settings(request_timeout=timeout).settle == settle


@pytest.mark.parametrize(("said", "settle"), [("120", 120.0), ("45", 45.0), ("5", 30.0)])
def test_settle_is_what_was_said_unless_one_answer_may_take_longer(
    said: str, settle: float
) -> None:
    assert settings(settle=said, request_timeout="30").settle == settle


def test_every_parameter_is_taken() -> None:
    options = worker_options(
        {
            **DEFAULTS,
            "server_tags": "t",
            "metadata_keys": "m",
            "flavor_keys": "f",
            "image_keys": "i",
            "untagged": "all",
            "unevacuable_states": "report",
            "no_shared_storage": "yes",
            "max_in_flight": "7",
            "max_per_host": "6",
            "max_per_destination": "5",
            "storm_limit": "4",
            "evacuate_delay": "9",
            "settle": "70",
            "priority_key": "p",
            "group_key": "g",
            "request_timeout": "8",
            "domain": "example.com",
            "log_file": "/var/log/ha.log",
            "verbose": "1",
            "notify_url": " https://alerts.example.com/token ",
            "notify_command": "/usr/bin/tell",
            "ca_file": "/etc/ssl/ca.pem",
            "listen": "127.0.0.1:9179",
        }
    )
    assert options.settings == Settings(
        marks=Marks(("t",), ("m",), ("f",), ("i",)),
        untagged=Untagged.ALL,
        recover_states=False,
        rebuild_from_image=False,
        new_disks=True,
        caps=Caps(7, 6, 5),
        storm_limit=4,
        evacuate_delay=9.0,
        settle=70.0,
        priority_key="p",
        group_key="g",
    )
    assert (options.request_timeout, options.domain) == (8.0, "example.com")
    assert (options.log_file, options.verbose) == ("/var/log/ha.log", True)
    assert options.notify_url == "https://alerts.example.com/token"
    assert (options.notify_command, options.ca_file) == ("/usr/bin/tell", "/etc/ssl/ca.pem")
    assert options.listen == ("127.0.0.1", 9179)


def test_nobody_listens_or_is_told_unless_it_is_said() -> None:
    options = worker_options(DEFAULTS)
    assert (options.notify_url, options.notify_command, options.listen) == ("", "", None)
