"""``vmha generate INVENTORY``: from hosts and their BMCs to the pcs script and fence_compute's file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence

from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.answer import Answer, Level, Table
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.inventories.choose import Wishes, choose
from vmha_ocf.operator.inventories.deployment import Deployment, deployed
from vmha_ocf.operator.inventories.details import completed
from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.naming import check_pattern, named
from vmha_ocf.operator.inventories.ours import common_bmc, read_each
from vmha_ocf.operator.inventories.reading import ParseYaml, read_machines, read_tree
from vmha_ocf.operator.inventories.tree import mapping
from vmha_ocf.operator.script import INVENTORY, Choices, format_inventory, format_script

ReadText = Callable[[str], str]
"""A file's text. Raises LocalParameterError."""
WriteSecret = Callable[[str, str], None]
"""A new file that its owner alone can read. Raises LocalParameterError."""


def command(read: ReadText, parse_yaml: ParseYaml, write: WriteSecret) -> Command:
    def run(args: Namespace, connect: Connect) -> Answer:  # noqa: ARG001 - no cluster is asked
        deployment = _deployment(args, read, parse_yaml)
        script = format_script(deployment, _choices(args))
        secrets = format_inventory(deployment)
        _refuse_unreadable(secrets, args.inventory)
        write(args.secrets, secrets)
        return _answer(deployment, args.secrets, script)

    return Command(
        "generate",
        "From an inventory of hosts and BMCs to the pcs script",
        run,
        _configure,
        "The inventory is YAML (see docs/vmha.rst), TripleO's instackenv.json, Ironic's, bifrost's or "
        "MAAS' JSON, an inventory of Ansible, or CSV; - is standard input. The script goes to "
        "standard output, the BMCs' secrets to a new file that its owner alone can read, and which hosts "
        "were taken, and why, to standard error.",
    )


def _refuse_unreadable(secrets: str, path: str) -> None:
    """As fence_compute will read it, before it is written: one BMC under two names, names that cross."""
    try:
        parse_inventory(secrets, path, "")
    except LocalParameterError as error:
        hint = error.hint if "rename" in error.hint else f"correct {path}"
        raise LocalParameterError(error.message, hint=hint) from None


def _deployment(args: Namespace, read: ReadText, parse_yaml: ParseYaml) -> Deployment:
    """Nothing is written before this is over."""
    path = args.inventory
    found = read_machines(read(path), path, parse_yaml)
    machines: Sequence[Machine] = found.machines
    if args.details:
        tree = read_tree(read(args.details), args.details, parse_yaml)
        told = mapping(tree, args.details, "the file")
        details = list(read_each({"hosts": [], **told}, args.details))
        common = common_bmc(told, args.details)
        machines = completed(machines, common, details, (path, args.details))
    wishes = Wishes(args.hosts, args.excepted, args.profile)
    chosen = choose(machines, wishes, path)
    domain = args.domain.lstrip(".")
    names = [one.machine for one in chosen.hosts]
    hosts = deployed(
        named(names, args.nova_names or "", domain, path),
        [one.why for one in chosen.hosts],
        dict(args.driver),
        path,
    )
    left_out = [(one.machine.where, one.why) for one in chosen.left_out]
    return Deployment(hosts, left_out, found.notes)


def _choices(args: Namespace) -> Choices:
    choices = Choices(
        written=args.secrets,
        inventory=args.inventory_path,
        cloud=args.cloud,
        clouds_file=args.clouds_file,
        remotes=not args.without_remotes,
        evacuate=args.evacuate,
        compute=args.compute,
        instances=args.instances,
    )
    for text in (choices.written, choices.inventory, choices.cloud, choices.clouds_file):
        if not text.isprintable() or not text:
            raise ParameterError(
                f"{text!r} cannot stand in a script", hint="name a file without line ends"
            )
    return choices


def _answer(deployment: Deployment, secrets: str, script: str) -> Answer:
    hosts, left_out = deployment.hosts, deployment.left_out
    count = f"{len(hosts)} compute host{'s' if len(hosts) != 1 else ''}"
    rest = f", {len(left_out)} left out" if left_out else ""
    taken = [(one.node, one.host, one.address, str(one.bmc), one.why) for one in hosts]
    columns = ("node", "host in Nova", "address", "BMC", "why")
    tables = [Table("Compute hosts", columns, taken)]
    if left_out:
        tables.append(Table("Left out", ("name", "why"), left_out))
    return Answer(
        Level.OK,
        f"{count}{rest}; their BMCs' secrets are in {secrets} (mode 600)",
        [
            "the script has none, and is on standard output: read it before you run it",
            *deployment.notes,
        ],
        tables,
        data={
            "hosts": [str(one.node) for one in hosts],
            "compute_hosts": [dict(zip(_KEYS, row, strict=True)) for row in taken],
            "left_out": [{"name": name, "why": why} for name, why in left_out],
            "secrets": secrets,
            "script": script,
        },
        text=script,
    )


_KEYS = ("node", "host", "address", "bmc", "why")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("inventory", metavar="INVENTORY", help="the hosts and their BMCs")
    _configure_reading(parser)
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
    parser.add_argument(
        "--instances",
        action="store_true",
        help="NovaInstances, too: which instances are down on a host that lives",
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


def _configure_reading(parser: ArgumentParser) -> None:
    several = (
        ("--hosts", "hosts", "PATTERN", "these are the compute hosts, and no others"),
        ("--except", "excepted", "PATTERN", "these are none"),
        ("--profile", "profile", "NAME", "this profile is one of compute hosts"),
    )
    for option, name, shown, text in several:
        parser.add_argument(
            option,
            dest=name,
            metavar=shown,
            action="append",
            default=[],
            help=f"{text}; may be repeated",
        )
    parser.add_argument(
        "--driver",
        metavar="NAME=PROTOCOL",
        type=_driver,
        action="append",
        default=[],
        help="BMCs of this driver speak ipmi, or redfish, too; may be repeated",
    )
    parser.add_argument(
        "--details",
        metavar="FILE",
        default="",
        help="what INVENTORY does not know: passwords, addresses, names in Nova (see docs/vmha.rst)",
    )
    parser.add_argument(
        "--nova-names",
        metavar="PATTERN",
        type=_pattern,
        help="names in Nova, such as overcloud-novacompute-%%index%%.localdomain",
    )
    parser.add_argument("--domain", default="", help="of the names in Nova")


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not (equals and name.isidentifier()):
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return text


def _driver(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value in ("ipmi", "redfish")):
        raise ArgumentTypeError(f"{text!r} is neither NAME=ipmi nor NAME=redfish")
    return name, value


def _pattern(text: str) -> str:
    try:
        return check_pattern(text)
    except ParameterError as error:
        raise ArgumentTypeError(f"{error.message}: {error.hint}") from None
