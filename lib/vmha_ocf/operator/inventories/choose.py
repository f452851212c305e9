"""Which machines of an inventory are compute hosts, and why. Pure.

In order: what an operator says; a profile; a role by another word (capability, group, flavor,
class, tag); the name. A controller that became a remote node would be taken out of its own
cluster, so what nobody says anything about is left out where others are known, and asked about
where none is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vmha_ocf.errors import ParameterError
from vmha_ocf.operator.inventories.machine import Machine, Role
from vmha_ocf.operator.inventories.tree import wrong
from vmha_ocf.operator.inventories.words import Says, is_control, read_word

_SAY = "say which are: --hosts 'PATTERN', --profile NAME or --except 'PATTERN'"
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator says. Patterns as the shell has them, of names."""

    hosts: Sequence[str] = ()
    """These are the compute hosts, and no others."""
    excepted: Sequence[str] = ()
    profiles: Sequence[str] = ()
    """These profiles are of compute hosts."""


@dataclass(frozen=True, slots=True)
class Judged:
    machine: Machine
    says: Says
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    hosts: Sequence[Judged]
    left_out: Sequence[Judged]


def choose(machines: Sequence[Machine], wishes: Wishes, path: str) -> Chosen:
    """Raises ParameterError where a person has to say more, with the machines it is about."""
    _refuse_idle(machines, wishes, path)
    judged = [_judge(one, wishes) for one in machines]
    _refuse_unclear([one for one in judged if one.says is Says.EITHER], path)
    hosts = [one for one in judged if one.says is Says.COMPUTE]
    if not hosts:
        raise _nobody(judged, path)
    return Chosen(hosts, [one for one in judged if one.says is not Says.COMPUTE])


def _judge(one: Machine, wishes: Wishes) -> Judged:
    names = [name for name in (one.name, one.node, one.host) if name]
    if pattern := _fits(names, wishes.excepted):
        return Judged(one, Says.OTHER, f"--except {pattern}")
    if pattern := _fits(names, wishes.hosts):
        return Judged(one, Says.COMPUTE, f"--hosts {pattern}")
    if wishes.hosts:
        return Judged(one, Says.OTHER, "not among --hosts")
    if one.idle:
        return Judged(one, Says.OTHER, f"nothing is deployed on it: it is {one.idle}")
    if one.listed:
        return Judged(one, Says.COMPUTE, "the file is of compute hosts")
    return _by_roles(one, wishes.profiles)


def _by_roles(one: Machine, more: Collection[str]) -> Judged:
    profiles = [role for role in one.roles if role.source == "profile"]
    if profiles:
        says = _common([_by_profile(role.word, more) for role in profiles])
        return Judged(one, says, ", ".join(map(str, profiles)))
    groups = [role for role in one.roles if role.source == "group"]
    for kind in (
        groups,
        *([role] for role in one.roles if role.source not in ("profile", "group")),
    ):
        judged = _by_groups(one, kind)
        if judged.says is not Says.NOTHING:
            return judged
    # The first label: a domain says nothing of one machine.
    says = read_word(one.name.partition(".")[0])
    if says in (Says.COMPUTE, Says.OTHER):
        return Judged(one, says, "its name")
    return Judged(one, Says.NOTHING, "neither a profile nor its name says what it is")


def _by_profile(word: str, more: Collection[str]) -> Says:
    if word in more:
        return Says.COMPUTE
    says = read_word(word)
    return Says.EITHER if says is Says.NOTHING else says


def _common(all_of_them: Sequence[Says]) -> Says:
    return all_of_them[0] if len(set(all_of_them)) == 1 else Says.EITHER


def _by_groups(one: Machine, roles: Sequence[Role]) -> Judged:
    """One of the group compute may be in those of networks and storage, too; not among controllers."""
    compute = next((role for role in roles if read_word(role.word) is Says.COMPUTE), None)
    control = next((role for role in roles if is_control(role.word)), None)
    if compute and control:
        return Judged(one, Says.EITHER, f"{compute} and {control}")
    if compute:
        return Judged(one, Says.COMPUTE, str(compute))
    other = [role for role in roles if read_word(role.word) is Says.OTHER]
    if other:
        return Judged(one, Says.OTHER, ", ".join(map(str, other[:2])))
    return Judged(one, Says.NOTHING, "")


def _fits(names: Sequence[str], patterns: Sequence[str]) -> str:
    return next((one for one in patterns if any(fnmatchcase(name, one) for name in names)), "")


def _refuse_idle(machines: Sequence[Machine], wishes: Wishes, path: str) -> None:
    """What fits nothing was mistyped, and would be missed at the first failure."""
    every = [name for one in machines for name in (one.name, one.node, one.host) if name]
    for option, patterns in (("--hosts", wishes.hosts), ("--except", wishes.excepted)):
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in every):
                shown = ", ".join(dict.fromkeys(every[:_SHOWN])) or "no names"
                raise ParameterError(
                    f"{option} {pattern} fits no machine of {path}", hint=f"it has {shown}, ..."
                )
    known = {role.word for one in machines for role in one.roles if role.source == "profile"}
    for profile in wishes.profiles:
        if profile not in known:
            raise ParameterError(
                f"--profile {profile} is no profile of {path}",
                hint=f"it has {', '.join(sorted(known)[:_SHOWN]) or 'none'}; case matters",
            )


def _refuse_unclear(unclear: Sequence[Judged], path: str) -> None:
    if not unclear:
        return
    first = unclear[0]
    more = [one.machine.where for one in unclear[1:]]
    others = f" (so with {_some(more)})" if more else ""
    raise wrong(
        path,
        f"whether {first.machine.where} is a compute host is not certain by {first.why}{others}",
        _SAY,
    )


def _nobody(judged: Sequence[Judged], path: str) -> ParameterError:
    silent = [one.machine for one in judged if one.says is Says.NOTHING]
    if not silent:
        told = "; ".join(f"{one.machine.where}: {one.why}" for one in judged[:_SHOWN])
        return wrong(path, f"it has no compute host{f' ({told})' if told else ''}", _SAY)
    if not any(one.name for one in silent):
        return wrong(
            path,
            f"{_some([one.where for one in silent])}: no name says which host that is",
            "give each the name that its host has in Nova: letters, digits, - . _",
        )
    return wrong(
        path,
        f"neither profiles nor names say which are compute hosts of {_some([m.where for m in silent])}",
        _SAY,
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
