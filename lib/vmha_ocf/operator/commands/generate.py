"""``vmha generate INVENTORY``: from hosts and their BMCs to the pcs script and fence_compute's file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable

from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.answer import Answer, Level
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.deployment import read_deployment
from vmha_ocf.operator.script import INVENTORY, Choices, format_inventory, format_script

ReadFile = Callable[[str], object]
"""YAML or JSON as Python's values. Raises LocalParameterError."""
WriteSecret = Callable[[str, str], None]
"""A new file that its owner alone can read. Raises LocalParameterError."""


def command(read: ReadFile, write: WriteSecret) -> Command:
    def run(args: Namespace, connect: Connect) -> Answer:  # noqa: ARG001 - no cluster is asked
        deployment = read_deployment(read(args.inventory), args.inventory)
        choices = Choices(
            written=args.secrets,
            inventory=args.inventory_path,
            cloud=args.cloud,
            clouds_file=args.clouds_file,
            remotes=not args.without_remotes,
            evacuate=args.evacuate,
            compute=args.compute,
        )
        script, secrets = format_script(deployment, choices), format_inventory(deployment)
        parse_inventory(
            secrets, args.inventory, ""
        )  # as fence_compute will read it, before it is written
        write(args.secrets, secrets)
        hosts = [str(one.node) for one in deployment.hosts]
        return Answer(
            Level.OK,
            f"{len(hosts)} compute hosts; their BMCs' secrets are in {args.secrets} (mode 600)",
            ["the script has none, and is on standard output: read it before you run it"],
            data={"hosts": hosts, "secrets": args.secrets, "script": script},
            text=script,
        )

    return Command(
        "generate",
        "From an inventory of hosts and BMCs to the pcs script",
        run,
        _configure,
        "The inventory is YAML (see docs/vmha.rst), TripleO's instackenv.json, or Ironic's. The script "
        "goes to standard output, the BMCs' secrets to a new file that its owner alone can read.",
    )


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("inventory", metavar="INVENTORY", help="the hosts and their BMCs")
    parser.add_argument(
        "--secrets",
        metavar="FILE",
        default="inventory.ini",
        help="fence_compute's inventory, to be written (default: %(default)s)",
    )
    parser.add_argument(
        "--inventory-path",
        metavar="PATH",
        default=INVENTORY,
        help="where every controller will have it (default: %(default)s)",
    )
    parser.add_argument("--cloud", default="vmha", help="of clouds.yaml (default: %(default)s)")
    parser.add_argument(
        "--clouds-file",
        metavar="PATH",
        default="/etc/vmha/clouds.yaml",
        help="on every controller (default: %(default)s)",
    )
    parser.add_argument(
        "--without-remotes",
        action="store_true",
        help="the hosts are remote nodes of the cluster already",
    )
    for name, agent in (("--evacuate", "NovaEvacuate"), ("--compute", "NovaCompute")):
        parser.add_argument(
            name,
            metavar="NAME=VALUE",
            type=_parameter,
            action="append",
            default=[],
            help=f"one more parameter of {agent}; may be repeated",
        )


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not (equals and name.isidentifier()):
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return text
