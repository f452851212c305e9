"""The compute hosts and their names, as every command sees them: the worker's own mapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.fencing.names import Names, Words, learn, pairs_of
from vmha_ocf.fencing.topology import ComputeHost, Inventories, compute_hosts, words_about
from vmha_ocf.model import Flag, Services


@dataclass(frozen=True, slots=True)
class Known:
    hosts: Sequence[ComputeHost]
    names: Names
    words: Words


def known_hosts(
    configuration: Configuration,
    inventories: Inventories,
    domain: str,
    *,
    services: Services | None,
    flags: Iterable[Flag] = (),
) -> Known:
    """``services``: all that Nova lists; None where it did not answer."""
    listed = None if services is None else sorted(services.hosts)
    words = replace(
        words_about(configuration, inventories, domain, listed),
        flagged=pairs_of(flag for flag in flags if flag.pending),
    )
    names = learn(words)
    return Known(compute_hosts(configuration, inventories, words, names), names, words)
