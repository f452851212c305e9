"""All cases of the lab, by what they harm."""

from __future__ import annotations

from tests.lab.cases import (
    bmc,
    boots,
    check,
    clock,
    cluster,
    dumps,
    guests,
    hosts,
    machines,
    migrations,
    networks,
    nova,
    operator,
    others,
    playground,
    processes,
    stuck,
    telling,
    unseen,
    worker,
)
from tests.lab.cases.case import Case

ALL: tuple[Case, ...] = (
    *hosts.CASES,
    *machines.CASES,
    *boots.CASES,
    *bmc.CASES,
    *dumps.CASES,
    *nova.CASES,
    *worker.CASES,
    *cluster.CASES,
    *operator.CASES,
    *others.CASES,
    *check.CASES,
    *telling.CASES,
    *processes.CASES,
    *guests.CASES,
    *networks.CASES,
    *stuck.CASES,
    *unseen.CASES,
    *migrations.CASES,
    *clock.CASES,
    *playground.CASES,
)


def named(name: str) -> Case:
    """Raises KeyError with the names that there are."""
    known = {case.name: case for case in ALL}
    if name not in known:
        raise KeyError(f"there is no case {name!r}; make lab-list has the names")
    return known[name]
