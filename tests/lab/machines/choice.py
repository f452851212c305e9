"""HOSTS=systemd, as an option of what plays on the lab."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from tests.lab.configuration import Plan
from tests.lab.layout import Role
from tests.lab.machines import image

_LAB, _SYSTEMD = "lab", "systemd"


def add_hosts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hosts",
        choices=(_LAB, _SYSTEMD),
        default=_LAB,
        help="compute hosts whose process 1 is the lab's own (the default), or systemd, on a Debian "
        "of their own with our packages",
    )


def planned(words: argparse.Namespace, plan: Plan, tell: Callable[[str], None]) -> Plan:
    """The plan with such hosts. Raises LabError where this machine cannot have them."""
    if words.hosts == _LAB:
        return plan
    return on_systemd(plan, tell, libvirt=words.guests != "processes")


def on_systemd(plan: Plan, tell: Callable[[str], None], *, libvirt: bool = False) -> Plan:
    """Its compute hosts have such a Debian. Raises LabError."""
    tell("the hosts' Debian with our packages (made once for these sources)")
    roots = {**plan.roots, Role.COMPUTE: image.layers(libvirt=libvirt)}
    return replace(plan, roots=roots, systemd=frozenset({Role.COMPUTE}))
