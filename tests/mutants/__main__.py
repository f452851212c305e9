"""``make mutants``: the pure modules with one fault at a time, and which faults no test sees.

mutmut makes the faults and runs the fast tests that call the changed function. A fault that mypy refuses
is caught too: ``make lint`` is a test. What is left is told, except for what ``equivalent.txt`` explains,
and for the wording of sentences: tests that repeat them word by word would only be in the way.

    python -m tests.mutants [MODULE ...]        all pure modules, or these (cluster.flag, ...)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutants.mutant import Fate, Mutant, read

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
WORK = ROOT / ".mutants" / "work"
COPIED = ("docs", "fence", "lib", "ocf", "tests")
CORES = "2"


def prepare() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    leave = shutil.ignore_patterns("__pycache__")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, WORK / folder, ignore=leave)
    shutil.copytree(ROOT / "lib", WORK / "src", ignore=leave)
    for file in (ROOT / "tox.ini", HERE / "setup.cfg"):
        shutil.copy(file, WORK)


def mutate(modules: Sequence[str]) -> None:
    # Named even if it is all of them: then mutmut first runs the tests by their ids without a fault. A
    # test that it cannot find by its id again would look like one that has failed, and seen the fault.
    names = [f"vmha_ocf.{module}.*" for module in modules] or ["vmha_ocf.*"]
    tools = Path(sys.executable).parent
    subprocess.run(
        [str(tools / "mutmut"), "run", "--max-children", CORES, *names],
        cwd=WORK,
        env={"PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        check=True,
    )


def explained() -> dict[tuple[str, str], str]:
    """Why nothing can tell them apart, by function and change."""
    found = {}
    for line in (HERE / "equivalent.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            function, change, why = line.split(" | ")
            found[function, change] = why
    return found


def name(mutant: Mutant) -> str:
    return f"{mutant.module}.{mutant.function}"


def report(mutants: Iterable[Mutant]) -> int:
    """0 if no fault is left that nobody explains."""
    reasons = explained()
    left: list[Mutant] = []
    counts: dict[str, Counter[str]] = {}
    for mutant in mutants:
        count = counts.setdefault(mutant.module, Counter())
        if mutant.fate is not Fate.SURVIVED:
            count[mutant.fate.value] += 1
        elif (name(mutant), mutant.change) in reasons:
            count["explained"] += 1
        elif mutant.is_wording:
            count["wording"] += 1
        else:
            count["survived"] += 1
            left.append(mutant)
    for mutant in left:
        print(f"{name(mutant)} | {mutant.change}")
    print()
    for module, count in sorted(counts.items()):
        print(row(module, count))
    print(row("all", sum(counts.values(), Counter())))
    return 1 if left else 0


def row(module: str, count: Counter[str]) -> str:
    caught = count[Fate.KILLED.value] + count[Fate.REFUSED.value]
    rate = 100 * caught / ((caught + count["survived"]) or 1)
    told = ", ".join(f"{number} {what}" for what, number in sorted(count.items()))
    return f"{module:24} {rate:5.1f} %  ({told})"


def main(modules: Sequence[str]) -> int:
    prepare()
    mutate(modules)
    return report(read(WORK, modules))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
