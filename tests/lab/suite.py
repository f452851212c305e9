"""Cases on one lab, one after the other: python3 -m tests.lab.suite [--list] [CASE ...]"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tests.lab import cases, release, report
from tests.lab.cases.case import Case
from tests.lab.configuration import Plan
from tests.lab.demo import Progress
from tests.lab.errors import LabError
from tests.lab.guests.choice import add_choice, chosen
from tests.lab.guests.prerequisites import Hypervisor
from tests.lab.health import healed, sick
from tests.lab.interrupts import heed
from tests.lab.layout import REPOSITORY, Lab, lab_from_environment
from tests.lab.logs import keep_logs
from tests.lab.machines.choice import add_hosts, planned
from tests.lab.outcome import Outcome, Verdict, play
from tests.lab.record.recorder import Keep, add_record, recorder
from tests.lab.stage import PLAN, Stage, Tell, on_stage

BUILD = REPOSITORY / "build"


def run(
    wanted: Sequence[Case],
    lab: Lab,
    tell: Tell,
    hypervisor: Hypervisor | None = None,
    plan: Plan = PLAN,
    *,
    recorded: bool = False,
) -> Iterator[Outcome]:
    """Bring the lab up once; anew only where a case left it so that it cannot be healed."""
    why = {
        one.name: one.hindrance(real=hypervisor is not None, systemd=bool(plan.systemd))
        for one in wanted
    }
    hindered = [Outcome(one, Verdict.CANNOT, [why[one.name]]) for one in wanted if why[one.name]]
    yield from hindered
    left = [one for one in wanted if not why[one.name]]
    while left:
        with on_stage(lab, tell, plan=plan, hypervisor=hypervisor) as stage:
            if problems := sick(stage):
                raise LabError("a fresh lab is sick", "; ".join(problems))
            keep = recorder(stage) if recorded else _forget
            while hindered:
                _keep(keep, hindered.pop())
            healthy = True
            while left and healthy:
                tell(f"--- {left[0].name}: {left[0].text}")
                outcome = play(stage, left.pop(0))
                _tell(outcome, stage, tell)
                _keep(keep, outcome)
                yield outcome
                healthy = not left or healed(stage, tell)


def _keep(keep: Keep, outcome: Outcome) -> None:
    why = outcome.problems[0].splitlines()[0] if outcome.problems else ""
    keep(outcome.case.name, outcome.verdict.value, outcome.took, why)


def _forget(_case: str, _verdict: str, _seconds: float, _why: str) -> None:
    return


def _tell(outcome: Outcome, stage: Stage, tell: Tell) -> None:
    print(outcome.story, flush=True)
    for problem in outcome.problems:
        print(f"BROKEN: {problem}", flush=True)
    if outcome.verdict is Verdict.FAILED:
        tell(f"{outcome.case.name} has failed; all logs are in {keep_logs(stage.lab)}")
    else:
        tell(f"{outcome.case.name} has passed")


def main() -> int:
    words = _parser().parse_args()
    try:
        wanted = [cases.named(name) for name in words.case] or list(cases.ALL)
    except KeyError as error:
        print(f"error: {error.args[0]}", file=sys.stderr)
        return 2
    if words.list:
        print(_listed(wanted))
        return 0
    return _run(wanted, words)


def _run(wanted: Sequence[Case], words: argparse.Namespace) -> int:
    heed()
    outcomes: list[Outcome] = []
    code = 1
    try:
        tell = Progress()
        hypervisor = chosen(words, tell)
        lab = lab_from_environment(3, words.computes)
        plan = release.planned(words, planned(words, PLAN, tell), lab, tell)
        for outcome in run(wanted, lab, tell, hypervisor, plan, recorded=words.record):
            outcomes.append(outcome)
            report.write(BUILD, outcomes)
        code = int(any(one.verdict is Verdict.FAILED for one in outcomes))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; everything is removed", file=sys.stderr)
        code = 130
    if outcomes:
        print(f"\n{report.table(outcomes)}\nreport: {BUILD}/lab.json, lab.xml, lab.txt")
    return code


def _listed(wanted: Sequence[Case]) -> str:
    width = max(len(one.name) for one in wanted)
    lines = []
    for one in wanted:
        cannot = f" (cannot be run here: {one.cannot})" if one.cannot else ""
        lines.append(f"{one.name:<{width}}  {one.text}{cannot}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.suite", description=__doc__)
    parser.add_argument("case", nargs="*", help="names of cases; without any, all of them")
    parser.add_argument("--list", action="store_true", help="the names, with a line for each")
    sizes = range(4, 11)
    parser.add_argument(
        "--computes", type=int, default=4, choices=sizes, metavar="N", help="hosts, 4 to 10"
    )
    add_choice(parser)
    add_hosts(parser)
    add_record(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
