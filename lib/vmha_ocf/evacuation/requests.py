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
class Answer:
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

    def heard(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.error is not None:
                self._say_error(answer, answer.error)
        self._say_accepted(
            [one for one in answers if one.error is None and isinstance(one.request, Evacuate)]
        )

    def send(self, request: Request) -> Answer:
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
        return Answer(request, error, clock.monotonic() - start)

    def _say_error(self, answer: Answer, error: VmhaError) -> None:
        what = "is refused" if answer.clear else "got no clear answer"
        if isinstance(error, NovaUnreached):
            what = "was not sent"
        doing = type(answer.request).__name__.lower()
        name = name_of(answer.instance)
        self._ports.say(f"{self._host}: the request to {doing} {name} {what}: {error}")

    def _say_accepted(self, answers: Sequence[Answer]) -> None:
        if answers:
            names = ", ".join(name_of(one.instance) for one in answers[:4])
            more = f" and {len(answers) - 4} more" if len(answers) > 4 else ""
            self._ports.say(f"{self._host}: asked Nova to evacuate {names}{more}")


def remember(memory: Memory, answers: Sequence[Answer], now: Monotonic) -> Memory:
    """A clear no ends a request; no clear answer leaves it open until it has settled."""
    for answer in answers:
        one, error = answer.instance.id, answer.error
        if isinstance(answer.request, Stop) and answer.clear and not answer.undone:
            memory = memory.stopped(one)
        elif error is None:
            done = memory.reset if isinstance(answer.request, Reset) else memory.accepted
            memory = done(one)
        elif not answer.clear:
            if isinstance(answer.request, Reset):
                memory = memory.may_be_reset(one, now)
        elif answer.undone:
            memory = memory.no_effect(one)
        else:
            memory = memory.refuse(one, error.message, now)
    return memory


def load_of(answers: Sequence[Answer]) -> Load:
    busy = [answer.error for answer in answers if isinstance(answer.error, NovaBusy)]
    return Load(
        slowest=max(answer.seconds for answer in answers),
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
