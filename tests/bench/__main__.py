"""``make bench``: every figure as a ratio to a peer or a floor, measured in this very run."""

from __future__ import annotations

import json
import sys

from tests.bench import (
    fencing,
    healing,
    hundred,
    idle,
    inventories,
    known,
    redfish,
    simulated,
    starts,
    watching,
)
from tests.lab.layout import REPOSITORY

PARTS = {
    "starts": starts,
    "known": known,
    "watching": watching,
    "idle": idle,
    "fencing": fencing,
    "inventories": inventories,
    "redfish": redfish,
    "simulated": simulated,
    "hundred": hundred,
    "healing": healing,
}


def main(argv: list[str]) -> int:
    wanted = argv or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        print(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    figures = []
    for name in wanted:
        print(f"measuring: {name}", flush=True)
        figures += list(PARTS[name].measure())
    print("\n" + "\n".join(figure.line() for figure in figures))
    report = REPOSITORY / "build"
    report.mkdir(exist_ok=True)
    rows = [{"name": one.name, "value": one.value, "goal": one.goal} for one in figures]
    (report / "bench.json").write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
