"""``vmha forget``: a person says that what is forced down in Nova is not ours to undo."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from vmha_ocf.errors import Refused
from vmha_ocf.model import NovaHost
from vmha_ocf.operator.answer import Answer, Level
from vmha_ocf.operator.command import Command, Connect


def run(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    host = NovaHost(args.host)
    flag = site.flags.read().get(host)
    if flag is not None and flag.pending:
        raise Refused(
            f"{host} is being evacuated: what is changed there is needed",
            hint="vmha status says how far it is; vmha hold stops it",
        )
    traces = site.traces.read()
    if flag is not None:
        site.flags.clear(host)
    elif host not in traces.of:
        others = ", ".join(sorted(traces.of)) or "none"
        notes = [f"hosts of which something is remembered, by their names in Nova: {others}"]
        return Answer(Level.OK, f"nothing is remembered of {host}", notes, data={"host": host})
    site.traces.remove(host)
    notes = ["its compute service in Nova stays as it is, and is not changed any more"]
    return Answer(Level.OK, f"forgotten: what we changed on {host}", notes, data={"host": host})


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="by its name in Nova")


COMMAND = Command(
    "forget",
    "Leave a host's compute service in Nova as it is",
    run,
    _configure,
    "For a host of which NovaEvacuate says that it does not know who forced it down. Who wants it in "
    "service runs openstack compute service set --up HOST nova-compute instead.",
)
