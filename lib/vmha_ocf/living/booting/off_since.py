"""Instances that are off because their host was: which they are, and what there is to say of them. Pure.

After a boot of its host Nova starts no guest (``resume_guests_state_on_host_boot`` is off where a gate is
of use at all). Its nova-compute finds them off, and stops the instances that were active by a ``stop`` of
its own, which carries no user. So Nova's list of what was asked of an instance (os-instance-actions) tells
what ran: it needs no memory of ours, which would have to be right at the moment of a power cut, and an
owner's stop is told from it by its user. What counts is asked since the boot:

    one stop by Nova itself, soon after nova-compute came up      it ran, and is off
    then one start, and it is off still                           the start did not help
    anything else, or nothing                                     it was off before, or somebody has
                                                                  decided about it since
    the same, and a move, before it or after it                   as without it: who has it moved says
                                                                  nothing about whether it is to run
    the same, and an evacuation after it                          as without it: it is off elsewhere
    the same, and a stop by whom it was evacuated                 as without it: put back as it was

A host may have booted several times before anybody has looked: what was asked since the newest boot counts,
and if that is nothing, since the one before.

Nova's own stop looks alike where a guest has powered itself off; therefore only the first one counts, and
only if it came while nova-compute was looking at its guests for the first time in this boot. Its time is
that of the host's own clock, as those of the boot are.

Of those that ran two kinds are not started again: what was on its way to another host when its own went
off, or that another host failed to take, and may run there; and what was on several hosts that died within
the hour, and may be what kills them (cloud/poison.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest

from vmha_ocf.cloud import poison, records
from vmha_ocf.evacuation import moving
from vmha_ocf.model import Action, Evacuation, Instance, InstanceId, Move, NovaHost
from vmha_ocf.proof.boots import Served

FIRST_LOOK = 900.0
"""Seconds from the first start of nova-compute in a boot until it has looked at all its guests: a minute
until it begins, or its sync_power_state_interval where it could not at once."""
SHOWN = 3
"""Instances, and hosts, that are named in one problem."""
_INERT = frozenset(
    {
        "attach_interface", "attach_share", "attach_volume", "changePassword", "createBackup",
        "createImage", "detach_interface", "detach_share", "detach_volume", "extend_volume", "lock",
        "refresh_volume_attachment", "swap_volume", "unlock",
    }
)  # fmt: skip
"""What says nothing about whether an instance is to run."""
_OF_THIS_FAILURE = 86400.0
"""Seconds before a boot in which an evacuation was for the failure that it ended."""
_EVACUATED = "evacuate"
_MOVES = frozenset({"live-migration", "migrate", "resize"})
_MOVED = _MOVES | {_EVACUATED}
"""What leaves an instance off that is off."""
_TRIED_BEFORE = _MOVED | {"live_migration_cancel", "live_migration_force_complete"}
"""What Nova could not do, if it finds the instance off on this host after that."""


class Off(Enum):
    RAN = "ran"
    """Before its host went off; nobody has decided anything since."""
    ASKED = "asked"
    """As RAN, and somebody has had it started since, which did not help."""
    ELSEWHERE = "elsewhere"
    """As RAN, but it was on its way to another host, and may run there."""
    SUSPECT = "suspect"
    """As RAN, but it was on several hosts that died."""
    LEFT = "left"
    """To its owner."""


@dataclass(frozen=True, slots=True)
class Found:
    instance: Instance
    off: Off
    where: str = ""
    """ELSEWHERE: that host, if it is known."""
    left: NovaHost | None = None
    """The host whose boot it was, if it has been evacuated off it since."""

    @property
    def ran_on(self) -> NovaHost:
        return self.left or self.instance.host

    @property
    def told(self) -> str:
        """For a person, with the command that helps, or that shows more."""
        host, one = self.ran_on, self.instance.id
        start = f"openstack server start {one}"
        match self.off:
            case Off.ASKED:
                return f"was started since {host} was off, and is off still: openstack server show {one}"
            case Off.ELSEWHERE:
                return (
                    f"was on its way off {host}, and may run on {self.where or 'its destination'}: "
                    f"openstack server migration list --server {one}; if it does not run there: {start}"
                )
            case Off.SUSPECT:
                return (
                    f"was on {poison.ENOUGH} hosts that died, and then on {host}: not started again; if it "
                    f"is not what kills them: {start}"
                )
            case _:
                return f"ran until {host} was off, and is off since: {start}"


def may_be(instance: Instance) -> bool:
    """Whether what was asked of it has to be looked at at all."""
    return instance.vm_state == "stopped" and instance.task_state is None


def judge(actions: Iterable[Action], served: Sequence[Served]) -> Off:
    """RAN, ASKED or LEFT, of an instance that is stopped. ``actions``: newest first; ``served``: the boots
    that nobody has looked after, oldest first."""
    telling = [one for one in actions if one.name not in _INERT]
    deciding = [
        one
        for one, before in zip_longest(telling, telling[1:])
        if before is None or not _is_put_back(one, before)
    ]
    for boot in reversed(served):
        since = [one for one in deciding if _at(one) >= int(boot.at)]
        while since and since[-1].name in _TRIED_BEFORE:
            since.pop()
        if since:
            return _judge(since, boot)
    return Off.LEFT


def _judge(since: Sequence[Action], boot: Served) -> Off:
    if not _is_of_nova(since[-1], boot):
        return Off.LEFT
    then = [one.name for one in since[:-1] if one.name not in _MOVED]
    return Off.RAN if not then else Off.ASKED if then == ["start"] else Off.LEFT


def _is_put_back(action: Action, before: Action) -> bool:
    """Nova brings back active what was in error, as after an attempt for which there was no room: so
    whoever has had it evacuated stops it then."""
    is_stop = (action.name, before.name) == ("stop", _EVACUATED)
    return is_stop and action.user == before.user != ""


def was_moved(actions: Iterable[Action]) -> bool:
    """It has been on its way to another host at some time: its moves have to be looked at."""
    return any(one.name in _MOVES for one in actions)


def cut_short(instance: Instance, moves: Iterable[Move], served: Sequence[Served]) -> Move | None:
    """The move off its host that was not over when that host went off. That it failed is Nova's word
    since the boot: nobody has looked at the destination."""
    return next((one for one in moves if _is_cut_short(one, instance, served[0])), None)


def was_evacuated(actions: Iterable[Action]) -> bool:
    """Somebody has asked for it at some time: its evacuations have to be looked at."""
    return any(one.name == _EVACUATED for one in actions)


def evacuated_since(
    evacuations: Iterable[Evacuation], host: NovaHost, served: Sequence[Served]
) -> Mapping[InstanceId, NovaHost]:
    """Who has left this host since the first of its boots, and where it has come to: the host that took it
    first may have died, too. ``evacuations``: off any host."""
    arrived: dict[InstanceId, NovaHost] = {}
    gone: set[InstanceId] = set()
    for one in sorted(evacuations, key=lambda each: each.id):
        made = records.seconds(one.created_at) or records.STILL
        if one.status in records.MOVED and one.dest is not None and made >= served[0].at:
            arrived[one.instance] = one.dest
            if one.source == host:
                gone.add(one.instance)
    return {instance: arrived[instance] for instance in gone if arrived[instance] != host}


def failed_there(
    instance: Instance, evacuations: Iterable[Evacuation], served: Sequence[Served]
) -> Evacuation | None:
    """The evacuation off its host, of this failure, that its destination has failed: perhaps with the guest
    up already, which Nova does not say."""
    since = served[0].at - _OF_THIS_FAILURE
    return next(
        (
            one
            for one in evacuations
            if one.instance == instance.id
            and one.status == "failed"
            and one.dest not in (None, instance.host)
            and (records.seconds(one.created_at) or records.STILL) >= since
        ),
        None,
    )


def is_over(served: Sequence[Served], now: float) -> bool:
    """Nova has stopped by now what was to be stopped. ``now`` is by the host's clock."""
    return now > served[-1].since + FIRST_LOOK + records.APART


