"""Rehearse a failure: ``python3 -m vmha_ocf.sim SCENARIO``.

Runs the agents' own code on a simulated cluster, in virtual time, and shows what you would see.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TextIO

from vmha_ocf.sim.base import faults
from vmha_ocf.sim.base.scenario import ScenarioError
from vmha_ocf.sim.play.events import EVENTS
from vmha_ocf.sim.play.report import timeline, verdict
from vmha_ocf.sim.play.run import load, run
from vmha_ocf.sim.weather import WEATHERS

GOOD, BAD, UNUSABLE = 0, 1, 2
"""Exit codes. BAD: a promise is broken or an expectation did not come true."""


def main(argv: Sequence[str], out: TextIO, err: TextIO) -> int:
    given = _parser().parse_args(argv)
    if given.list:
        out.writelines(f"{line}\n" for line in _names())
        return GOOD
    if not given.scenario:
        err.write("which scenario? give a folder with a scenario.toml, or --list\n")
        return UNUSABLE
    logging.getLogger("vmha_ocf").addHandler(logging.NullHandler())
    try:
        scenario = load(given.scenario)
    except OSError as error:
        err.write(f"{given.scenario}: {error.strerror}: give a folder with a scenario.toml\n")
        return UNUSABLE
    except ScenarioError as error:
        err.writelines(f"{given.scenario}: {problem}\n" for problem in error.problems)
        return UNUSABLE
    if given.weather not in WEATHERS:
        near = get_close_matches(given.weather, WEATHERS, 1)
        hint = f"did you mean {near[0]}?" if near else "--list names them"
        err.write(f"there is no weather {given.weather!r}; {hint}\n")
        return UNUSABLE
    outcome = run(WEATHERS[given.weather].over(scenario))
    if given.log:
        out.write(outcome.log)
    else:
        out.writelines(f"{line}\n" for line in timeline(outcome))
    told = err if given.log else out
    told.writelines(f"{line}\n" for line in verdict(outcome))
    return GOOD if outcome.good else BAD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m vmha_ocf.sim",
        description="Rehearse a failure on a simulated cluster, in virtual time.",
        epilog="Exits with 0 if every promise held and it ended as expected, 1 if not, 2 if the "
        "scenario is impossible.",
    )
    parser.add_argument("scenario", nargs="?", help="a folder with a scenario.toml, or the file")
    parser.add_argument("--log", action="store_true", help="the raw log instead of the timeline")
    parser.add_argument(
        "--weather",
        metavar="NAME",
        default="default",
        help="a change of the whole world, laid over the scenario",
    )
    parser.add_argument(
        "--list", action="store_true", help="the names of events, faults and weathers"
    )
    return parser


def _names() -> Iterator[str]:
    yield "events: what [[event]] can do"
    for name, kind in EVENTS.items():
        keys = [*sorted(kind.needs), *filter(None, [" or ".join(sorted(kind.one_of))])]
        needs = f" ({', '.join(keys)})" if keys else ""
        yield f"  {name}{needs}: {kind.summary}"
    for where, kinds in faults.NAMES.items():
        yield ""
        methods = ", ".join(sorted(faults.METHODS.get(where, ())))
        yield f"faults of {where}" + (f", or one of its calls: {methods}" if methods else "")
        for what, meaning in kinds.items():
            yield f"  {what}: {meaning}"
    yield from ("", "weathers: what is laid over a whole scenario")
    for weather in WEATHERS.values():
        yield f"  {weather.name}: {weather.summary}"
        for lift in weather.lifts:
            yield f"    lifts {', '.join(sorted(lift.what))}: {lift.why}"


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads may stop early, as head does
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
