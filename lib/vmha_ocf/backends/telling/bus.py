"""Events on the message bus of OpenStack. The only importer of oslo.messaging, which is loaded when the bus
is made ready, or the first event is sent: that takes a second.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from vmha_ocf.backends.telling.bus_file import verify
from vmha_ocf.backends.telling.outbox import Message, NotDelivered
from vmha_ocf.errors import VmhaError

_ENVELOPE = 2.0
"""The format of messages that all releases of today read."""
_TRIES = 1
"""More than the first one: a connection that has died meanwhile is noticed by its use."""
_UNREACHED = (
    "ConnectionRefusedError",
    "MessageDeliveryFailure",
    "MessagingTimeout",
    "OperationalError",
)
"""The library's, of the one below it, and of the system."""


class Bus:
    """``path``: a file as bus_file has it, read anew after each failure."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._transport: Any = None
        self._topics: list[str] = []

    def get_ready(self) -> None:
        """Loads what is needed; connects to nobody. Raises NotDelivered."""
        if self._transport is not None:
            return
        try:
            verify(self._path)
            self._transport, self._topics = _transport(self._path)
        except VmhaError as error:
            raise NotDelivered(str(error)) from None
        except Exception as error:  # noqa: BLE001 - the library's words have the URL in them
            raise NotDelivered(_not_understood(self._path, error)) from None

    def deliver(self, message: Message) -> None:
        """Returns when the broker has confirmed that it has it. Raises NotDelivered."""
        self.get_ready()
        try:
            for topic in self._topics:
                _send(self._transport, f"{topic}.{message['priority'].lower()}", message)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, the next event is tried
            self._forget()
            raise NotDelivered(_trouble(error)) from None

    def _forget(self) -> None:
        """A broker that restarted, a file that was corrected: begin anew."""
        transport, self._transport = self._transport, None
        with suppress(Exception):
            transport.cleanup()


def _transport(path: str) -> tuple[Any, list[str]]:
    import oslo_messaging
    from oslo_config import cfg

    for name in ("oslo_messaging", "oslo.messaging", "kombu", "amqp"):
        # What they log of a broker that is gone is said by us, once.
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    conf = cfg.ConfigOpts()
    conf([], project="vmha", default_config_files=[path], default_config_dirs=[])
    transport = oslo_messaging.get_notification_transport(conf)
    return transport, list(conf.oslo_messaging_notifications.topics)


def _send(transport: Any, topic: str, message: Message) -> None:
    """As the library's own drivers of notifications do, which keep to themselves whether it arrived."""
    import oslo_messaging

    target = oslo_messaging.Target(topic=topic)
    transport._send_notification(target, {}, dict(message), version=_ENVELOPE, retry=_TRIES)


def _not_understood(path: str, error: Exception) -> str:
    return f"the bus file {path} is not understood by oslo.messaging: {type(error).__name__}"


def _trouble(error: Exception) -> str:
    """The library's own words may have addresses and names in them."""
    said = str(error)
    if "ACCESS_REFUSED" in said:
        return "the broker refuses the user or the password of transport_url"
    if "NOT_ALLOWED" in said:
        return "the broker has no such virtual host for the user of transport_url"
    if "PRECONDITION_FAILED" in said:
        return "the broker has its queues declared in another way: see amqp_durable_queues and its like"
    if type(error).__name__ in _UNREACHED:
        return "the broker cannot be reached"
    return f"the broker does not take it: {type(error).__name__}"
