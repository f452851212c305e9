"""What the page is shown in its tests: pictures of a deployment, some of which change with the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.values import Class, Exclusion, Marks, Policy
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.around import Around
from vmha_ocf.incidents.incident import GivenUp, Incident
from vmha_ocf.incidents.status import Picture
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    Evidence,
    Flag,
    FlagState,
    InstanceId,
    NodeName,
    NodeState,
    NovaHost,
    Patient,
    Services,
    Step,
    Turn,
)

EVIL = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)>",
    "web\u202egnp.exe",
    "db\x1b[31m\x1b]0;taken\x07",
)
"""What tenants may call their instances."""
DAY = 86400.0


def instance(number: int) -> InstanceId:
    return InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{number:012d}")


def around(at: float, count: int, off: Sequence[str] = (), **more: object) -> Around:
    """``count`` hosts, of which ``off`` are fenced."""
    names = [f"compute-{number}" for number in range(1, count + 1)]
    nodes = {
        NodeName(name): NodeState(
            NodeName(name),
            online=name not in off,
            fenced=name in off,
            connected_at=None if name in off else Epoch(at - 9 * DAY - 40 * number),
        )
        for number, name in enumerate(names)
    }
    services = Services(
        [
            ComputeService(name, NovaHost(name), name not in off, True, name in off)
            for name in names
        ]
    )
    hosts = {NodeName(name): (NovaHost(name),) for name in names}
    found = Around(nodes, hosts, services.hosts, services, policy=POLICY)
    return replace(found, **more)  # type: ignore[arg-type] # fields of it


POLICY = Policy(
    "9f2c41d07ab3",
    (
        Class("pets", Marks(), {"guest.crashed": (Action.RESTART, Action.NOTIFY)}),
        Class("cattle", Marks(), {"guest.crashed": (Action.NOTIFY,)}),
    ),
    "pets",
    (Exclusion(4, "amphorae are replaced by Octavia", Marks()),),
)


def past(at: float, count: int) -> Sequence[Incident]:
    """Incidents that have ended, the newest first."""
    return [_ended(at - (3 + 11 * number) * DAY / 4, number) for number in range(count)]


def _ended(began: float, number: int) -> Incident:
    host, moved = NovaHost(f"compute-{number % 9 + 1}"), 4 + 7 * number % 23
    seconds = 9.0 + 3.7 * (number * number % 11)
    taken = {
        Step.FENCED: 0.0, Step.CLAIMED: 0.4, Step.FORCED_DOWN: 0.7, Step.REQUESTED: 1.1, Step.MOVED: 6.2,
        Step.OVER: seconds + 0.8, Step.RETURNED: 212.0, Step.IN_SERVICE: 214.5,
    }  # fmt: skip
    return Incident(
        host,
        Epoch(began),
        {step: Epoch(began + after) for step, after in taken.items()},
        last_moved=Epoch(began + seconds),
        requested=moved,
        moved=moved,
        fencings=(Epoch(began),),
        workers=("ctl1",) if number % 5 else ("ctl2", "ctl1"),
        proof=f"BMC of {host} answered off, fenced by ctl1",
        given_up={instance(99): GivenUp("legacy-db", "its disk is on the dead host")}
        if number % 7 == 3
        else {},
    )


def well(at: float, began: float) -> Picture:
    seen = around(began, 12)
    return Picture("ctl1", at, at - 2.0, "nothing is flagged", (), {}, past(began, 5), around=seen)


def plain(at: float, began: float) -> Picture:
    """As the documentation shows it."""
    return recovery(at, began, ("legacy-db", "web-1", "web-2"))


def recovery(at: float, began: float, names: Sequence[str] = EVIL) -> Picture:
    """A host died at ``began``; its instances go elsewhere, one each second from the third on."""
    host, since = NovaHost("compute-3"), at - began
    flag = Flag(
        host,
        FlagState.CLAIMED,
        NodeName(host),
        "ctl1",
        Epoch(began + 0.4),
        Evidence("ctl1", Epoch(began), "BMC of compute-3 answered off"),
    )
    moved = max(0, min(11, int(since - 2)))
    taken = {
        Step.FENCED: 0.0,
        Step.CLAIMED: 0.4,
        Step.FORCED_DOWN: 0.7,
        Step.REQUESTED: 1.1,
        Step.MOVED: 3.2,
    }
    going = Incident(
        host,
        Epoch(began),
        {step: Epoch(began + after) for step, after in taken.items() if after <= since},
        last_moved=Epoch(began + 2.2 + moved) if moved else None,
        requested=12 if since > 1.1 else 0,
        moved=moved,
        fencings=(Epoch(began),),
        workers=("ctl1",),
        proof="BMC of compute-3 answered off, fenced by ctl1",
        given_up={instance(7): GivenUp(names[0], "Nova does not evacuate it while resized")},
    )
    problem = f"compute-3: {names[0]} is not evacuated: Nova does not evacuate it while resized"
    return replace(
        well(at, began),
        round_at=at - 0.4,
        sentence="compute-3: 1 in flight",
        problems=(problem,),
        flags={host: flag},
        incidents=(going, *past(began, 5)),
        around=around(began, 12, [host]),
        ailments=_ailments(began, names),
    )


def _ailments(at: float, names: Sequence[str]) -> Sequence[Ailment]:
    host, began, later = NovaHost("compute-5"), Epoch(at - 300.0), Epoch(at - 90.0)
    asked, healed = Epoch(began + 0.5), Epoch(began + 12.0)
    turns = {Turn.FAILED: began, Turn.ASKED: asked, Turn.HEALED: healed}
    told = {Turn.FAILED: later, Turn.TOLD: Epoch(later + 30.0)}
    full, crashed = (
        Patient(host, names[1], instance(1), "p1"),
        Patient(host, names[2], instance(2), "p1"),
    )
    why = "its disk is full: make room, then: openstack server reboot --hard"
    return [
        Ailment(full, "io-error", later, later, told, told=why),
        Ailment(crashed, "crashed", began, began, turns, attempt=1),
        Ailment(Patient(host, "nova-compute"), "hung", began, began, turns, attempt=1),
    ]


def storm(at: float, began: float) -> Picture:
    """Six hosts at once, and nobody has released it."""
    names = [NovaHost(f"compute-{number}") for number in range(1, 7)]
    why = (
        "6 hosts have failed within 3600 s, more than storm_limit=5: evacuation waits for a person; "
        "look at the network and the power, then: vmha release"
    )
    flags = {
        name: Flag(
            name, FlagState.NEEDED, NodeName(name), evidence=Evidence("ctl1", Epoch(began), "off")
        )
        for name in names
    }
    held = [
        Incident(name, Epoch(began), {Step.FENCED: Epoch(began), Step.HELD: Epoch(began + 1.0)}, held=why,
                 fencings=(Epoch(began),), proof=f"BMC of {name} answered off, fenced by ctl1")
        for name in names
    ]  # fmt: skip
    return replace(
        well(at, began),
        problems=(why,),
        sentence="waiting: " + ", ".join(names),
        flags=flags,
        incidents=(*held, *past(began, 5)),
        around=around(began, 12, names, held=(why,), plain=(why,)),
    )


def large(at: float, began: float) -> Picture:
    return replace(
        recovery(at, began),
        incidents=(*recovery(at, began).incidents[:1], *past(began, 29)),
        around=around(began, 1000, ["compute-3"]),
    )


PICTURES: Mapping[str, Callable[[float, float], Picture]] = {
    "well": well,
    "plain": plain,
    "recovery": recovery,
    "storm": storm,
    "large": large,
}
