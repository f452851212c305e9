"""The outcomes of a run as a table for people, as JSON, and as JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.lab.outcome import Outcome, Verdict

_HEAD = ("case", "verdict", "instances back", "hosts back", "took")


def table(outcomes: Sequence[Outcome]) -> str:
    rows = [_HEAD, *map(_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    line = "  ".join("-" * width for width in widths)
    drawn = [_drawn(row, widths) for row in rows]
    return "\n".join([drawn[0], line, *drawn[1:], line, _counted(outcomes)])


def write(directory: Path, outcomes: Sequence[Outcome]) -> list[Path]:
    directory.mkdir(exist_ok=True)
    facts, junit, text = (directory / f"lab.{kind}" for kind in ("json", "xml", "txt"))
    facts.write_text(json.dumps([_facts(one) for one in outcomes], indent=1) + "\n")
    tree = ET.ElementTree(_junit(outcomes))
    ET.indent(tree)
    tree.write(junit, encoding="unicode")
    text.write_text(table(outcomes) + "\n")
    return [facts, junit, text]


def _row(one: Outcome) -> tuple[str, ...]:
    name = f"{one.case.group}/{one.case.name}"
    return (name, one.verdict.value, _time(one.instances), _time(one.hosts), _time(one.took))


def _time(seconds: float | None) -> str:
    return f"{seconds:.1f} s" if seconds else "-"


def _drawn(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
    words += [word.rjust(width) for word, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join(words)


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts = {
        verdict: sum(one.verdict is verdict for one in outcomes)
        for verdict in Verdict
        if any(one.verdict is verdict for one in outcomes)
    }
    return ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items())


def _facts(one: Outcome) -> dict[str, object]:
    return {
        "case": one.case.name,
        "group": one.case.group,
        "text": one.case.text,
        "verdict": one.verdict.value,
        "problems": one.problems,
        "seconds_to_instances": one.instances,
        "seconds_to_hosts": one.hosts,
        "seconds": one.took,
        "story": one.story.splitlines(),
    }


def _junit(outcomes: Sequence[Outcome]) -> ET.Element:
    counts = {
        "tests": len(outcomes),
        "failures": sum(one.verdict is Verdict.FAILED for one in outcomes),
        "skipped": sum(one.verdict is Verdict.CANNOT for one in outcomes),
    }
    words = {name: str(count) for name, count in counts.items()}
    suite = ET.Element("testsuite", {"name": "lab", **words})
    for one in outcomes:
        place = {"classname": f"lab.{one.case.group}", "name": one.case.name}
        case = ET.SubElement(suite, "testcase", {**place, "time": f"{one.took:.1f}"})
        if one.verdict is Verdict.FAILED:
            failure = ET.SubElement(case, "failure", {"message": one.problems[0][:200]})
            failure.text = "\n".join(one.problems)
        if one.verdict is Verdict.CANNOT:
            ET.SubElement(case, "skipped", {"message": one.case.cannot})
        ET.SubElement(case, "system-out").text = one.story
    return suite
