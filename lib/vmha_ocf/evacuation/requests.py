"""What one host's round asks of Nova: several requests at once, and what each answer means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.cloud import task_states
from vmha_ocf.errors import NovaBusy, NovaUnavailable, NovaUnreached, VmhaError
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.evacuation.pace import Load
from vmha_ocf.evacuation.steps import Evacuate, Request, Reset, Stop
from vmha_ocf.model import Instance, Monotonic, NovaHost
from vmha_ocf.ports import Ports

_UNDONE = (NovaBusy, NovaUnreached)


@dataclass(frozen=True, slots=True)
class Reply:
    """How Nova answered one request: nothing, or the error; and how long it took, in seconds."""

    request: Request
    error: VmhaError | None
    seconds: float

    @property
    def instance(self) -> Instance:
        return self.request.instance

    @property
    def undone(self) -> bool:
        """It is certain that nothing happened, and it may be sent again."""
        return isinstance(self.error, _UNDONE)

    @property
    def clear(self) -> bool:
        """It is known whether it had an effect."""
        return self.undone or not isinstance(self.error, NovaUnavailable)


class HostRequests:
    """``announce``, then ``send`` each, several at once and beside those of other hosts, then ``heard``."""

    def __init__(self, host: NovaHost, ports: Ports) -> None:
        self._host = host
        self._ports = ports

    def announce(self, requests: Sequence[Request]) -> None:
        for request in requests:
            if not isinstance(request, Evacuate):
                self._ports.say(f"{self._host}: {_announce(request)}")

    def heard(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            if reply.error is not None:
                self._say_error(reply, reply.error)
        self._say_accepted(
            [one for one in replies if one.error is None and isinstance(one.request, Evacuate)]
        )

    def send(self, request: Request) -> Reply:
        nova, clock = self._ports.nova, self._ports.clock
        start = clock.monotonic()
        error: VmhaError | None = None
        try:
            match request:
                case Evacuate(instance):
                    nova.evacuate(instance)
                case Reset(instance):
                    nova.reset_to_error(instance)
                case Stop(instance):
                    nova.stop(instance)
        except VmhaError as caught:
            error = caught
        return Reply(request, error, clock.monotonic() - start)

    def _say_error(self, reply: Reply, error: VmhaError) -> None:
        what = "is refused" if reply.clear else "got no clear answer"
        if isinstance(error, NovaUnreached):
            what = "was not sent"
        doing = type(reply.request).__name__.lower()
        name = name_of(reply.instance)
        self._ports.say(f"{self._host}: the request to {doing} {name} {what}: {error}")

    def _say_accepted(self, replies: Sequence[Reply]) -> None:
        if replies:
            names = ", ".join(name_of(one.instance) for one in replies[:4])
            more = f" and {len(replies) - 4} more" if len(replies) > 4 else ""
            self._ports.say(f"{self._host}: asked Nova to evacuate {names}{more}")


def remember(memory: Memory, replies: Sequence[Reply], now: Monotonic) -> Memory:
    """A clear no ends a request; no clear answer leaves it open until it has settled."""
    for reply in replies:
        one, error = reply.instance.id, reply.error
        if isinstance(reply.request, Stop) and reply.clear and not reply.undone:
            memory = memory.stopped(one)
        elif error is None:
            done = memory.reset if isinstance(reply.request, Reset) else memory.accepted
            memory = done(one)
        elif not reply.clear:
            if isinstance(reply.request, Reset):
                memory = memory.may_be_reset(one, now)
        elif reply.undone:
            memory = memory.no_effect(one)
        else:
            memory = memory.refuse(one, error.message, now)
    return memory


def load_of(replies: Sequence[Reply]) -> Load:
    busy = [reply.error for reply in replies if isinstance(reply.error, NovaBusy)]
    return Load(
        slowest=max(reply.seconds for reply in replies),
        busy=bool(busy),
        retry_after=max((error.retry_after for error in busy), default=0.0),
    )


def name_of(instance: Instance) -> str:
    return instance.name or instance.id


def _announce(request: Request) -> str:
    name = name_of(request.instance)
    if isinstance(request, Reset):
        was = task_states.reset_for(request.instance)
        return f"{name} was {was}: reset to error, so that Nova evacuates it"
    return f"{name} was off before its evacuation: stopped again"
