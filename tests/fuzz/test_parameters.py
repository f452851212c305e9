"""What an operator, pcs or Pacemaker hands over: parameters, standard input, the environment."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, each_piece, texts
from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.ocf import Agent, Call
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.openstack.credentials import credentials_from, parse_auth_url
from vmha_ocf.errors import ParameterError, VmhaError
from vmha_ocf.fencing import bmc_access
from vmha_ocf.fencing.options import OPTIONS, read_stdin
from vmha_ocf.fencing.request import read_request
from vmha_ocf.programs import nova_compute, nova_evacuate
from vmha_ocf.worker.options import worker_options

AGENTS = (nova_evacuate.AGENT, nova_compute.AGENT)
NAMES = {parameter.name for agent in AGENTS for parameter in agent.parameters}
META = ("OCF_RESKEY_CRM_meta_interval", "OCF_RESKEY_CRM_meta_timeout", "OCF_CHECK_LEVEL")
environments = st.dictionaries(
    st.sampled_from([*META, *(f"OCF_RESKEY_{name}" for name in sorted(NAMES))]),
    any_texts().map(lambda text: text.replace("\x00", "")),
)
fence_options = st.dictionaries(
    st.sampled_from(
        [option.name for option in OPTIONS] + ["ip", "ipport", "username", "password"]
    ),
    any_texts(),
)


@pytest.mark.parametrize(
    "parse",
    [
        parse_boolean,
        parse_auth_url,
        bmc_access.parse_kg,
        bmc_access.parse_port,
        bmc_access.parse_privilege,
        bmc_access.parse_suite,
        probe.words,
    ],
)
@each_piece
@given(text=any_texts())
def test_a_value_is_read_or_refused(parse: object, text: str) -> None:
    assert callable(parse)
    with suppress(ParameterError):
        parse(text)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
@given(env=environments)
def test_an_agent_says_what_is_wrong_in_one_printable_line(
    agent: Agent, env: Mapping[str, str]
) -> None:
    said = io.StringIO()
    with redirect_stderr(said):
        code = agent.run(["validate-all"], env)
    assert code in (0, 2, 5, 6), said.getvalue()
    lines = said.getvalue().split("\n")
    assert lines == [""] if code == 0 else len(lines) == 2
    assert lines[0].isprintable()
    assert len(lines[0]) <= 700


@given(env=environments)
def test_what_surrounds_a_call_is_read_whatever_it_says(env: Mapping[str, str]) -> None:
    agent = nova_evacuate.AGENT
    call = Call(agent, agent.actions[2], env)
    assert isinstance(call.probe, bool)
    assert call.timeout > 0
    assert isinstance(call.depth, int)


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), any_texts()))
def test_credentials_are_complete_or_refused(values: Mapping[str, str]) -> None:
    with suppress(VmhaError):
        credentials_from(values)


@given(environments)
def test_what_was_validated_can_be_worked_with(env: Mapping[str, str]) -> None:
    agent = nova_evacuate.AGENT
    call = Call(agent, agent.actions[0], env)
    with suppress(ParameterError):
        call.validate()
        worker_options({each.name: call.text(each.name) for each in agent.parameters})


@given(fence_options)
def test_a_fence_request_is_read_or_refused(options: Mapping[str, str]) -> None:
    with suppress(VmhaError):
        read_request({"action": "off", **options})


@each_piece
@given(text=any_texts())
def test_what_is_left_out_of_standard_input_is_told_without_its_value(text: str) -> None:
    secret = "swordfish"
    given = read_stdin(f"pasword={secret}{text}\n{text}\npassword{secret}", {"plug"}, set())
    assert all(secret not in told and told.isprintable() for told in given.ignored)
    assert all(line.startswith("plug=") for line in given.lines.split("\n")[:-1])


@given(texts().filter(lambda text: "\n" not in text and text.strip() == text))
def test_a_password_arrives_as_it_was_sent(password: str) -> None:
    given = read_stdin(f"password={password}\nplug=compute-1\n", {"password", "plug"}, set())
    assert given.lines == f"password={password}\nplug=compute-1\n"
    assert given.ignored == ()


def test_this_python_reads_no_endless_numbers() -> None:
    """Some of the above tests nothing where int() takes any length."""
    assert 0 < sys.get_int_max_str_digits() < 5000
