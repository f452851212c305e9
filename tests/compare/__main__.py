"""``python3 -m tests.compare [ENGINE...]``: each engine in a lab of its own, one after the other.

With --record what came of it goes into docs/comparison.json, and from there into docs/comparison.rst.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tests.compare.engines import Engine
from tests.compare.failure import INTERRUPTED, Interruption, Recovery, interruption, recovery
from tests.compare.page import Compared, record, table
from tests.compare.peers import ENGINES
from tests.lab import interrupts
from tests.lab.layout import lab_from_environment
from tests.lab.record.runs import Versions
from tests.lab.record.versions import versions
from tests.lab.stage import on_stage

COUNTS = (10, 50, 100)


def main(argv: Sequence[str]) -> int:
    known = {engine.name: engine for engine in ENGINES}
    parser = argparse.ArgumentParser(prog="python3 -m tests.compare", description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(known))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, metavar="COUNT")
    args = parser.parse_args(argv)
    if unknown := set(args.engines) - set(known):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    interrupts.heed()
    parts = [measured(known[name], args.counts) for name in args.engines or known]
    compared = Compared.of([one for found, _ in parts for one in found], parts[0][1])
    print(table(compared))
    if args.record:
        record(compared)
    return 0


def measured(
    engine: Engine, counts: Sequence[int]
) -> tuple[list[Recovery | Interruption], Versions]:
    """A host for each count, and one whose recovery is interrupted: none of them has to come back."""

    def tell(said: str) -> None:
        print(f"{engine.name}: {said}", flush=True)

    def results() -> Iterator[Recovery | Interruption]:
        for host, count in zip(stage.hosts, counts, strict=False):
            yield recovery(stage, engine, host, count)
        yield interruption(stage, engine, stage.hosts[len(counts)], INTERRUPTED)

    found = []
    # Where the last of these has failed, two are left for its instances, whoever has brought others back.
    with on_stage(lab_from_environment(1, len(counts) + 3), tell, configured=False) as stage:
        engine.configure(stage, tell)
        for result in results():
            tell(str(result))
            found.append(result)
        return found, versions(stage)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
