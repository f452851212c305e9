"""What Nova's list of actions tells of an instance that has failed: whose will it is that it is off,
whether it was restarted since, and how often lately. Pure.

So nothing has to be remembered between two workers. Each of our restarts is in the list, as a ``reboot``
with a user; those of its owner count as ours do: an instance that fails again and again has failed as
often.

Times of the list are whole seconds of Nova's clock, those of a failure are of its host's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from vmha_ocf.cloud import records
from vmha_ocf.living.healing.episode import Episode
from vmha_ocf.model import Action, Epoch

SLACK = 2.0
"""Seconds by which hosts' clocks and Nova's agree: who shall run a cloud has them set."""
_DOWN = frozenset(
    {
        "delete", "forceDelete", "pause", "rescue", "shelve", "shelveOffload", "softDelete", "stop",
        "suspend", "trigger_crash_dump",
    }
)  # fmt: skip
"""By which a person says that it is not to run as it did; a crash dump ends in a panic."""
_UP = frozenset(
    {
        "create", "reboot", "rebuild", "restore", "resume", "start", "unpause", "unrescue", "unshelve",
    }
)  # fmt: skip
_STARTED = frozenset({"reboot", "rebuild", "start"})
"""By which it is made to run anew, whatever has become of it."""
_MOVES = frozenset({"migrate", "resize"})


def owners(actions: Iterable[Action], since: Epoch) -> str:
    """What its owner asked for as it failed or after, so that it does not run; "" is nothing. In one second
    with a start, that wins. A guest that is asked to shut down takes its time: what was asked before it was
    down is meant by NEVER."""
    asked = [one for one in actions if one.user]
    up = max((_at(one) for one in asked if one.name in _UP), default=-inf)
    down = [one for one in asked if one.name in _DOWN and _at(one) >= int(since) - records.APART]
    return next((one.name for one in down if _at(one) >= up), "")


def was_stopped_by_nova(actions: Iterable[Action], since: Epoch) -> bool:
    """It has found the guest gone, a while after it was."""
    stops = (one for one in actions if (one.name, one.user) == ("stop", ""))
    return any(_at(one) >= int(since) - records.APART for one in stops)


def started_since(actions: Sequence[Action], episode: Episode, known: int) -> Action | None:
    """The newest request to start it, by us or anybody, since it failed. ``known``: how many of its reboots
    were for earlier failures, as far as this worker has seen."""
    reboots = [one for one in actions if one.name == "reboot"]
    old = set(map(id, reboots[max(0, len(reboots) - known) :]))
    new = (one for one in actions if one.name in _STARTED and one.user and id(one) not in old)
    return next((one for one in new if _at(one) >= int(episode.since) - SLACK), None)


def reboots(actions: Iterable[Action]) -> int:
    return sum(1 for one in actions if one.name == "reboot")


def lately(actions: Iterable[Action], now: Epoch, window: float) -> int:
    """How often it was restarted within ``window`` seconds."""
    return sum(
        1 for one in actions if one.name == "reboot" and one.user and _at(one) > now - window
    )


def was_moved(actions: Iterable[Action], now: Epoch, window: float) -> bool:
    """Cold, within ``window`` seconds, as far as it was asked for."""
    return any(one.name in _MOVES and one.user and _at(one) > now - window for one in actions)


def age(action: Action, now: Epoch) -> float:
    """Seconds; 0 for what has no time that can be read."""
    at = records.seconds(action.at)
    return 0.0 if at is None else max(0.0, now - at)


def _at(action: Action) -> float:
    """What cannot be read may be of now."""
    at = records.seconds(action.at)
    return records.STILL if at is None else at
