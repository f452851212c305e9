"""``vmha hold`` and ``vmha release``: evacuation waits for a person, and goes on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from vmha_ocf.cluster import storm
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.operator.answer import Answer, Level
from vmha_ocf.operator.command import Command, Connect
from vmha_ocf.operator.options import add_resource
from vmha_ocf.operator.site import Site


def hold(args: Namespace, connect: Connect) -> Answer:
    site = connect()
    node = site.machine.node()
    before = site.holds.read()
    if before is not None and before.node != node:
        return _held_already(before)
    by = f"{site.machine.who()}@{node}"
    site.holds.write(Hold(node, by, site.clock.now(), args.reason))
    pending = _pending(site.flags.read())
    notes = ["fencing goes on, and what is fenced is flagged and waits; to end it: vmha release"]
    if pending:
        notes.insert(0, f"flagged now: {pending}; what Nova was asked for already goes on")
    return Answer(Level.OK, f"evacuation is held, by {by}", notes, data={"by": by})


def _held_already(before: Hold) -> Answer:
    why = f" ({before.why})" if before.why else ""
    return Answer(Level.OK, f"evacuation is held already, by {before.by}{why}")


def release(args: Namespace, connect: Connect) -> Answer:
    """Ends the hold of a person, and that of a storm."""
    site = connect()
    before = site.holds.read()
    flags = site.flags.read()
    if before is not None:
        site.holds.end()
    stormy, doubt = _is_storm(flags, site, args.resource)
    if stormy:
        site.holds.release_storm()
    notes = [doubt] if doubt else []
    if before is None and not stormy:
        return Answer(Level.OK, "nothing is held", notes, data={"released": []})
    released = [f"the hold of {before.by}"] if before else []
    released += ["the storm, and what fails within storm_window from now"] if stormy else []
    pending = _pending(flags)
    notes += [f"evacuated now: {pending}"] if pending else []
    headline = f"released: {' and '.join(released)}"
    return Answer(Level.OK, headline, notes, data={"released": released})


def _is_storm(flags: Mapping[NovaHost, Flag], site: Site, name: str) -> tuple[bool, str]:
    """Whether one holds evacuation, and what keeps us from knowing. How many hosts there are, which a
    large share of them is told by, only the worker has asked: its word counts too."""
    configuration = site.configuration()
    try:
        worker = site.worker(configuration, name)
    except ParameterError as error:
        return False, f"whether there is a storm is not known: {error}"
    results = configuration.runs_on(worker.resource.name)
    said = any("storm_" in one.reason and "evacuation is held" in one.reason for one in results)
    pending = [flag for flag in flags.values() if flag.pending]
    limits = storm.limits_of(worker.options.settings)
    failures = storm.with_flagged(site.failures.read(), pending)
    released = storm.dated(site.flags.storm_release(), site.clock.now())
    stormy = bool(storm.held(pending, failures, limits, released=released))
    return stormy or (said and bool(pending) and released is None), ""


def _pending(flags: Mapping[NovaHost, Flag]) -> str:
    return ", ".join(sorted(flag.host for flag in flags.values() if flag.pending))


def _configure_hold(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", metavar="TEXT", default="", help="what others are told")


HOLD = Command(
    "hold",
    "Hold every evacuation until it is released, for planned work",
    hold,
    _configure_hold,
    "Kept in the CIB: it survives the restart of all controllers. Fencing goes on, and hosts that are "
    "fenced are flagged, wait, and keep nova-compute from starting. `pcs status` tells of it all the "
    "time.",
)
RELEASE = Command(
    "release",
    "Let evacuation go on: ends a hold, and that of a storm",
    release,
    add_resource,
    "Look first whether the hosts are really dead: vmha status.",
)
