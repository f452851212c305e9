"""Options and readings that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence

from vmha_ocf.cluster.configuration import OUR_FENCING, Configuration
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.request import Target
from vmha_ocf.fencing.topology import domain_of
from vmha_ocf.operator.site import Machine


def add_resource(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--resource",
        metavar="NAME",
        default="",
        help="the NovaEvacuate resource to take parameters from (default: the only one)",
    )


def whole(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("--all", action="store_true", help=what)


def inventories_of(
    configuration: Configuration, machine: Machine
) -> Mapping[str, Sequence[Target]]:
    """The hosts of each of our devices that has an inventory file. Raises LocalParameterError."""
    files = files_of(configuration, machine)
    return {device: inventory.targets for device, inventory in files.items()}


def files_of(configuration: Configuration, machine: Machine) -> Mapping[str, Inventory]:
    """The same, as they were read."""
    found = {}
    for device in configuration.of_kind(OUR_FENCING):
        path = device.parameters.get("inventory", "")
        if path:
            found[device.name] = machine.read_inventory(path, domain_of(device))
    return found
