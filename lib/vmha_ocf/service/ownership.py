"""Whose a change of a compute service is: our mark, our trace and Nova's word, weighed. Pure.

The mark (mark.py) is in a field that others write, the trace (trace.py) in a place that a restored
configuration takes back to yesterday. So neither is believed against Nova's state, and the trace not
by itself. A *witness* is what says that the force-down is of the trace's failure and not a later one:
the flag of that failure, which is kept until the return is over; what this worker has seen itself; or
evacuations since the failure that Nova calls "done", because Nova lets nobody un-force such a host.

    mark   trace                 forced down   witness   what is ours
    yes    we did not, surely    yes                     as the mark says, without the force-down
    yes    any                   any                     as the mark says: each change of ours renews it
    no     none                  any                     nothing
    no     of another service    no                      nothing; the trace goes
    no     of another service    yes                     nobody knows: a person is told
    no     we forced it down     yes           yes       the force-down, and not what a person wrote since
    no     we forced it down     yes           no        nobody knows: a person is told
    no     we forced it down     no                      nothing; the trace goes
    no     we did not            any                     nothing; the trace goes

"Surely" is a trace that is known to be the last one that was written. That somebody has un-forced a host is
in the trace before it is in the mark: what is forced down after that is theirs, though nobody came to renew
the mark.

Where a host is fenced again before its return, and only a trace of the failure before says that the
force-down is ours, that is kept as a doubt: nobody knows then, whatever the flag of the new failure says.

A mark without a trace is what an older version leaves behind, and a service without a mark is disabled,
or enabled, as somebody else wants it: a reason that is not ours, or none at all, is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vmha_ocf.cloud import records
from vmha_ocf.model import NEVER, ComputeService, Evacuation, NovaHost
from vmha_ocf.service import marker
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace


@dataclass(frozen=True, slots=True)
class Owned:
    """``ours`` is None where nothing is. ``told``: what nobody but a person knows."""

    ours: Ours | None
    told: str = ""


def weigh(
    service: ComputeService, trace: Trace | None, *, witness: bool, certain: bool = False
) -> Owned:
    """For a service whose host is not being evacuated. The table is in the module's docstring."""
    mark = marker.ours(service)
    if mark is not None:
        was_undone = certain and trace is not None and _says_undone(trace, service)
        return Owned(_in_full(replace(mark, forced_down=False) if was_undone else mark, trace))
    if trace is None or not service.forced_down:
        return Owned(None)
    if trace.service != service.id:
        return Owned(None, _another_service(service.host))
    if not trace.ours.forced_down:
        return Owned(None)
    if not witness:
        return Owned(None, _unclear(service.host))
    return Owned(Ours(forced_down=True, disabled=False))


def needs_witness(service: ComputeService, trace: Trace | None) -> bool:
    """Whether anything depends on one."""
    return weigh(service, trace, witness=True) != weigh(service, trace, witness=False)


def stood_since(trace: Trace, evacuations: Iterable[Evacuation]) -> bool:
    """Nova refuses to un-force a host with "done" evacuations: it was not since that failure."""
    return trace.incident > 0 and any(
        one.status == "done" and records.is_since(one, trace.incident) for one in evacuations
    )


def still_down(trace: Trace, service: ComputeService) -> bool:
    """The host has not returned from the failure of the trace: then our mark would not say forced down."""
    mark = marker.ours(service)
    ours = mark is not None and mark.forced_down and trace.ours.forced_down
    return ours and service.forced_down and trace.service == service.id


def is_unclear(trace: Trace, service: ComputeService) -> bool:
    """Of an earlier failure, and a person has erased our mark since: it may be ours or theirs."""
    nothing_says = marker.ours(service) is None and trace.service == service.id
    stands = service.forced_down and not service.enabled and trace.ours.forced_down
    return nothing_says and stands


def doubted(trace: Trace) -> Trace:
    """To be kept as that: no failure, and so no flag, is a witness of it."""
    return replace(trace, incident=NEVER, ours=Ours(forced_down=True, disabled=False))


def is_doubted(trace: Trace) -> bool:
    return trace.incident == 0.0


def _says_undone(trace: Trace, service: ComputeService) -> bool:
    return service.forced_down and trace.service == service.id and not trace.ours.forced_down


def _in_full(mark: Ours, trace: Trace | None) -> Ours:
    """Nova's field has no room for a long reason beside our mark; the trace has."""
    if trace is None or trace.ours.disabled or marker.shortened(trace.ours.before) != mark.before:
        return mark
    return replace(mark, before=trace.ours.before)


def _another_service(host: NovaHost) -> str:
    return (
        f"{host} is forced down, and its compute service is another one than we had forced down: "
        f"{_either(host)}"
    )


def _unclear(host: NovaHost) -> str:
    return f"{host} is forced down; whether that is still ours is not known: {_either(host)}"


def _either(host: NovaHost) -> str:
    return (
        f"if nobody wants it down: openstack compute service set --up {host} nova-compute; "
        f"else: vmha forget {host}"
    )
