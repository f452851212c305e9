"""make seeds SEEDS=n FROM=m: any number of seeds, and what they saw. Failing ones are shrunk into
build/seeds/."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tests.seeds.runs import Failure, on_all_cores, smallest, told
from tests.seeds.seen import names

FOLDER = Path("build/seeds")
_SHRUNK = 5
"""How many failing seeds are shrunk: more of them are seldom more news."""


def main(argv: Sequence[str], out: TextIO) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.seeds")
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    given = parser.parse_args(argv)
    saw, failures = Counter[str](), list[Failure]()
    done = 0
    for ran in on_all_cores(given.first, given.seeds):
        done += ran.count
        saw += ran.seen
        failures += ran.failures
        out.writelines(f"{failure}\n" for failure in ran.failures)
        out.write(f"\r{done} of {given.seeds} seeds, {len(failures)} failed ")
        out.flush()
    out.write("\n\nhow many seeds saw what:\n")
    out.writelines(f"{saw[name]:8d}  {name}\n" for name in names())
    for failure in sorted(failures, key=lambda one: one.seed)[:_SHRUNK]:
        _save(failure, out)
    return 1 if failures else 0


def _save(failure: Failure, out: TextIO) -> None:
    text = told(failure, smallest(failure.seed))
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{failure.seed}.toml"
    file.write_text(text, encoding="utf-8")
    out.write(f"\n{text}\nreplay it: PYTHONPATH=lib python3 -m vmha_ocf.sim {file}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
