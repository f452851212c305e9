"""A host dies, its instances come back: all of it real, drawn as it happens, checked at the end."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab import release
from tests.lab.errors import LabError
from tests.lab.guests.choice import add_choice, chosen
from tests.lab.guests.silence import told
from tests.lab.interrupts import heed
from tests.lab.layout import REPOSITORY, lab_from_environment
from tests.lab.promises import Expected, broken
from tests.lab.record.recorder import add_record, recorder
from tests.lab.stage import PLAN, Stage, on_stage
from tests.lab.timeline import Timeline, watch
from tests.pictures import bars
from tests.pictures.__main__ import TITLE

VICTIM = "compute-1"
TAG = "automatic-recovery"
REPORT = REPOSITORY / "build"


@dataclass(frozen=True)
class Guests:
    tagged: Mapping[str, str]
    """Names by uuid."""
    untagged: Mapping[str, str]
    stopped: str

    @property
    def beating(self) -> list[str]:
        """Uuids of those that have to count on elsewhere, where guests are real."""
        return [uuid for uuid in self.tagged if uuid != self.stopped]


class Progress:
    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, sentence: str) -> None:
        print(f"{time.monotonic() - self._start:6.1f} s  {sentence}", flush=True)


def boot(stage: Stage) -> Guests:
    """Six tagged and two untagged instances on the host that will die, one tagged elsewhere."""
    client = stage.cloud.client()
    tagged = client.boot("web", 5, host=VICTIM, tags=[TAG])
    opted_in = client.boot("db", 1, host=VICTIM, metadata={"HA_Enabled": "True"})
    plain = client.boot("scratch", 2, host=VICTIM)
    client.boot("far", 1, host="compute-2", tags=[TAG])
    client.action(tagged[-1], "os-stop")
    client.wait(tagged[-1:], "stopped")
    stage.wait_beats([*tagged, *opted_in, *plain])
    names = {row.uuid: row.name for row in stage.cloud.instances()}
    return Guests(
        {uuid: names[uuid] for uuid in [*tagged, *opted_in]},
        {uuid: names[uuid] for uuid in plain},
        tagged[-1],
    )


def run(stage: Stage, tell: Progress, recorded: bool = False) -> int:
    keep = recorder(stage) if recorded else None
    began = time.time()
    guests = boot(stage)
    tell(f"{len(guests.tagged)} tagged and {len(guests.untagged)} untagged instances on {VICTIM}")
    beating = [guests.tagged[uuid] for uuid in guests.beating] if stage.cloud.observer else []
    timeline = Timeline(VICTIM, guests.tagged, beating)
    print(f"\n--- the power of {VICTIM} is cut ---", flush=True)
    stage.cluster.kill(VICTIM)
    timeline.start()
    for fact in watch(stage, timeline, limit=120.0):
        print(f"{fact.seconds:+8.2f} s  {fact.text}", flush=True)
    problems = broken(stage, Expected({VICTIM}, guests.tagged, guests.untagged))
    if not timeline.complete:
        problems.append(f"after 120 s there is still no: {', '.join(timeline.missing)}")
    print(f"\n{timeline.draw()}\n", flush=True)
    silent = told(stage, {uuid: guests.tagged[uuid] for uuid in guests.beating})
    print("".join(f"{line}\n" for line in silent), flush=True)
    _report(stage, timeline, problems, silent)
    if keep:
        verdict = "failed" if problems else "passed"
        keep("demo", verdict, time.time() - began, "".join(problems[:1]))
    return _verdict(problems, timeline, real=stage.cloud.observer is not None)


def _verdict(problems: list[str], timeline: Timeline, *, real: bool) -> int:
    for problem in problems:
        print(f"BROKEN: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(
        "kept, from Nova's records, the hypervisors and the BMCs: "
        f"every tagged instance lives elsewhere {timeline.recovered:.1f} s after the power cut, none "
        "ever on two hosts, none before its host was off; the untagged stayed; the host is back."
    )
    if real:
        print(
            "kept, from the guests' disks: each counts on where it had stopped, no beat is there "
            "twice or missing, nobody else has written, no second copy was tried."
        )
    return 0


def _report(stage: Stage, timeline: Timeline, problems: list[str], silent: list[str]) -> None:
    REPORT.mkdir(exist_ok=True)
    facts = [{"seconds": round(one.seconds, 3), "fact": one.text} for one in timeline.facts]
    spans = [list(one) for one in timeline.spans]
    text = {"facts": facts, "spans": spans, "silences": silent, "broken": problems}
    (REPORT / "demo.json").write_text(json.dumps(text, indent=1) + "\n")
    (REPORT / "demo.txt").write_text("\n".join([timeline.draw(), *silent, ""]))
    (REPORT / "demo.svg").write_text(bars.drawn(timeline.spans, TITLE))
    (REPORT / "demo-evacuate.log").write_text(stage.worker_log() + "\n")
    for node in stage.lab.nodes:
        (REPORT / f"demo-{node.name}.log").write_text(stage.cluster.logs(node.name))
    print(f"report: {_shown(REPORT)}/demo.svg, demo.txt, demo.json and logs")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> int:
    tell = Progress()
    heed()
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.demo", description=__doc__)
    add_choice(parser)
    add_record(parser)
    words = parser.parse_args()
    try:
        hypervisor = chosen(words, tell)
        lab = lab_from_environment(3, 3)
        plan = release.planned(words, PLAN, lab, tell)
        with on_stage(lab, tell, plan=plan, hypervisor=hypervisor) as stage:
            return run(stage, tell, words.record)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is removed", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
