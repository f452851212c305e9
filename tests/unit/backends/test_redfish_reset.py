"""Which action of a BMC switches a system, and that no neighbour goes with it."""

from __future__ import annotations

import pytest

from vmha_ocf.backends.bmc.redfish_reset import Document, NoAction, Way, way

PATH = "/redfish/v1/Systems/1"
OWN = "#ComputerSystem.Reset"


def system(*allowed: str, **links: object) -> Document:
    action = {"target": "here", "ResetType@Redfish.AllowableValues": list(allowed)}
    return {"Actions": {OWN: action}, "Links": links}


def nothing(path: str) -> Document:
    raise AssertionError(f"{path} was asked for")


@pytest.mark.parametrize(
    ("allowed", "wanted", "value"),
    [
        (["ForceOff", "On"], "off", "ForceOff"),
        (["ForceOn", "ForceOff"], "on", "ForceOn"),
        (["ForceOn", "On"], "on", "On"),
        ([], "off", "ForceOff"),
    ],
)
def test_its_own_action_comes_first(allowed: list[str], wanted: str, value: str) -> None:
    chassis = [{"@odata.id": "/c"}]
    found = way(PATH, system(*allowed, Chassis=chassis), wanted, nothing)
    assert found == Way(PATH, "here", value)


def test_what_it_would_take_is_told_where_nothing_helps() -> None:
    assert way(PATH, system("On", "Nmi"), "off", nothing) == ("On", "Nmi")


@pytest.mark.parametrize("actions", [None, {}, {OWN: None}, {OWN: {"ResetType": "x"}}])
def test_a_system_without_an_action_is_told_as_that(actions: object) -> None:
    with pytest.raises(NoAction, match=OWN):
        way(PATH, {"Actions": actions}, "off", nothing)


def test_the_second_chassis_may_be_the_one() -> None:
    offered = {"target": "there", "ResetType@Redfish.AllowableValues": ["ForceOff"]}
    shown: dict[str, Document] = {
        "/rack": {"Links": None},
        "/c": {
            "Links": {"ComputerSystems": [{"@odata.id": PATH}]},
            "Actions": {"#Chassis.Reset": offered},
        },
    }
    links = [{"@odata.id": each} for each in shown]
    found = way(PATH, system("GracefulShutdown", Chassis=links), "off", lambda path: shown[path])
    assert found == Way("/c", "there", "ForceOff")
