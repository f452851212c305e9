"""What a completion code leads to: an error at once, another look, or the word that it is so already."""

from __future__ import annotations

import pytest

from vmha_ocf.backends.bmc.ipmi_errors import bmc_error
from vmha_ocf.errors import BmcAlready, BmcBusy, BmcDenied, BmcRefused, BmcUnavailable, VmhaError
from vmha_ocf.fencing.bmc_access import BmcAccess

ACCESS = BmcAccess("192.0.2.7", username="admin", password="swordfish")


def told(code: int, asked: str = "set") -> VmhaError:
    return bmc_error(ACCESS, "code", str(code), asked)


@pytest.mark.parametrize("code", [0xC0, 0xC4, 0xD0, 0xD1, 0xD2, 0xD3])
@pytest.mark.parametrize("asked", ["set", "power", "service", "login"])
def test_not_now_is_asked_again(code: int, asked: str) -> None:
    error = told(code, asked)
    assert type(error) is BmcBusy
    assert f"cannot do that now: completion code {code:#04x}, " in error.message


@pytest.mark.parametrize("code", [0xC3, 0xC5, 0xCE, 0xCF, 0xFF, 0x01, 0x7E, 0x80, 0xBE])
def test_nobody_can_say_whether_it_is_done(code: int) -> None:
    error = told(code)
    assert type(error) is BmcBusy
    assert "does not say whether it did that" in error.message
    assert "power_timeout" in error.hint


@pytest.mark.parametrize("code", [0xC1, 0xC2, 0xC7, 0xC9, 0xCC, 0xD6])
def test_a_refusal_is_one(code: int) -> None:
    assert type(told(code)) is BmcRefused


def test_not_in_this_state_is_so_already_where_a_state_was_asked_for() -> None:
    assert type(told(0xD5)) is BmcAlready
    assert type(told(0xD5, "power")) is BmcBusy


@pytest.mark.parametrize(("code", "asked"), [(0xD4, "set"), (0x80, "login"), (0x81, "login")])
def test_a_level_that_is_too_low_names_the_parameter(code: int, asked: str) -> None:
    error = told(code, asked)
    assert type(error) is BmcRefused
    assert "privlvl" in error.hint


def test_silence_is_no_code() -> None:
    assert type(told(0xFFFF)) is BmcUnavailable
    assert "does not answer" in told(0xFFFF).message


@pytest.mark.parametrize(
    ("kind", "asked", "parameter"),
    [
        ("deadline", "login", "login_timeout"),
        ("deadline", "power", "shell_timeout"),
        ("busy", "login", "power_timeout"),
        ("suite", "login", "cipher"),
        ("kg", "login", "hexadecimal_kg"),
    ],
)
def test_a_hint_names_the_parameter_that_helps(kind: str, asked: str, parameter: str) -> None:
    assert parameter in bmc_error(ACCESS, kind, "10", asked).hint


def test_a_wrong_password_is_told_apart_from_other_refusals() -> None:
    assert type(bmc_error(ACCESS, "password", "")) is BmcDenied
    assert "swordfish" not in str(bmc_error(ACCESS, "password", ""))
