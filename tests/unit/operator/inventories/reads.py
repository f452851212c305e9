"""From the text of an inventory to its compute hosts, as ``vmha generate`` goes."""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.backends.desk.deployment_file import parse_yaml
from vmha_ocf.operator.inventories.choose import Chosen, Wishes, choose
from vmha_ocf.operator.inventories.deployment import DeployedHost, deployed
from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.naming import named
from vmha_ocf.operator.inventories.reading import read_machines

PATH = "hosts.file"


def machines_of(text: str) -> Sequence[Machine]:
    return read_machines(text, PATH, parse_yaml).machines


def chosen_of(text: str, wishes: Wishes | None = None) -> Chosen:
    return choose(machines_of(text), wishes or Wishes(), PATH)


def hosts_of(
    text: str, *, pattern: str = "", domain: str = "", **drivers: str
) -> Sequence[DeployedHost]:
    chosen = chosen_of(text).hosts
    machines = named([one.machine for one in chosen], pattern, domain, PATH)
    return deployed(machines, [one.why for one in chosen], drivers, PATH)
