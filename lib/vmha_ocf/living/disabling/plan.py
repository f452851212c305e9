"""What is to be done about the service of a host that lives, by its mark, our note and what ails it. Pure.

The first line that fits counts, and for our own mark the one about the note beside another.

    service               note    its failure          what is done
    our mark              asked   any                  the note becomes done
    our mark, forced down any     any                  somebody has forced it down: left so, and told
    our mark              any     nobody looks at it   a person is told: so without a node
    our mark              any     is over              it is enabled
    our mark              any     any other            it stays disabled, and that is told
    any without it        any     over, or unwatched   the note goes
    others' disable       any     lasts                nothing
    enabled               done    lasts                somebody has enabled it: left so, and told
    enabled               other   lasts                it is disabled, if nothing is against it
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from vmha_ocf.living.disabling.causes import Cause, named
from vmha_ocf.living.disabling.noted import Noted
from vmha_ocf.model import ComputeService, NovaHost, Services
from vmha_ocf.service import marker


class Do(Enum):
    DISABLE = "disable"
    ENABLE = "enable"
    NOTE = "note"
    """That it is done."""
    FORGET = "forget"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Step:
    do: Do
    service: ComputeService
    cause: str
    what: str
    noted: Noted | None = None
    told: str = ""
    """As long as it is so."""

    @property
    def host(self) -> NovaHost:
        return self.service.host


def of_host(
    service: ComputeService,
    noted: Mapping[str, Noted],
    causes: Iterable[Cause],
    held_for: float,
    *,
    has_node: bool = True,
) -> Iterator[Step]:
    """``noted``: by cause; ``has_node``: Pacemaker knows the host, so that somebody may say how it is."""
    known = {one.name: one for one in causes}
    mark = marker.of_living(service)
    if mark is not None:
        # Without a node nothing is forgotten: it may be unknown for a moment.
        looked_at = (
            known if has_node else {name: replace(one, watched=()) for name, one in known.items()}
        )
        yield from _marked(service, mark, noted.get(mark.cause), looked_at, held_for)
    for name, cause in known.items():
        if mark is None or mark.cause != name:
            yield from _unmarked(service, cause, noted.get(name), marked=mark is not None)


def against(
    one: Step, services: Services, causes: Iterable[Cause], beside: Collection[NovaHost], most: int
) -> str:
    """Why it is not disabled, "" if nothing is against it. ``beside``: those that are, of other nodes."""
    if len(beside) >= most:
        return f"{', '.join(sorted(beside)[:3])} is already, and hosts_at_once is {most}"
    ailing = {host for cause in causes for host in cause.ailing}
    if not any(
        each.schedulable for each in services if each.host != one.host and each.host not in ailing
    ):
        return "no other host takes instances"
    return ""


def marked(services: Sequence[ComputeService], cause: str = "") -> Collection[NovaHost]:
    """By us, for this cause or any."""
    marks = {one.host: marker.of_living(one) for one in services}
    return [host for host, mark in marks.items() if mark and cause in ("", mark.cause)]


def _marked(
    service: ComputeService,
    mark: marker.Mark,
    noted: Noted | None,
    known: Mapping[str, Cause],
    held_for: float,
) -> Iterator[Step]:
    what, host = mark.episode.partition("@")[0], service.host
    failed, cause = named(mark.cause, what), known[mark.cause]
    if noted is not None and not noted.done:
        yield Step(Do.NOTE, service, mark.cause, what, replace(noted, done=True))
    if service.forced_down:
        told = f"{host} is disabled for {failed}, and forced down by somebody: it is enabled when it is not"
        yield Step(Do.NOTHING, service, mark.cause, what, told=told)
    elif not cause.is_watched(what):
        told = (
            f"{host} is disabled for {failed}, and by now nobody says how that is: if it is well: "
            f"openstack compute service set --enable {host} nova-compute"
        )
        yield Step(Do.NOTHING, service, mark.cause, what, told=told)
    elif cause.is_well(host, what) and not any(host in one.ailing for one in known.values()):
        yield Step(Do.ENABLE, service, mark.cause, what, noted)
    else:
        told = f"{host} is disabled for {failed}, until that has been well for {held_for:.0f} s"
        yield Step(Do.NOTHING, service, mark.cause, what, told=told)


def _unmarked(
    service: ComputeService, cause: Cause, noted: Noted | None, *, marked: bool
) -> Iterator[Step]:
    """``marked``: for another cause, which is to be over first."""
    host = service.host
    what = cause.wanted.get(host, "")
    if noted is not None and (not cause.is_watched(noted.what) or cause.is_well(host, noted.what)):
        yield Step(Do.FORGET, service, cause.name, noted.what, noted)
    elif not what or marked or service.forced_down or not service.enabled:
        return
    elif noted is not None and noted.done:
        told = f"{host} was enabled by somebody, although {named(cause.name, what)} is down: it stays so"
        yield Step(Do.NOTHING, service, cause.name, what, told=told)
    elif cause.name == marker.NETWORK or not service.up:
        # Nova would wait for the answer of a nova-compute that is gone, as long as it believes in it.
        yield Step(Do.DISABLE, service, cause.name, what, noted)
