"""Mistakes about guests that fail by themselves."""

from __future__ import annotations

from tests.weather.mistakes.over import Over
from vmha_ocf.model import Instance


class RestartsTwice(Over):
    """To be sure."""

    def reboot(self, instance: Instance) -> None:
        self._port.reboot(instance)
        self._port.reboot(instance)
