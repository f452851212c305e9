"""Many seeds, on all cores."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass

from tests.proof.pool import pool
from tests.seeds.generate import generate
from tests.seeds.judge import judge, promise
from tests.seeds.seen import seen
from tests.seeds.shrink import shrink
from vmha_ocf.sim.base.scenario import Scenario
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.play.scenario_toml import format_scenario

CHUNK = 20


@dataclass(frozen=True)
class Failure:
    seed: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        more = f" (and {len(self.wrong) - 1} more)" if len(self.wrong) > 1 else ""
        return f"seed {self.seed}: {self.wrong[0]}{more}"


@dataclass(frozen=True)
class Ran:
    count: int
    failures: tuple[Failure, ...]
    seen: Counter[str]
    """In how many seeds."""


def run_seeds(first: int, count: int) -> Ran:
    saw = Counter[str]()
    failures = []
    for seed in range(first, first + count):
        wrong, here = run_seed(seed)
        saw.update(here)
        if wrong:
            failures.append(Failure(seed, wrong))
    return Ran(count, tuple(failures), saw)


def run_seed(seed: int, wrap: Wrap = unwrapped) -> tuple[tuple[str, ...], set[str]]:
    """What went wrong, and what was seen."""
    try:
        judged = judge(generate(seed), wrap)
    except Exception:  # noqa: BLE001 - a bug of an agent is what this looks for
        return (f"bug {traceback.format_exc()}",), set()
    return judged.wrong, {name for name, times in seen(judged.played).items() if times}


def on_all_cores(first: int, count: int) -> Iterator[Ran]:
    """One after the other, as they are done."""
    with pool() as cores:
        chunks = [
            cores.submit(run_seeds, start, min(CHUNK, first + count - start))
            for start in range(first, first + count, CHUNK)
        ]
        for chunk in as_completed(chunks):
            yield chunk.result()


def smallest(seed: int, wrap: Wrap = unwrapped) -> Scenario:
    """What is left of a failing seed when all that does not matter is gone. It is about the first that
    went wrong, a promise if one was broken: less than that, a storm that is held too, is no news."""
    scenario = generate(seed)
    wanted = next(map(promise, _wrong(scenario, wrap)))
    return shrink(scenario, lambda one: wanted in map(promise, _wrong(one, wrap)))


def told(failure: Failure, scenario: Scenario) -> str:
    """A scenario.toml, with what is wrong as its first lines."""
    wrong = "".join(f"# {line}\n" for each in failure.wrong for line in each.splitlines())
    return f"# found as seed {failure.seed}\n{wrong}{format_scenario(scenario)}"


def _wrong(scenario: Scenario, wrap: Wrap) -> tuple[str, ...]:
    try:
        return judge(scenario, wrap).wrong
    except Exception as error:  # noqa: BLE001 - as above
        return (f"bug {type(error).__name__}",)
