"""The OCF contract that all agents share: dispatch, validation, reasons, the error boundary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from tests.ocf_metadata import format_metadata
from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.agent.parameter import boolean, choice, ignored, integer, string
from vmha_ocf.agent.printable import one_line
from vmha_ocf.errors import LocalParameterError, NovaDenied, ParameterError, Unavailable

SECRET = "hunter'2"


def fine(call: Call) -> int:
    return 0


def no_answer(call: Call) -> int:
    raise Unavailable("nobody answers", hint="ask again")


def denied(call: Call) -> int:
    raise NovaDenied(f"the password {call.raw('password')} is wrong")


def buggy(call: Call) -> int:
    raise KeyError(call.raw("password"))


def wrong_here(call: Call) -> int:
    raise LocalParameterError("no such file")


def example(*actions: Action, source: str = __file__) -> Agent:
    return Agent(
        "Example",
        "An example",
        "It shows.",
        source=source,
        parameters=(
            string("auth_url", "Where Keystone is", required=True, example="https://k:5000/v3"),
            string("password", "The password", secret=True, accepts=str.islower, allowed="lower"),
            integer("delay", "A delay", least=0, most=600, unit="seconds", default="5"),
            boolean("insecure", "Trust anybody", default="false"),
            choice("untagged", "What to do", words=("auto", "all", "none"), default="auto"),
            ignored("tenant_name", "nothing is asked of Keystone"),
        ),
        actions=actions or (Action("start", fine, timeout=20),),
    )


def call(action: str = "monitor", **env: str) -> Call:
    return Call(example(), Action(action, fine, timeout=20), env)


GOOD = {"OCF_RESKEY_auth_url": "https://keystone:5000/v3"}


# ---- dispatch


def test_an_unknown_action_is_unimplemented(capsys: pytest.CaptureFixture[str]) -> None:
    assert example().run(["promote"], {}) == 3
    assert example().run([], {}) == 3
    assert "usage: Example start|meta-data" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["usage", "help", "--help", "-h"])
def test_who_asks_for_help_gets_it(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert example().run([word], {}) == 0
    assert "pcs resource describe ocf:openstack:Example" in capsys.readouterr().out


def test_more_arguments_are_ignored() -> None:
    assert example().run(["start", "now"], GOOD) == 0


def test_metadata_is_the_file_beside_the_module(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "example.xml").write_text("<resource-agent/>\n")
    agent = example(source=str(tmp_path / "example.py"))
    assert agent.run(["meta-data"], {}) == 0
    assert capsys.readouterr().out == "<resource-agent/>\n"


def test_a_missing_metadata_file_is_an_installation_that_is_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example(source=str(tmp_path / "example.py")).run(["meta-data"], {}) == 5
    assert "install vmha-ocf again" in capsys.readouterr().err


def test_the_metadata_has_the_times_of_every_action() -> None:
    agent = example(Action("monitor", fine, timeout=20, interval=10))
    actions = etree.fromstring(format_metadata(agent)).iter("action")
    times = {one.get("name"): (one.get("timeout"), one.get("interval")) for one in actions}
    assert times == {"monitor": ("20s", "10s"), "meta-data": ("5s", None)}


# ---- what Pacemaker says about a call


@pytest.mark.parametrize(
    ("interval", "probe"), [(None, True), ("", True), ("0", True), ("10000", False)]
)
def test_a_monitor_without_an_interval_is_a_probe(interval: str | None, probe: bool) -> None:
    env = {} if interval is None else {"OCF_RESKEY_CRM_meta_interval": interval}
    assert call("monitor", **env).probe is probe
    assert not call("start", **env).probe


def test_the_timeout_is_pacemakers_or_else_the_tables() -> None:
    assert call(OCF_RESKEY_CRM_meta_timeout="1500").timeout == 1.5
    assert call(OCF_RESKEY_CRM_meta_timeout="0").timeout == 20
    assert call(OCF_RESKEY_CRM_meta_timeout="20s").timeout == 20
    assert call().timeout == 20


def test_the_check_level_is_zero_unless_it_is_a_number() -> None:
    assert call(OCF_CHECK_LEVEL="10").depth == 10
    assert call(OCF_CHECK_LEVEL="deep").depth == 0


# ---- parameters


def test_an_empty_value_is_the_default() -> None:
    assert call(OCF_RESKEY_delay=" ").integer("delay") == 5
    assert call(OCF_RESKEY_untagged="").text("untagged") == "auto"
    assert call().boolean("insecure") is False


@pytest.mark.parametrize(("text", "truth"), [("0", False), ("Yes", True), ("off", False)])
def test_a_boolean_means_what_it_says(text: str, truth: bool) -> None:
    assert call(OCF_RESKEY_insecure=text).boolean("insecure") is truth


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "delay",
            "soon",
            "parameter delay: 'soon' is wrong, it must be a whole number of seconds from 0 to 600",
        ),
        ("delay", "601", "'601' is wrong"),
        ("delay", "-1", "'-1' is wrong"),
        ("delay", "٣", "'٣' is wrong"),
        ("delay", "1_0", "'1_0' is wrong"),
        (
            "insecure",
            "maybe",
            "'maybe' is wrong, it must be yes or no (also true or false, on or off, 1 or 0) "
            "(for example insecure=true)",
        ),
        ("untagged", "some", "must be one of auto, all, none (for example untagged=auto)"),
        ("auth_url", "", "parameter auth_url is missing (for example auth_url=https://k:5000/v3)"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(
    name: str, value: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example().run(["start"], GOOD | {f"OCF_RESKEY_{name}": value}) == 6
    told = capsys.readouterr().err
    assert told.startswith("ocf-exit-reason:")
    assert sentence in told


def test_everything_that_is_wrong_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    env = {"OCF_RESKEY_delay": "x", "OCF_RESKEY_untagged": "y"}
    assert example().run(["start"], env) == 6
    told = capsys.readouterr().err
    assert all(word in told for word in ("auth_url", "delay", "untagged"))
    assert told.count("\n") == 1


def test_an_ignored_parameter_is_never_wrong() -> None:
    assert example().run(["start"], GOOD | {"OCF_RESKEY_tenant_name": "\x00;"}) == 0


def test_a_parameter_that_is_not_in_the_table_is_a_bug() -> None:
    with pytest.raises(LookupError):
        call().text("delya")


# ---- who validates


@pytest.mark.parametrize("action", ["stop", "monitor"])
def test_stop_and_monitor_never_validate(action: str) -> None:
    agent = example(Action(action, fine, timeout=20))
    assert agent.run([action], {"OCF_RESKEY_delay": "broken"}) == 0


def test_validate_all_validates_without_a_handler_of_its_own() -> None:
    agent = example(Action("validate-all", timeout=20))
    assert agent.run(["validate-all"], {}) == 6
    assert agent.run(["validate-all"], GOOD) == 0


@pytest.mark.parametrize("interval", ["0", "10000"])
def test_a_probe_never_bans_the_resource_everywhere(interval: str) -> None:
    def wrong(call: Call) -> int:
        raise ParameterError("wrong")

    for handler, recurring in ((wrong, 6), (wrong_here, 2)):
        agent = example(Action("monitor", handler, timeout=20))
        expected = 5 if interval == "0" else recurring
        assert agent.run(["monitor"], {"OCF_RESKEY_CRM_meta_interval": interval}) == expected


# ---- the error boundary


def test_an_error_of_ours_is_its_code_its_sentence_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert example(Action("stop", no_answer, timeout=20)).run(["stop"], {}) == 1
    assert capsys.readouterr().err == "ocf-exit-reason:nobody answers (ask again)\n"


def test_no_secret_is_in_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    agent = example(Action("stop", denied, timeout=20))
    assert agent.run(["stop"], {"OCF_RESKEY_password": SECRET}) == 1
    assert "the password *** is wrong" in capsys.readouterr().err
    assert example().run(["start"], GOOD | {"OCF_RESKEY_password": "SECRET"}) == 6
    assert "SECRET" not in capsys.readouterr().err


def test_a_bug_asks_to_be_reported_and_leaves_a_traceback_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    agent = example(Action("monitor", buggy, timeout=20))
    assert agent.run(["monitor"], {"OCF_RESKEY_password": SECRET}) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert re.search(r"^  File .*, in buggy$", told, re.MULTILINE)
    assert "ocf-exit-reason:this is a bug in Example, please report it" in told
    assert "KeyError in monitor" in told
    assert SECRET not in told
    assert "KeyError" in told


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a b"), ("a\x1b[31m\x00b", "a [31m b"), ("  ü  ", "ü"), ("a\u2028b", "a b")],
)
def test_a_reason_is_one_printable_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_reason_is_short_enough_for_pacemaker(capsys: pytest.CaptureFixture[str]) -> None:
    call().explain("a" * 5000)
    assert len(capsys.readouterr().err) == len("ocf-exit-reason:") + 600 + len("\n")


def test_a_secret_is_hidden_as_an_error_would_show_it() -> None:
    secret = "back\\slash"
    told = call(OCF_RESKEY_password=secret).redact(f"{secret} or {secret!r}")
    assert told == "*** or '***'"


def test_a_reason_cannot_forge_another(capsys: pytest.CaptureFixture[str]) -> None:
    call().explain("x\nocf-exit-reason:all is well")
    assert capsys.readouterr().err == "ocf-exit-reason:x all is well\n"


# ---- what Pacemaker tells an agent


def test_the_node_and_the_resource_are_the_ones_that_pacemaker_names() -> None:
    told = call(OCF_RESKEY_CRM_meta_on_node="compute-1", OCF_RESOURCE_INSTANCE="compute:0")
    assert (told.node, told.resource) == ("compute-1", "compute:0")


def test_without_pacemaker_there_is_no_node_and_the_agent_names_itself() -> None:
    assert (call().node, call().resource) == ("", "Example")


def test_parameters_are_what_was_given_or_their_default() -> None:
    assert (call().integer("delay"), call().boolean("insecure")) == (5, False)
    given = call(OCF_RESKEY_delay=" 60 ", OCF_RESKEY_insecure="Yes")
    assert (given.integer("delay"), given.boolean("insecure")) == (60, True)
    with pytest.raises(ParameterError):
        call(OCF_RESKEY_delay="601").integer("delay")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ParameterError) as raised:
        call(OCF_RESKEY_delay="x", OCF_RESKEY_untagged="y").validate()
    missing, delay, untagged = raised.value.message.split("; ")
    assert missing.startswith("parameter auth_url is missing")
    assert delay.startswith("parameter delay: 'x' is wrong")
    assert untagged.startswith("parameter untagged: 'y' is wrong")


def test_a_parameter_that_is_in_no_table_is_a_mistake_of_ours() -> None:
    with pytest.raises(LookupError, match="Example declares no parameter colour"):
        call().text("colour")
