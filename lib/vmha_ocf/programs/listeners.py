"""All that listens to the worker: its history, who is notified, and what can be asked over HTTP.

Each on threads of its own, none of which a round waits for. What nobody has configured is not even
imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from vmha_ocf.backends.process.background import Background
from vmha_ocf.backends.telling.outbox import Outbox
from vmha_ocf.incidents import ailments, as_event
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.incidents.as_json import ailing_notification, notification
from vmha_ocf.incidents.chronicle import Chronicle, Flagged, Histories, Told
from vmha_ocf.incidents.history import newest_first
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.incidents.status import Picture
from vmha_ocf.model import Ailing, Event
from vmha_ocf.ports import Clock
from vmha_ocf.worker.options import WorkerOptions
from vmha_ocf.worker.pauses import Round

if TYPE_CHECKING:
    from vmha_ocf.backends.telling.answers import Metrics
    from vmha_ocf.backends.telling.doorway import Doorway

_LAST_WORDS = 1.0
"""Seconds for each of them when the worker is stopped: a stop is quick."""

_ON_THE_BUS = 2000
"""Events that wait for a broker that is away, a few megabytes: each instance of some full hosts has two."""


class Listeners:
    def __init__(
        self,
        store: Histories,
        clock: Clock,
        say: Callable[[str], None],
        me: str,
        options: WorkerOptions,
    ) -> None:
        self._clock = clock
        self._say = say
        self._me = me
        self._options = options
        self._chronicle = Chronicle(store, clock, self._notify, self._notify_ailing, say)
        self._historian: Background[Told] = Background(
            "historian", self._chronicle.work, self._chronicle.finish
        )
        self._hooks = _hooks(options, say)
        self._bus = _bus(options, say)
        self._outboxes = [*self._hooks, *self._bus]
        self._doorway: Doorway | None = None
        self.is_woken: Callable[[], bool] = lambda: False
        """Whether changes in Pacemaker are seen to wake the worker."""
        self._turns: Counter[tuple[str, str, str]] = Counter()
        self._last: tuple[Round | None, float] = None, 0.0
        """The last round, and when it ended, in seconds since the epoch."""

    @property
    def port(self) -> int | None:
        """Where the API listens."""
        return self._doorway.port if self._doorway else None

    def start(self) -> None:
        self._historian.start()
        for outbox in self._outboxes:
            outbox.start()
        if self._options.listen:
            self._listen(self._options.listen)

    def tell(self, event: Event | Ailing) -> None:
        self._historian.put(event)

    def recall(self) -> Collection[Ailing] | None:
        return self._chronicle.recall()

    def looked(self, outcome: Round) -> None:
        self._last = outcome, self._clock.now()
        if outcome.flags is not None:
            self._historian.put(Flagged(outcome.flags.keys()))

    def stop(self) -> None:
        self._historian.stop(_LAST_WORDS)
        for outbox in self._outboxes:
            outbox.stop(_LAST_WORDS)
        if self._doorway:
            self._doorway.stop(_LAST_WORDS)

    def picture(self) -> Picture:
        last, ended = self._last
        return Picture(
            self._me,
            self._clock.now(),
            ended,
            last.sentence if last else "starting",
            last.problems if last else (),
            last.flags if last else None,
            newest_first(self._chronicle.history),
            {outbox.name: outbox.count for outbox in self._outboxes},
            ailments.newest_first(self._chronicle.ailments),
            dict(self._turns),
            last.around if last else None,
            self._options.settings,
            woken=self.is_woken(),
        )

    def _notify(self, event: Event, incident: Incident) -> None:
        for outbox in self._hooks:
            outbox.post(notification(event, incident, self._me))
        for outbox in self._bus:
            for message in as_event.of_step(event, incident, self._me):
                outbox.post(message, yields=as_event.is_of_instance(message))

    def _notify_ailing(self, turn: Ailing, ailment: Ailment) -> None:
        self._turns[ailment.what.value, turn.kind, turn.turn.value] += 1
        for outbox in self._hooks:
            outbox.post(ailing_notification(turn, ailment, self._me), yields=True)
        for outbox in self._bus:
            outbox.post(as_event.of_turn(turn, ailment, self._me), yields=True)

    def _listen(self, address: tuple[str, int]) -> None:
        """What cannot listen is said: no recovery is held up for want of metrics."""
        from vmha_ocf.backends.telling.answers import Answers
        from vmha_ocf.backends.telling.door import Door
        from vmha_ocf.backends.telling.doorway import Doorway
        from vmha_ocf.backends.telling.token_file import TokenFile
        from vmha_ocf.backends.telling.web import Web

        token = TokenFile(self._options.token_file)
        if problem := token.problem():
            self._say(f"listen: no names of instances: {problem}")
        door = Door(address[0], token)
        answers = Answers(self.picture, self._metrics())
        self._doorway = Doorway(address[1], lambda: Web(address, door, answers), self._say)
        self._doorway.start()

    def _metrics(self) -> Metrics | None:
        try:
            from vmha_ocf.backends.telling.metrics import metrics
        except ImportError:
            self._say("listen: no metrics: install python3-prometheus-client")
            return None
        return metrics


def _hooks(options: WorkerOptions, say: Callable[[str], None]) -> list[Outbox]:
    made = []
    if options.notify_url:
        from vmha_ocf.backends.telling.webhook import Webhook

        webhook = Webhook(options.notify_url, options.ca_file)
        made.append(Outbox("notify_url", webhook.deliver, say))
    if options.notify_command:
        from vmha_ocf.backends.telling.notify_command import NotifyCommand

        command = NotifyCommand(options.notify_command)
        if problem := command.problem():
            say(f"notify_command: {problem}")
        made.append(Outbox("notify_command", command.deliver, say))
    return made


def _bus(options: WorkerOptions, say: Callable[[str], None]) -> list[Outbox]:
    """None without the library; a file that is not there yet, or wrong, is looked at with each event."""
    if not options.bus:
        return []
    from vmha_ocf.backends.telling import bus_file
    from vmha_ocf.backends.telling.bus import Bus

    if problem := bus_file.problem(options.bus):
        say(f"bus: {problem}")
    if not bus_file.is_installed():
        return []
    bus = Bus(options.bus)
    return [
        Outbox("bus", bus.deliver, say, get_ready=bus.get_ready, patient=True, most=_ON_THE_BUS)
    ]
