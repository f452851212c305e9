"""Whose files ``vmha check`` has looked at: each controller has its own, and it sees those of one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.cluster.configuration import REMOTE
from vmha_ocf.operator.checks.facts import Facts

_OF_DEVICES = ("inventory", "password_script", "passwd_script", "ssl_ca_file")
_OF_THE_WORKER = ("clouds_file", "ca_file", "policy", "bus")


def seen_here_alone(facts: Facts) -> Iterator[str]:
    """One sentence, where there are files and other controllers: which, and what to type where."""
    files, others = sorted(set(_files(facts)) - {""}), sorted(_other_controllers(facts))
    if files and others and facts.controller:
        yield (
            f"seen on {facts.controller} alone: {', '.join(files)}; "
            f"run vmha check on {', '.join(others)}, too"
        )


def _files(facts: Facts) -> Iterator[str]:
    for device in facts.configuration.devices:
        # Only the name of a program: among its arguments may be a password.
        yield from (device.parameters.get(name, "").split(" ")[0] for name in _OF_DEVICES)
    if facts.worker:
        yield from (facts.worker.values.get(name, "") for name in _OF_THE_WORKER)


def _other_controllers(facts: Facts) -> Iterator[str]:
    remotes = {one.name for one in facts.configuration.of_kind(REMOTE)}
    hosts = {str(one.node) for one in facts.hosts}
    for node in facts.nodes or {}:
        if node != facts.controller and str(node) not in remotes | hosts:
            yield str(node)
