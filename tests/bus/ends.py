"""The two ends of a bus, each in a process of a Python that has oslo.messaging: an outbox as the worker has
it, and a consumer as OpenStack's services are. Lines of JSON go in and out.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

_ONE_AT_A_TIME = threading.Lock()


def main() -> None:
    {"send": send, "listen": listen}[sys.argv[1]](sys.argv[2])


def send(path: str) -> None:
    """Each line of standard input is posted; what it says, and its counts, go to standard output."""
    from vmha_ocf.backends.telling.bus import Bus
    from vmha_ocf.backends.telling.outbox import Outbox

    bus = Bus(path)
    outbox = Outbox(
        "bus", bus.deliver, lambda said: _tell(said=said), get_ready=bus.get_ready, patient=True
    )
    outbox.start()
    for line in sys.stdin:
        begun = time.monotonic()
        outbox.post(json.loads(line))
        _tell(posted=time.monotonic() - begun)
    outbox.stop(5)
    _tell(delivered=outbox.count.delivered, failed=outbox.count.failed)


def listen(path: str) -> None:
    """Each event that arrives, as Ceilometer would get it."""
    import oslo_messaging
    from oslo_config import cfg

    class Endpoint:
        def info(self, *said: Any) -> None:
            _arrived("info", *said)

        def error(self, *said: Any) -> None:
            _arrived("error", *said)

    conf = cfg.ConfigOpts()
    conf([], project="consumer", default_config_files=[path], default_config_dirs=[])
    transport = oslo_messaging.get_notification_transport(conf)
    targets = [oslo_messaging.Target(topic="notifications")]
    listener = oslo_messaging.get_notification_listener(
        transport, targets, [Endpoint()], executor="threading"
    )
    listener.start()
    listener.wait()


def _arrived(priority: str, _: Any, publisher: str, event: str, payload: Any, about: Any) -> None:
    told = {"publisher": publisher, "event": event, "payload": payload, **about}
    _tell(at=time.time(), priority=priority, **told)


def _tell(**what: Any) -> None:
    with _ONE_AT_A_TIME:
        print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
