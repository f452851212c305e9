"""What a room knows of its failures, of all hosts: whom they are to disable, where they are over. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vmha_ocf.model import Monotonic, NovaHost
from vmha_ocf.service import marker

_AND = "+"


@dataclass(frozen=True, slots=True)
class Cause:
    name: str
    """As marks have it (service/marker.py)."""
    watched: Collection[str] = ()
    """What anybody looks at now: the names of networks, or of a process."""
    asks: bool = False
    """The policy has a row that disables for it."""
    wanted: Mapping[NovaHost, str] = field(default_factory=dict)
    """Hosts that are to be disabled, and for what: ``joined``."""
    ailing: Collection[NovaHost] = ()
    """Those where something of it is down, for however short."""
    well: Mapping[NovaHost, Collection[str]] = field(default_factory=dict)
    """What has been known to be well of each for the gate's time."""

    @property
    def unsure(self) -> Cause:
        """The next look may fail: until it has not, nobody is to be disabled or enabled for it."""
        return replace(self, wanted={}, well={})

    def is_well(self, host: NovaHost, what: str) -> bool:
        return host not in self.ailing and set(split(what)) <= set(self.well.get(host, ()))

    def is_watched(self, what: str) -> bool:
        return set(split(what)) <= set(self.watched)


def joined(names: Collection[str]) -> str:
    return _AND.join(sorted(names))


def split(what: str) -> Sequence[str]:
    return what.split(_AND)


def named(cause: str, what: str) -> str:
    """For people."""
    if cause == marker.PROCESS:
        return f"its {what}"
    names = split(what)
    return f"its {' and '.join(names)} network{'s' if len(names) > 1 else ''}"


def told(sentence: str, host: NovaHost, disabled: Collection[NovaHost]) -> str:
    """Of its failure, for who is notified. ``disabled``: the hosts that are, for this cause."""
    return f"{sentence}; {host} is disabled in Nova for it" if host in disabled else sentence


def since(
    before: Mapping[NovaHost, Monotonic], hosts: Collection[NovaHost], now: Monotonic
) -> Mapping[NovaHost, Monotonic]:
    """Since when each of them is what it is now."""
    return {host: before.get(host, now) for host in hosts}