def told(found: Iterable[Found]) -> Mapping[InstanceId, str]:
    return {one.instance.id: one.told for one in found}


def problem(found: Sequence[Found]) -> str:
    """One for all of them, however many there are; "" if there are none. What a start helps is first."""
    ran = [one for one in found if one.off is Off.RAN]
    if ran:
        return _sentence(ran)
    if not found:
        return ""
    first, more = found[0], f" (and {len(found) - 1} more)" if found[1:] else ""
    return f"{first.ran_on}: {first.instance.name or first.instance.id} {first.told}{more}"


def _sentence(ran: Sequence[Found]) -> str:
    hosts = sorted({one.ran_on for one in ran})
    others = f" and {len(hosts) - SHOWN} more" if len(hosts) > SHOWN else ""
    where = f"{', '.join(hosts[:SHOWN])}{others} {'were' if hosts[1:] else 'was'}"
    what = (
        f"{len(ran)} instances that ran there are" if ran[1:] else "1 instance that ran there is"
    )
    ids = " ".join(one.instance.id for one in ran[:SHOWN])
    more = f" (and {len(ran) - SHOWN} more: vmha status)" if len(ran) > SHOWN else ""
    return f"{where} off, and {what} off since: openstack server start {ids}{more}"


def _is_of_nova(action: Action, served: Served) -> bool:
    in_time = _at(action) <= served.since + FIRST_LOOK
    return (action.name, action.user) == ("stop", "") and in_time


def _is_cut_short(move: Move, instance: Instance, served: Served) -> bool:
    if move.source != instance.host:
        return False
    ended = records.seconds(move.updated_at or move.created_at)
    before = ended is not None and ended < served.at - records.APART
    return not (before and moving.is_over(move))


def _at(action: Action) -> float:
    """One whose time cannot be read may be of now."""
    at = records.seconds(action.at)
    return records.STILL if at is None else at
